#ifndef CTL_LISTING_H
#define CTL_LISTING_H

#include "server/ctl/command.h"
#include "server/ctl/table.h"

/* Listing - a list of the API, page after page, as a table, CSV or JSON */

struct listing_kind {
    const char *path;   /* "/v1/reservations" */
    const char *member; /* of the answer: "reservations" */
    const char *const *headings;
    unsigned n_columns;
    /* Fills in a cell for each heading from @row; the cells are the caller's to drop. */
    void (*cells)(const json_t *row, json_t **ret_cells);
};

int ctl_list(const struct ctl_line *line, const struct listing_kind *kind);

#endif
