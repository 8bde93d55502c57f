#ifndef PROTO_DHCP_OPTION_ITEM_H
#define PROTO_DHCP_OPTION_ITEM_H

#include "proto/dhcp/option.h"

/*
 * Option item - one text of a value, on its way to the wire; private to option_value_build()
 *
 * Each writes @item as its type says and returns 0 or an enum option_value_outcome. Of @spec,
 * numbers heed min and max.
 */
typedef int option_item_builder(
    const struct option_spec *spec, const char *item, struct writer *out);

/* option_item.c */
option_item_builder option_build_u8;
option_item_builder option_build_u16;
option_item_builder option_build_u32;
option_item_builder option_build_s8;
option_item_builder option_build_s16;
option_item_builder option_build_s32;
option_item_builder option_build_seconds;
option_item_builder option_build_bool;
option_item_builder option_build_empty;
option_item_builder option_build_ip4;
option_item_builder option_build_ip6;
option_item_builder option_build_pair;
option_item_builder option_build_route;
option_item_builder option_build_text;
option_item_builder option_build_domain;
option_item_builder option_build_labels;
option_item_builder option_build_hex;

/* A text, or hex after 0x. */
int option_build_data(const char *item, struct writer *out);

/* option_words.c: items of several words */
option_item_builder option_build_record;
option_item_builder option_build_ip4_group;
option_item_builder option_build_uri;
option_item_builder option_build_boot_server;
option_item_builder option_build_menu_item;

/* Takes the next word off *@rest, which moves to the one after it. False: none, or too long. */
bool option_next_word(const char **rest, char *word, size_t size);

/* All items of options 124 and 125 (RFC 3925): those of one enterprise in a row share a block. */
int option_build_enterprise(
    const struct option_spec *spec, struct option_text *text, struct writer *out);

/* option_resolver.c */
option_item_builder option_build_resolver;

/* option_value.c: the builder of a field of a record. */
option_item_builder *option_item_builder_of(enum option_type type);

#endif
