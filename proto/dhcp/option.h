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
 *   ip6               as in RFC 4291, without dotted parts
 *   record            its fields with spaces between; the last one may be a list, or a text with
 *                     spaces. Of a definition; options.def names the fields of those it has
 *   enterprise-data   ENTERPRISE DATA (RFC 3925 3); enterprise-options: ENTERPRISE CODE DATA
 *                     (RFC 3925 4). DATA is text, or hex after 0x
 *   ip4-groups        the addresses of one server, with spaces between (RFC 7291 4)
 *   uri-list          a URI (RFC 8572 8)
 *   resolver          PRIORITY NAME, or with ADDRESS,ADDRESS and alpn=, port=, dohpath=, keyN= too
 *                     (RFC 9463 5)
 *   boot-server       TYPE ADDRESS ... (PXE 2.1, option 43.8); boot-menu: TYPE TEXT (43.9)
 *   sub-options       a mapping of their names to their values, built by option_sub_build()
 * For every type a single item that starts with 0x is the value's bytes in hex.
 */
#define OPTION_TYPE_MAP(X)                      \
    X(BYTES, "bytes")                           \
    X(U8, "u8")                                 \
    X(U8_LIST, "u8-list")                       \
    X(U16, "u16")                               \
    X(U16_LIST, "u16-list")                     \
    X(U32, "u32")                               \
    X(U32_LIST, "u32-list")                     \
    X(S8, "s8")                                 \
    X(S16, "s16")                               \
    X(S32, "s32")                               \
    X(SECONDS, "seconds")                       \
    X(BOOL, "bool")                             \
    X(EMPTY, "empty")                           \
    X(IP4, "ip4")                               \
    X(IP4_LIST, "ip4-list")                     \
    X(IP4_PAIR_LIST, "ip4-pair-list")           \
    X(TEXT, "text")                             \
    X(DOMAIN, "domain")                         \
    X(DOMAIN_LIST, "domain-list")               \
    X(DOMAIN_SEARCH, "domain-search")           \
    X(SIP_SERVERS, "sip-servers")               \
    X(CLASSLESS_ROUTES, "classless-routes")     \
    X(IP6, "ip6")                               \
    X(IP6_LIST, "ip6-list")                     \
    X(RECORD, "record")                         \
    X(RECORD_LIST, "record-list")               \
    X(ENTERPRISE_DATA, "enterprise-data")       \
    X(ENTERPRISE_OPTIONS, "enterprise-options") \
    X(IP4_GROUPS, "ip4-groups")                 \
    X(URI_LIST, "uri-list")                     \
    X(RESOLVERS, "resolver-list")               \
    X(BOOT_SERVERS, "boot-server-list")         \
    X(BOOT_MENU, "boot-menu")                   \
    X(SUB_OPTIONS, "sub-options")

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

enum { OPTION_FIELDS_MAX = 16 };

/* What a record is made of; of the list types and the text, only the last may be one. */
struct option_record {
    unsigned n;
    enum option_type fields[OPTION_FIELDS_MAX];
};

struct option_spec {
    const char *name;
    uint8_t code;
    enum option_type type;
    uint8_t flags;     /* of enum option_flag */
    uint32_t min, max; /* integers: of the value (s8 to s32: unused); others: of its length */
    const struct option_record *record; /* of a definition; see option_record_of() */
};

/* The longest value that settings may give: four options of 255 octets on the wire (RFC 3396). */
enum { OPTION_VALUE_MAX = 1020 };

/* Returns the row of @code, a generic row of bytes for a code without one, NULL for 0 and 255. */
const struct option_spec *option_spec(uint8_t code);

/* Returns the row with exactly this name, or of "option-N"; NULL when there is none. */
const struct option_spec *option_by_name(const char *name);

/* Iterates the rows of options.def by code: @previous NULL for the first; NULL after the last. */
const struct option_spec *option_next(const struct option_spec *previous);

