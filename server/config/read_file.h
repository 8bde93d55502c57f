#ifndef CONFIG_READ_FILE_H
#define CONFIG_READ_FILE_H

#include "base/bytes.h"

/* The longest configuration text that is read. */
enum { CONFIG_TEXT_MAX = 4 * 1024 * 1024 };

/*
 * Reads the file at @path into a buffer that the caller frees; at most @max bytes. Returns 0,
 * ERR_NOMEM, or a positive errno: EFBIG when it is larger, EISDIR for a folder.
 */
int config_read_file(const char *path, size_t max, uint8_t **ret_text, size_t *ret_n);

#endif
