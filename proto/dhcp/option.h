#ifndef PROTO_DHCP_OPTION_H
#define PROTO_DHCP_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/writer.h"

/*
 * Option - the table of DHCP options, and their values from configuration text
 *
 * options.def holds one row per option of the IANA registry. Settings name options by the
 * `name` column; every code from 1 to 254 also answers to "option-N", rows or not.
 */
enum option_code {
    OPTION_PAD = 0,

#define OPTION(code, id, name, type, min, max, flags) OPTION_##id = (code),
#include "proto/dhcp/options.def"
#undef OPTION
    OPTION_END = 255,
};

/*
 * Types, and the names option-definitions call them by. A value is one text in the settings, or
 * a list of texts (items). An item is written:
 *   u8 ... s32        in decimal
 *   seconds           as in text_parse_seconds()
 *   bool              true or false
 *   empty             true, or no item at all
 *   ip4-pair-list     ADDRESS ADDRESS
 *   classless-routes  PREFIX GATEWAY (RFC 3442)
 *   domain            one name, sent as text
 *   domain-list       a name, sent as RFC 1035 labels; domain-search: compressed (RFC 3397)
 *   sip-servers       all addresses, or all names (RFC 3361)
 *   bytes             in hex
 * For every type a single item that starts with 0x is the value's bytes in hex.
 */
#define OPTION_TYPE_MAP(X)            \
    X(BYTES, "bytes")                 \
    X(U8, "u8")                       \
    X(U8_LIST, "u8-list")             \
    X(U16, "u16")                     \
    X(U16_LIST, "u16-list")           \
    X(U32, "u32")                     \
    X(S32, "s32")                     \
    X(SECONDS, "seconds")             \
    X(BOOL, "bool")                   \
    X(EMPTY, "empty")                 \
    X(IP4, "ip4")                     \
    X(IP4_LIST, "ip4-list")           \
    X(IP4_PAIR_LIST, "ip4-pair-list") \
    X(TEXT, "text")                   \
    X(DOMAIN, "domain")               \
    X(DOMAIN_LIST, "domain-list")     \
    X(DOMAIN_SEARCH, "domain-search") \
    X(SIP_SERVERS, "sip-servers")     \
    X(CLASSLESS_ROUTES, "classless-routes")

enum option_type {

#define X(id, name) OPTION_TYPE_##id,
    OPTION_TYPE_MAP(X)
#undef X
};

enum option_flag {
    OPTION_SET = 1,   /* settings may give it a value */
    OPTION_OWN = 2,   /* the reply builder writes it; a value from anywhere else is ignored */
    OPTION_VITAL = 4, /* kept before others when a reply runs out of room */
    OPTION_ASKED = 8, /* sent only when the client asks for it, even if forced */
    OPTION_PLAIN = 16 /* sent to a client that sends no parameter request list (or BOOTP) */
};

struct option_spec {
    const char *name;
    uint8_t code;
    enum option_type type;
    uint8_t flags;     /* of enum option_flag */
    uint32_t min, max; /* integers: of the value (s32: unused); others: of its length in bytes */
};

/* The longest value that settings may give: four options of 255 octets on the wire (RFC 3396). */
enum { OPTION_VALUE_MAX = 1020 };

/* Returns the row of @code, a generic row of bytes for a code without one, NULL for 0 and 255. */
const struct option_spec *option_spec(uint8_t code);

/* Returns the row with exactly this name, or of "option-N"; NULL when there is none. */
const struct option_spec *option_by_name(const char *name);

/* Iterates the rows of options.def by code: @previous NULL for the first; NULL after the last. */
const struct option_spec *option_next(const struct option_spec *previous);

const char *option_type_name(enum option_type type);

/* Sets *@ret_type and returns true when @name is a type of OPTION_TYPE_MAP. */
bool option_type_by_name(const char *name, enum option_type *ret_type);

/* A value as settings give it: one text, or several for a list. */
struct option_text {
    const char *const *items;
    size_t n_items;
    size_t at; /* the item being read; after an outcome, the item at fault */
};

/* Why a text is not a value: the name and what to tell the operator was expected. */
#define OPTION_VALUE_MAP(X)                                                   \
    X(NOT_A_NUMBER, 1, "expected a whole number")                             \
    X(NOT_A_DURATION, 2, "expected seconds or a duration like 1h30m")         \
    X(NOT_A_BOOLEAN, 3, "expected true or false")                             \
    X(NOT_AN_ADDRESS, 4, "expected an IPv4 address")                          \
    X(NOT_A_PAIR, 5, "expected two IPv4 addresses with a space between")      \
    X(NOT_A_ROUTE, 6, "expected PREFIX GATEWAY, like 10.0.0.0/8 192.168.1.1") \
    X(NOT_A_DOMAIN, 7, "expected a domain name")                              \
    X(NOT_HEX, 8, "expected bytes in hex, like 0x0a0b")                       \
    X(NOT_TEXT, 9, "expected printable text")                                 \
    X(OUT_OF_RANGE, 10, "the number is out of range")                         \
    X(TOO_SHORT, 11, "the value is too short")                                \
    X(TOO_LONG, 12, "the value is too long")                                  \
    X(TOO_FEW, 13, "expected a value")                                        \
    X(TOO_MANY, 14, "expected a single value, not a list")

enum option_value_outcome {

#define X(id, number, text) OPTION_VALUE_##id = (number),
    OPTION_VALUE_MAP(X)
#undef X
};

/* Returns the sentence fragment of @outcome. */
const char *option_value_str(int outcome);

/*
 * Writes the value that @text says for @spec into @out (wire format, without code and length).
 * Does not look at the flags of @spec: who reads settings refuses what is not OPTION_SET.
 *
 * Returns 0 or an enum option_value_outcome; then @text->at is the item at fault and what is
 * in @out is to be thrown away.
 */
int option_value_build(
    const struct option_spec *spec, struct option_text *text, struct writer *out);

#endif
