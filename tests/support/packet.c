#include "support/packet.h"

#include <stdio.h>

#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"

struct message_header packet_header(void)
{
    return (struct message_header){
        .op = MESSAGE_BOOTREQUEST,
        .hardware = {.type = HARDWARE_ETHERNET, .address = { 2, 0, 0, 0, 0, 1 }, .n = 6},
        .xid = 0x12345678,
    };
}

void packet_start(struct packet *p, const struct message_header *header, enum message_type type)
{
    p->w = writer_of(p->bytes, sizeof p->bytes);
    message_build_header(&p->w, header);
    if (type != MESSAGE_BOOTP) {
        message_build_u8(&p->w, OPTION_MESSAGE_TYPE, (uint8_t)type);
    }
}

struct bytes packet_end(struct packet *p)
{
    message_build_end(&p->w);
    return writer_done(&p->w);
}

char *packet_codes(struct bytes message, char *out)
{
    struct bytes rest = bytes_slice(message, MESSAGE_HEADER_SIZE + 4, message.n);
    size_t n = 0;

    out[0] = '\0';
    while (rest.n > 1 && rest.at[0] != OPTION_END && n + 5 < PACKET_CODES_MAX) {
        n += (size_t)snprintf(out + n, PACKET_CODES_MAX - n, n == 0 ? "%u" : " %u", rest.at[0]);
        rest = bytes_slice(rest, 2u + rest.at[1], rest.n);
    }
    return out;
}
