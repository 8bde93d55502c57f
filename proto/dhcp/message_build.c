#include "proto/dhcp/message_build.h"

#include "proto/dhcp/option.h"

enum {
    COOKIE = 0x63825363,
    PIECE_MAX = 255, /* octets that one length octet can count */
};

/* Writes @name into a field of @size octets, NUL-padded and NUL-terminated. */
static void build_name(struct writer *w, struct bytes name, size_t size)
{
    struct bytes kept = bytes_slice(name, 0, size - 1);

    writer_bytes(w, kept);
    writer_fill(w, 0, size - kept.n);
}

void message_build_header(struct writer *w, const struct message_header *header)
{
    writer_u8(w, header->op);
    writer_u8(w, header->hardware.type);
    writer_u8(w, header->hardware.n);
    writer_u8(w, header->hops);
    writer_u32(w, header->xid);
    writer_u16(w, header->secs);
    writer_u16(w, header->flags);
    writer_u32(w, header->ciaddr.value);
    writer_u32(w, header->yiaddr.value);
    writer_u32(w, header->siaddr.value);
    writer_u32(w, header->giaddr.value);
    writer_bytes(w, bytes_of(header->hardware.address, HARDWARE_ADDRESS_MAX));
    build_name(w, header->sname, MESSAGE_SNAME_SIZE);
    build_name(w, header->file, MESSAGE_FILE_SIZE);
    writer_u32(w, COOKIE);
}

size_t message_option_size(size_t n)
{
    size_t n_pieces = n == 0 ? 1 : (n + PIECE_MAX - 1) / PIECE_MAX;

    return n + 2 * n_pieces;
}

void message_build_option(struct writer *w, uint8_t code, struct bytes value)
{
    size_t at = 0;

    do {
        struct bytes piece = bytes_slice(value, at, PIECE_MAX);

        writer_u8(w, code);
        writer_u8(w, (uint8_t)piece.n);
        writer_bytes(w, piece);
        at += PIECE_MAX;
    } while (at < value.n);
}

void message_build_u8(struct writer *w, uint8_t code, uint8_t value)
{
    writer_u8(w, code);
    writer_u8(w, 1);
    writer_u8(w, value);
}

void message_build_u16(struct writer *w, uint8_t code, uint16_t value)
{
    writer_u8(w, code);
    writer_u8(w, 2);
    writer_u16(w, value);
}

void message_build_u32(struct writer *w, uint8_t code, uint32_t value)
{
    writer_u8(w, code);
    writer_u8(w, 4);
    writer_u32(w, value);
}

void message_build_address(struct writer *w, uint8_t code, struct ip4 address)
{
    message_build_u32(w, code, address.value);
}

void message_build_end(struct writer *w)
{
    writer_u8(w, OPTION_END);
    if (w->n < MESSAGE_SIZE_MIN) {
        writer_fill(w, OPTION_PAD, MESSAGE_SIZE_MIN - w->n);
    }
}
