#include "proto/dhcp/message.h"

#include <string.h>

#include "base/own.h"
#include "proto/dhcp/option.h"

enum {
    COOKIE = 0x63825363,
    COOKIE_SIZE = 4,
    OVERLOAD_FILE = 1, /* bits of option 52 */
    OVERLOAD_SNAME = 2,
    FIELDS_MAX = 3,
};

/* Where the fields of RFC 2131 Figure 1 start. */
enum {
    AT_OP = 0,
    AT_HTYPE = 1,
    AT_HLEN = 2,
    AT_HOPS = 3,
    AT_XID = 4,
    AT_SECS = 8,
    AT_FLAGS = 10,
    AT_CIADDR = 12,
    AT_YIADDR = 16,
    AT_SIADDR = 20,
    AT_GIADDR = 24,
    AT_CHADDR = 28,
    AT_SNAME = 44,
    AT_FILE = 108,
};

static uint16_t load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool bit_is_set(const uint64_t *bits, uint8_t code)
{
    return (bits[code / 64] >> code % 64 & 1) != 0;
}

static void bit_set(uint64_t *bits, uint8_t code)
{
    bits[code / 64] |= UINT64_C(1) << code % 64;
}

static void bit_clear(uint64_t *bits, uint8_t code)
{
    bits[code / 64] &= ~(UINT64_C(1) << code % 64);
}

/* The characters before the first NUL, of all @size if there is none. */
static struct bytes name_at(const uint8_t *at, size_t size)
{
    const uint8_t *nul = memchr(at, '\0', size);

    return bytes_of(at, nul == NULL ? size : (size_t)(nul - at));
}

static void read_header(struct message_header *h, const uint8_t *at)
{
    h->op = at[AT_OP];
    h->hops = at[AT_HOPS];
    h->hardware.type = at[AT_HTYPE];
    h->hardware.n = at[AT_HLEN];
    memcpy(h->hardware.address, at + AT_CHADDR, HARDWARE_ADDRESS_MAX);
    h->xid = load_u32(at + AT_XID);
    h->secs = load_u16(at + AT_SECS);
    h->flags = load_u16(at + AT_FLAGS);
    h->ciaddr = ip4_of(load_u32(at + AT_CIADDR));
    h->yiaddr = ip4_of(load_u32(at + AT_YIADDR));
    h->siaddr = ip4_of(load_u32(at + AT_SIADDR));
    h->giaddr = ip4_of(load_u32(at + AT_GIADDR));
    h->sname = name_at(at + AT_SNAME, MESSAGE_SNAME_SIZE);
    h->file = name_at(at + AT_FILE, MESSAGE_FILE_SIZE);
}

/* One code, length, value. */
struct piece {
    uint8_t code;
    struct bytes value;
};

enum piece_outcome {
    PIECE_NONE = 1, /* the field ends here */
    PIECE_MALFORMED,
};

/*
 * Takes the next piece off the front of @rest. An option field may end without END, but not in
 * the middle of an option. Returns 0 or an enum piece_outcome.
 */
static int next_piece(struct bytes *rest, struct piece *ret_piece)
{
    while (rest->n > 0 && rest->at[0] == OPTION_PAD) {
        rest->at++;
        rest->n--;
    }
    if (rest->n == 0 || rest->at[0] == OPTION_END) {
        return PIECE_NONE;
    }
    if (rest->n < 2 || rest->n - 2 < rest->at[1]) {
        return PIECE_MALFORMED;
    }
    *ret_piece = (struct piece){ rest->at[0], bytes_of(rest->at + 2, rest->at[1]) };
    rest->at += 2 + ret_piece->value.n;
    rest->n -= 2 + ret_piece->value.n;
    return 0;
}

static void note_piece(struct message *m, const struct piece *piece)
{
    if (bit_is_set(m->present, piece->code)) {
        bit_set(m->joined, piece->code);
        m->place[piece->code].n = (uint16_t)(m->place[piece->code].n + piece->value.n);
        return;
    }
    bit_set(m->present, piece->code);
    m->place[piece->code].from = (uint16_t)(piece->value.at - m->datagram.at);
    m->place[piece->code].n = (uint16_t)piece->value.n;
}

