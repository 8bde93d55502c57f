#include "sim/database.h"

#include <stdio.h>
#include <unistd.h>

#include "base/check.h"

enum { DAMAGED_BYTES = 200 };

static void remove_file(const char *path, const char *suffix)
{
    char name[128];

    (void)snprintf(name, sizeof name, "%s%s", path, suffix);
    (void)unlink(name);
}

void database_remove(const char *path)
{
    remove_file(path, "");
    remove_file(path, "-wal");
    remove_file(path, "-shm");
}

void database_damage(const char *path, struct random *random)
{
    FILE *f = fopen(path, "r+");

    if (f == NULL) {
        return;
    }
    require(fseek(f, 0, SEEK_END) == 0);

    long size = ftell(f);

    for (unsigned i = 0; i < DAMAGED_BYTES && size > 0; i++) {
        require(fseek(f, random_between(random, 0, size - 1), SEEK_SET) == 0);
        (void)fputc((int)random_below(random, 256), f);
    }
    (void)fclose(f);
}
