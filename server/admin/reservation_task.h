#ifndef ADMIN_RESERVATION_TASK_H
#define ADMIN_RESERVATION_TASK_H

#include "server/admin/call.h"

/* Reservation task - changes of reservations on the loop thread, where the state can be asked */

/* What a reservation is named by in a path. */
struct reservation_name {
    uint64_t id; /* 0: by address */
    struct ip4 address;
};

/* Reads 16 hex digits or an address; false when it is neither. */
bool reservation_name_parse(const char *text, struct reservation_name *ret_name);

struct reservation_input {
    struct reservation_name name;
    uint64_t expected_version; /* UINT64_MAX: whatever is there; 0: there must be none */
    struct reservation value;  /* of a put */
    uint32_t subnet_id;        /* of one without an address */
    struct bytes author;
    bool by_client_id; /* of make-static: match by the client id, not by the hardware address */
};

extern const struct call_task reservation_put_task;
extern const struct call_task reservation_delete_task;

/* Makes a reservation of the lease of name.address; `value` gives its notes. */
extern const struct call_task reservation_make_static_task;

/* A new id; never 0. */
uint64_t reservation_new_id(void);

#endif
