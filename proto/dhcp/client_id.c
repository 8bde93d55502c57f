#include "proto/dhcp/client_id.h"

#include <stddef.h>

#include "proto/dhcp/option.h"

enum {
    TYPE_DUID = 255,
    DUID_AT = CLIENT_ID_MAX - CLIENT_DUID_MAX, /* behind the type and the IAID */
};

_Static_assert(
    offsetof(struct hardware, address) == offsetof(struct hardware, type) + 1,
    "type and address are adjacent");

struct bytes client_id_of_hardware(const struct hardware *hardware)
{
    if (hardware->n == 0) {
        return (struct bytes){ 0 };
    }
    return bytes_of(hardware, 1u + hardware->n);
}

int client_id_of(const struct message *m, struct bytes *ret_key)
{
    struct bytes key = message_option(m, OPTION_CLIENT_IDENTIFIER);

    if (key.n == 0) {
        key = client_id_of_hardware(&m->header.hardware);
    }
    if (key.n == 0) {
        return CLIENT_ID_NONE;
    }
    *ret_key = key;
    return 0;
}

struct bytes client_id_duid(struct bytes key)
{
    bool has_duid = key.n >= DUID_AT + CLIENT_DUID_MIN && key.at[0] == TYPE_DUID;

    return has_duid ? bytes_slice(key, DUID_AT, key.n) : (struct bytes){ 0 };
}

char *client_id_format(struct bytes key, char *out)
{
    return bytes_format_hex(key, ':', out, CLIENT_ID_TEXT_MAX);
}