/* Notes every option of @field, but @skip. Returns 0 or MESSAGE_MALFORMED. */
static int note_field(struct message *m, struct bytes field, uint8_t skip)
{
    struct piece piece;
    int r = 0;

    while ((r = next_piece(&field, &piece)) == 0) {
        if (piece.code != skip) {
            note_piece(m, &piece);
        }
    }
    return r == PIECE_NONE ? 0 : MESSAGE_MALFORMED;
}

/* Gives each option that came in pieces its place in scratch, still empty. */
static int reserve_joined(struct message *m)
{
    size_t used = 0;

    for (unsigned code = 1; code < OPTION_END; code++) {
        if (!bit_is_set(m->joined, (uint8_t)code)) {
            continue;
        }
        if (m->place[code].n > MESSAGE_SCRATCH_SIZE - used) {
            return MESSAGE_MALFORMED;
        }
        m->place[code].from = (uint16_t)used;
        used += m->place[code].n;
        m->place[code].n = 0;
    }
    return 0;
}

static void join_field(struct message *m, struct bytes field)
{
    struct piece piece;

    while (next_piece(&field, &piece) == 0) {
        if (bit_is_set(m->joined, piece.code) && piece.value.n > 0) {
            uint8_t *to = m->scratch + m->place[piece.code].from + m->place[piece.code].n;

            memcpy(to, piece.value.at, piece.value.n);
            m->place[piece.code].n = (uint16_t)(m->place[piece.code].n + piece.value.n);
        }
    }
}

static int join_pieces(struct message *m, const struct bytes *fields, size_t n_fields)
{
    if ((m->joined[0] | m->joined[1] | m->joined[2] | m->joined[3]) == 0) {
        return 0;
    }

    int r = reserve_joined(m);

    for (size_t i = 0; r == 0 && i < n_fields; i++) {
        join_field(m, fields[i]);
    }
    return r;
}

/* Reads option 52. Returns 0 or MESSAGE_MALFORMED. */
static int read_overload(const struct message *m, unsigned *ret_overload)
{
    struct bytes value = message_option(m, OPTION_OVERLOAD);

    if (value.at == NULL) {
        *ret_overload = 0;
        return 0;
    }
    if (value.n != 1 || value.at[0] < 1 || value.at[0] > (OVERLOAD_FILE | OVERLOAD_SNAME)) {
        return MESSAGE_MALFORMED;
    }
    *ret_overload = value.at[0];
    return 0;
}

/* Lists the fields that hold options, in the order to read them (RFC 3396 5). */
static size_t list_fields(struct message *m, unsigned overload, struct bytes fields[FIELDS_MAX])
{
    size_t n = 1;

    fields[0] = bytes_slice(m->datagram, MESSAGE_HEADER_SIZE + COOKIE_SIZE, SIZE_MAX);
    if ((overload & OVERLOAD_FILE) != 0) {
        fields[n++] = bytes_of(m->datagram.at + AT_FILE, MESSAGE_FILE_SIZE);
        m->header.file = bytes_of(NULL, 0);
    }
    if ((overload & OVERLOAD_SNAME) != 0) {
        fields[n++] = bytes_of(m->datagram.at + AT_SNAME, MESSAGE_SNAME_SIZE);
        m->header.sname = bytes_of(NULL, 0);
    }
    return n;
}

/* What an option of a wrong length does: take the message with it, or only itself. */
static const struct {
    uint8_t code, min, max;
    bool spoils_message;
} lengths[] = {
    {OPTION_REQUESTED_ADDRESS,  4, 4,   true },
    { OPTION_SERVER_IDENTIFIER, 4, 4,   true },
    { OPTION_MESSAGE_TYPE,      1, 1,   true },
    { OPTION_LEASE_TIME,        4, 4,   false},
    { OPTION_SUBNET_SELECTION,  4, 4,   false},
    { OPTION_MAX_MESSAGE_SIZE,  2, 2,   false},
    { OPTION_CLIENT_IDENTIFIER, 2, 255, false},
};

