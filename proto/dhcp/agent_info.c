#include "proto/dhcp/agent_info.h"

int agent_info_next(struct bytes *rest, struct agent_info_item *ret_item)
{
    if (rest->n == 0) {
        return AGENT_INFO_ABSENT;
    }
    if (rest->n < 2 || rest->n - 2 < rest->at[1]) {
        return AGENT_INFO_MALFORMED;
    }
    *ret_item = (struct agent_info_item){ rest->at[0], bytes_of(rest->at + 2, rest->at[1]) };
    *rest = bytes_slice(*rest, 2 + ret_item->value.n, rest->n);
    return 0;
}

int agent_info_find(struct bytes option, uint8_t code, struct bytes *ret_value)
{
    struct agent_info_item item = { 0 };
    int r = 0;

    while ((r = agent_info_next(&option, &item)) == 0) {
        if (item.code == code) {
            *ret_value = item.value;
            return 0;
        }
    }
    return r;
}
