#ifndef TESTS_SUPPORT_FOLDER_H
#define TESTS_SUPPORT_FOLDER_H

/* A folder of a test's own, below the temporary folder; removed with all it holds. */
enum { FOLDER_PATH_MAX = 256 };

void folder_make(char path[FOLDER_PATH_MAX]);
void folder_remove(const char *path);

#endif