static int check_lengths(struct message *m)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        uint8_t code = lengths[i].code;
        size_t n = m->place[code].n;

        if (!bit_is_set(m->present, code) || (n >= lengths[i].min && n <= lengths[i].max)) {
            continue;
        }
        if (lengths[i].spoils_message) {
            return MESSAGE_MALFORMED;
        }
        bit_clear(m->present, code);
    }
    return 0;
}

static int read_options(struct message *m)
{
    struct bytes fields[FIELDS_MAX];
    unsigned overload = 0;
    int r = note_field(m, bytes_slice(m->datagram, MESSAGE_HEADER_SIZE + COOKIE_SIZE, SIZE_MAX), 0);

    if (r != 0 || bit_is_set(m->joined, OPTION_OVERLOAD)) {
        return MESSAGE_MALFORMED;
    }
    r = read_overload(m, &overload);

    size_t n_fields = list_fields(m, overload, fields);

    for (size_t i = 1; r == 0 && i < n_fields; i++) {
        r = note_field(m, fields[i], OPTION_OVERLOAD);
    }
    if (r == 0) {
        r = join_pieces(m, fields, n_fields);
    }
    return r == 0 ? check_lengths(m) : r;
}

static void forget_options(struct message *m)
{
    memset(m->present, 0, sizeof m->present);
    memset(m->joined, 0, sizeof m->joined);
}

int message_parse(struct message *ret_message, struct bytes datagram)
{
    struct message *m = ret_message;

    if (datagram.n < MESSAGE_HEADER_SIZE) {
        return MESSAGE_SHORT;
    }
    m->datagram = datagram;
    read_header(&m->header, datagram.at);
    forget_options(m);
    if (m->header.op != MESSAGE_BOOTREQUEST && m->header.op != MESSAGE_BOOTREPLY) {
        return MESSAGE_MALFORMED;
    }
    if (m->header.hardware.n > HARDWARE_ADDRESS_MAX || datagram.n > UINT16_MAX) {
        return MESSAGE_MALFORMED;
    }
    m->has_cookie = datagram.n >= MESSAGE_HEADER_SIZE + COOKIE_SIZE &&
                    load_u32(datagram.at + MESSAGE_HEADER_SIZE) == COOKIE;
    return m->has_cookie ? read_options(m) : 0;
}

bool message_has(const struct message *m, uint8_t code)
{
    return bit_is_set(m->present, code);
}

struct bytes message_option(const struct message *m, uint8_t code)
{
    if (!bit_is_set(m->present, code)) {
        return (struct bytes){ 0 };
    }

    const uint8_t *base = bit_is_set(m->joined, code) ? m->scratch : m->datagram.at;

    return bytes_of(base + m->place[code].from, m->place[code].n);
}

uint8_t message_type(const struct message *m)
{
    struct bytes value = message_option(m, OPTION_MESSAGE_TYPE);

    return value.n == 0 ? MESSAGE_BOOTP : value.at[0];
}

struct ip4 message_address(const struct message *m, uint8_t code)
{
    struct bytes value = message_option(m, code);

    return value.n == 4 ? ip4_of(load_u32(value.at)) : IP4_ANY;
}

struct ip4 message_requested_address(const struct message *m)
{
    return message_address(m, OPTION_REQUESTED_ADDRESS);
}

struct ip4 message_server_identifier(const struct message *m)
{
    return message_address(m, OPTION_SERVER_IDENTIFIER);
}

struct seconds message_lease_time(const struct message *m)
{
    return (struct seconds){ message_address(m, OPTION_LEASE_TIME).value };
}

struct bytes message_parameter_list(const struct message *m)
{
    return message_option(m, OPTION_PARAMETER_LIST);
}

uint16_t message_max_datagram(const struct message *m)
{
    struct bytes value = message_option(m, OPTION_MAX_MESSAGE_SIZE);
    uint16_t size = value.n == 2 ? load_u16(value.at) : MESSAGE_DATAGRAM_MIN;

    return size < MESSAGE_DATAGRAM_MIN ? MESSAGE_DATAGRAM_MIN : size;
}

struct bytes hardware_address(const struct hardware *hardware)
{
    return bytes_of(hardware->address, hardware->n);
}
