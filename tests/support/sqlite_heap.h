#ifndef SQLITE_HEAP_H
#define SQLITE_HEAP_H

/* Makes SQLite allocate through this program's malloc, which support/heap.h can fail. Call before
 * anything else of SQLite. */
void sqlite_heap_install(void);

#endif
