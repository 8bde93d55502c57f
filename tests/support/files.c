#include "support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

const char *file_in(const char *folder, const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

unsigned file_count(const char *folder, const char *prefix)
{
    DIR *d = opendir(folder);
    unsigned n = 0;

    require(d != NULL);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += strncmp(e->d_name, prefix, strlen(prefix)) == 0;
    }
    (void)closedir(d);
    return n;
}

void file_copy(const char *from, const char *to)
{
    static char buf[1 << 16];
    FILE *in = fopen(from, "rb");
    FILE *out = NULL;
    size_t n = 0;

    if (in == NULL) {
        return;
    }
    out = fopen(to, "wb");
    require(out != NULL);
    while ((n = fread(buf, 1, sizeof buf, in)) > 0) {
        ensure(fwrite(buf, 1, n, out) == n);
    }
    (void)fclose(in);
    ensure(fclose(out) == 0);
}
