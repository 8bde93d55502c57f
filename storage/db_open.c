#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "storage/db_private.h"

/* "Leas": what `file` and SQLite's own tools show of an unnamed database. */
enum { APPLICATION_ID = 0x4c656173 };

static const char claim_pragma[] = "PRAGMA application_id = 0x4c656173;";

static const char common_pragmas[] = "PRAGMA busy_timeout = 5000;"
                                     "PRAGMA trusted_schema = OFF;"
                                     "PRAGMA cell_size_check = ON;"
                                     "PRAGMA mmap_size = 0;";

static const char writer_pragmas[] = "PRAGMA journal_mode = WAL;"
                                     "PRAGMA wal_autocheckpoint = 0;"
                                     "PRAGMA synchronous = NORMAL;"
                                     "PRAGMA journal_size_limit = 67108864;"
                                     "PRAGMA cache_size = -32768;"
                                     "PRAGMA temp_store = MEMORY;";

static const char volatile_pragmas[] = "PRAGMA synchronous = OFF;"
                                       "PRAGMA journal_mode = WAL;"
                                       "PRAGMA wal_autocheckpoint = 1000;"
                                       "PRAGMA temp_store = MEMORY;";

/* Makes the file with the mode that its WAL will inherit. Returns 0, ERR_IO or DB_NOT_WRITABLE. */
static int make_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (fd < 0) {
        char text[LOG_TEXT_MAX];

        log_error(
            "database",
            "error=\"%s\" path=%s",
            strerror(errno),
            log_text(bytes_of_text(path), text, sizeof text));
        return errno == EACCES || errno == EROFS || errno == EPERM ? DB_NOT_WRITABLE : ERR_IO;
    }
    (void)close(fd);
    return 0;
}

static int count_wal_pages(void *data, sqlite3 *sqlite, const char *name, int pages)
{
    struct db *db = data;

    (void)sqlite;
    (void)name;
    atomic_store_explicit(&db->wal_pages, (unsigned)pages, memory_order_relaxed);
    return SQLITE_OK;
}

/* Makes an empty database ours, and leaves another program's alone. */
static int claim(struct db *db)
{
    int64_t id = 0;
    int64_t n_tables = 0;
    int r = db_query_integer(db, "PRAGMA application_id", &id);

    if (r != 0 || id == APPLICATION_ID) {
        return r;
    }
    r = db_query_integer(db, "SELECT count(*) FROM sqlite_master", &n_tables);
    if (r != 0) {
        return r;
    }
    return id == 0 && n_tables == 0 ? db_exec(db, claim_pragma) : DB_FOREIGN;
}

static int begin_writing(struct db *db, enum db_mode mode)
{
    int64_t is_wal = 0;
    int on = 1;
    int r = claim(db);

    if (r == 0) {
        r = db_exec(db, mode == DB_WRITER ? writer_pragmas : volatile_pragmas);
    }
    if (r == 0) {
        r = db_query_integer(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &is_wal);
    }
    if (r != 0) {
        return r;
    }
    /* Readers of the group cannot make the WAL's files, so they stay when we are gone. */
    if (!is_wal ||
        sqlite3_file_control(db->sqlite, NULL, SQLITE_FCNTL_PERSIST_WAL, &on) != SQLITE_OK) {
        return db_failed(db, SQLITE_IOERR, "write-ahead log");
    }
    if (mode == DB_WRITER) {
        (void)sqlite3_wal_hook(db->sqlite, count_wal_pages, db);
    }
    return 0;
}

static int begin(struct db *db, enum db_mode mode)
{
    int r = 0;

    (void)sqlite3_extended_result_codes(db->sqlite, 1);
    r = db_exec(db, common_pragmas);
    if (r != 0) {
        return r;
    }
    switch (mode) {
    case DB_WRITER:
    case DB_VOLATILE_WRITER:
        return begin_writing(db, mode);
    case DB_READER:
        return db_exec(db, "PRAGMA query_only = ON;");
    case DB_CHECKPOINTER:
        return db_exec(db, "PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = NORMAL;");
    }
    return 0;
}

/* What a failure to open means: the codes that say it is no accident have outcomes. */
static int open_outcome(struct db *db, int r)
{
    int code = sqlite3_errcode(db->sqlite) & 0xff;

    if (db->is_damaged) {
        return DB_DAMAGED;
    }
    if (r < 0 && (code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN)) {
        return DB_NOT_WRITABLE;
    }
    return r;
}

int db_open(struct db **ret_db, const char *path, enum db_mode mode)
{
    bool makes = mode == DB_WRITER || mode == DB_VOLATILE_WRITER;
    int flags = mode == DB_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int r = makes ? make_file(path) : 0;

    if (r != 0) {
        return r;
    }

    struct db *db = calloc(1, sizeof *db);

    if (db == NULL) {
        return ERR_NOMEM;
    }

    int code = sqlite3_open_v2(path, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);

    r = code == SQLITE_OK ? begin(db, mode) : db_failed(db, code, "open");
    if (r != 0) {
        r = open_outcome(db, r);
        (void)db_free(db);
        return r;
    }
    *ret_db = db;
    return 0;
}

struct db *db_free(struct db *db)
{
    if (db == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < N_STATEMENTS; i++) {
        (void)sqlite3_finalize(db->statements[i]);
    }
    (void)sqlite3_close(db->sqlite);
    free(db);
    return NULL;
}
