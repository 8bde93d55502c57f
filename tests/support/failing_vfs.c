#include "support/failing_vfs.h"

#include <sqlite3.h>
#include <string.h>

#include "base/check.h"

struct shim_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct, in the memory that SQLite gives */
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs shim_vfs;
static sqlite3_io_methods shim_methods;
static long left = -1;
static int code_of_failure;
static bool fails_once, has_failed;

void failing_vfs_after(long n, int code, bool once)
{
    left = n;
    code_of_failure = code;
    fails_once = once;
    has_failed = false;
}

void failing_vfs_never(void)
{
    left = -1;
}

bool failing_vfs_has_failed(void)
{
    return has_failed;
}

static bool must_fail(void)
{
    if (left > 0) {
        left--;
        return false;
    }
    if (left < 0 || (fails_once && has_failed)) {
        return false;
    }
    has_failed = true;
    return true;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct shim_file *)f)->real;
}

static int shim_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return must_fail() ? code_of_failure : real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    if (must_fail()) {
        /* A write that fails may have written some of it. */
        (void)real_of(f)->pMethods->xWrite(real_of(f), from, n / 2, at);
        return code_of_failure;
    }
    return real_of(f)->pMethods->xWrite(real_of(f), from, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return must_fail() ? code_of_failure : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
    (void)f;
    (void)flags;
    return must_fail() ? code_of_failure
                       : SQLITE_OK; /* no power is lost in a test: save the time */
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *ret_size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), ret_size);
}

static int shim_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int shim_check_lock(sqlite3_file *f, int *ret_held)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), ret_held);
}

static int shim_control(sqlite3_file *f, int op, void *argument)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, argument);
}

static int shim_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int shim_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret_at)
{
    if (must_fail()) {
        return code_of_failure;
    }
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, ret_at);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}

static void shim_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int shim_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
    struct shim_file *shim = (struct shim_file *)f;
    int code = SQLITE_OK;

    (void)vfs;
    memset(shim, 0, sizeof *shim);
    if (must_fail()) {
        return code_of_failure;
    }
    shim->real = (sqlite3_file *)(shim + 1);
    code = real_vfs->xOpen(real_vfs, name, shim->real, flags, ret_flags);
    if (shim->real->pMethods != NULL) {
        shim->base.pMethods = &shim_methods;
    }
    return code;
}

static int shim_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return must_fail() ? code_of_failure : real_vfs->xDelete(real_vfs, name, sync);
}

void failing_vfs_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    require(real_vfs != NULL && real_vfs != &shim_vfs);
    shim_methods = (sqlite3_io_methods){
        .iVersion = 2,
        .xClose = shim_close,
        .xRead = shim_read,
        .xWrite = shim_write,
        .xTruncate = shim_truncate,
        .xSync = shim_sync,
        .xFileSize = shim_size,
        .xLock = shim_lock,
        .xUnlock = shim_unlock,
        .xCheckReservedLock = shim_check_lock,
        .xFileControl = shim_control,
        .xSectorSize = shim_sector_size,
        .xDeviceCharacteristics = shim_characteristics,
        .xShmMap = shim_shm_map,
        .xShmLock = shim_shm_lock,
        .xShmBarrier = shim_shm_barrier,
        .xShmUnmap = shim_shm_unmap,
    };
    shim_vfs = *real_vfs;
    shim_vfs.zName = "failing";
    shim_vfs.szOsFile = (int)sizeof(struct shim_file) + real_vfs->szOsFile;
    shim_vfs.xOpen = shim_open;
    shim_vfs.xDelete = shim_delete;
    ensure(sqlite3_vfs_register(&shim_vfs, 1) == SQLITE_OK);
}
