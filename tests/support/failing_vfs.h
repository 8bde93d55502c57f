#ifndef FAILING_VFS_H
#define FAILING_VFS_H

#include <stdbool.h>

/*
 * Failing VFS - SQLite's own access to files, which fails on demand
 *
 * Counts the calls that can fail in the real world: open, read, write, truncate, sync, delete and
 * the making of shared memory.
 */
void failing_vfs_install(void); /* as the default of every connection opened from now on */

/* The call after @n more fails with SQLite's @code; once, or and every one after it. */
void failing_vfs_after(long n, int code, bool once);
void failing_vfs_never(void);

/* True when a call has failed since the last failing_vfs_after(). */
bool failing_vfs_has_failed(void);

#endif