/* The fields of a RECORD or RECORD_LIST: those it brings, or those of option_records.def; or NULL. */
const struct option_record *option_record_of(const struct option_spec *spec);

/*
 * The sub-options of options.def's SUB_OPTIONS, by their rows in sub_options.def. @container is
 * the option's code. Every code from 1 to 254 also answers to "sub-option-N". NULL when there is
 * none of this name.
 */
const struct option_spec *option_sub_by_name(uint8_t container, const char *name);

/* Iterates the rows of @container: @previous NULL for the first; NULL after the last. */
const struct option_spec *option_sub_next(uint8_t container, const struct option_spec *previous);

const char *option_type_name(enum option_type type);

/* True for the types whose value may be a list of items. */
bool option_type_is_list(enum option_type type);

/* The type of a list of @type; false when there is no such list. */
bool option_type_list_of(enum option_type type, enum option_type *ret_list);

/* True for the types that are written as bytes where nobody knows better. */
bool option_type_is_binary(enum option_type type);

/* Can @type be a field of a record, its last one or (@is_last false) another? */
bool option_type_is_field(enum option_type type, bool is_last);

/* Sets *@ret_type and returns true when @name is a type of OPTION_TYPE_MAP. */
bool option_type_by_name(const char *name, enum option_type *ret_type);

/* A value as settings give it: one text, or several for a list. */
struct option_text {
    const char *const *items;
    size_t n_items;
    size_t at; /* the item being read; after an outcome, the item at fault */
};

/* Why a text is not a value: the name and what to tell the operator was expected. */
#define OPTION_VALUE_MAP(X)                                                                        \
    X(NOT_A_NUMBER, 1, "expected a whole number")                                                  \
    X(NOT_A_DURATION, 2, "expected seconds or a duration like 1h30m")                              \
    X(NOT_A_BOOLEAN, 3, "expected true or false")                                                  \
    X(NOT_AN_ADDRESS, 4, "expected an IPv4 address")                                               \
    X(NOT_A_PAIR, 5, "expected two IPv4 addresses with a space between")                           \
    X(NOT_A_ROUTE, 6, "expected PREFIX GATEWAY, like 10.0.0.0/8 192.168.1.1")                      \
    X(NOT_A_DOMAIN, 7, "expected a domain name")                                                   \
    X(NOT_HEX, 8, "expected bytes in hex, like 0x0a0b")                                            \
    X(NOT_TEXT, 9, "expected printable text")                                                      \
    X(OUT_OF_RANGE, 10, "the number is out of range")                                              \
    X(TOO_SHORT, 11, "the value is too short")                                                     \
    X(TOO_LONG, 12, "the value is too long")                                                       \
    X(TOO_FEW, 13, "expected a value")                                                             \
    X(TOO_MANY, 14, "expected a single value, not a list")                                         \
    X(NOT_IP6, 15, "expected an IPv6 address")                                                     \
    X(NOT_A_RECORD, 16, "expected the fields of a record, with spaces between")                    \
    X(NOT_ENTERPRISE_DATA, 17, "expected ENTERPRISE DATA, like 9 router or 9 0x0a0b")              \
    X(NOT_ENTERPRISE_OPTION, 18, "expected ENTERPRISE CODE DATA, like 4491 2 0x0a0b")              \
    X(NOT_A_RESOLVER,                                                                              \
      19,                                                                                          \
      "expected PRIORITY NAME, and perhaps ADDRESS,ADDRESS and parameters like alpn=dot port=853") \
    X(NOT_A_BOOT_SERVER, 20, "expected TYPE ADDRESS, like 0 192.168.1.5")                          \
    X(NOT_A_MENU_ITEM, 21, "expected TYPE TEXT, like 0 Local disk")                                \
    X(NOT_A_MAPPING, 22, "expected sub-options with their values, or bytes in hex")

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

/* Writes one sub-option of @spec: code, length, value. As above; TOO_LONG above 255 octets. */
int option_sub_build(const struct option_spec *spec, struct option_text *text, struct writer *out);

#endif
