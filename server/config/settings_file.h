#ifndef CONFIG_SETTINGS_FILE_H
#define CONFIG_SETTINGS_FILE_H

#include "base/arena.h"
#include "base/own.h"
#include "proto/settings.h"
#include "server/config/problems.h"

/*
 * Settings file - network.yaml as a struct settings
 *
 * The same reader serves `leasehold settings check`, the API and the first start. What comes out
 * has passed settings_check() and fits into one log entry.
 */
struct settings_file {
    struct settings value; /* borrows from the arena */
    struct bytes encoded;  /* for a PutSettings command; ends with the file too */
    struct arena arena;
};

enum settings_file_outcome {
    SETTINGS_FILE_INVALID = 1, /* see the problems */
};

/* Reads @text. Returns 0, ERR_NOMEM or SETTINGS_FILE_INVALID with @problems sorted by place. */
int settings_file_parse(
    struct bytes text, struct config_problems *problems, struct settings_file **ret_file);
struct settings_file *settings_file_free(struct settings_file *f);

DEFINE_FREEP(settings_file);

#endif
