#ifndef CTL_SETTINGS_TEXT_H
#define CTL_SETTINGS_TEXT_H

#include "server/ctl/client.h"
#include "server/ctl/command.h"

/* Settings text - files and versions of settings, for the commands about them */

/* Reads a file, or says why not. The text is the caller's to free. */
bool ctl_read_text(const char *path, uint8_t **ret_text, size_t *ret_n);

/* Asks for the settings of @version, NULL for those in force. Returns the exit code. */
int ctl_ask_settings(
    const struct ctl_line *line, const char *version, struct client_answer *ret_answer);

#endif
