#ifndef CTL_CHANGE_H
#define CTL_CHANGE_H

#include "server/ctl/client.h"
#include "server/ctl/command.h"

/* Change - a request that changes something, and what is printed of its answer */

/*
 * Makes @request, whose socket is filled in from @line, with @body as JSON (may be NULL), and
 * prints "<what>" and the nodes that lag behind, or with --json the answer. Returns the exit code.
 */
int ctl_change(
    const struct ctl_line *line,
    const struct client_request *request,
    const json_t *body,
    const char *what);

#endif
