#ifndef ADMIN_CHANGE_H
#define ADMIN_CHANGE_H

#include "server/admin/call.h"
#include "storage/reservation_rules.h"

/* Change - why a change was refused, as sentences with the next step; any thread */

enum { CHANGE_WHO_MAX = 128 };

/* Writes whom @r is for: "02:00:00:00:00:01", "client id 0102" and so on. Returns @out. */
const char *change_describe_client(const struct reservation *r, char out[CHANGE_WHO_MAX]);

/* Writes why @row was refused. @map: what it was judged by. */
void change_explain_verdict(
    const struct kept_reservation *row,
    const struct reservation_verdict *v,
    char detail[CALL_DETAIL_MAX]);

/* Writes which reservation of a command does not go with @fresh, if there is one; names both. */
void change_explain_misfit(
    const struct network_map *fresh,
    const struct reservation_table *kept,
    char detail[CALL_DETAIL_MAX]);

#endif
