#include "support/folder.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"

void folder_make(char path[FOLDER_PATH_MAX])
{
    const char *base = getenv("TMPDIR");

    (void)snprintf(path, FOLDER_PATH_MAX, "%s/leasehold-XXXXXX", base != NULL ? base : "/tmp");
    require(mkdtemp(path) != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    if (remove(path) != 0 && errno != ENOENT) {
        (void)fprintf(stderr, "remove %s: %s\n", path, strerror(errno));
        return -1;
    }
    return 0;
}

void folder_remove(const char *path)
{
    require(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}
