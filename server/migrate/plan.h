#ifndef MIGRATE_PLAN_H
#define MIGRATE_PLAN_H

#include "base/arena.h"
#include "base/ip4.h"
#include "base/own.h"

/*
 * Plan - what an importer made of the configuration of another DHCP server
 *
 * The importers fill it in from their formats; plan_yaml.c writes it as a network.yaml, which goes
 * through the same door as one that a person wrote. Every line that was not taken over, or only in
 * part, has a note. All texts are NUL-terminated UTF-8 and live as long as the plan.
 */
enum {
    PLAN_TEXT_MAX = 16 * 1024 * 1024, /* bytes of a file to import */
    PLAN_NOTES_MAX = 10000,           /* kept; more are counted */
    PLAN_ITEMS_MAX = 255,             /* of one option, and the names of a list */
};

enum plan_note_kind {
    PLAN_TAKEN,    /* counted, not printed one by one */
    PLAN_LEFT_OUT, /* has no counterpart, or is not needed */
    PLAN_CHANGED,  /* taken over in another form: worth a look */
    PLAN_PROBLEM,  /* cannot be read: nothing is imported */
    PLAN_NOTE_KINDS,
};

struct plan_note {
    struct plan_note *next;
    enum plan_note_kind kind;
    unsigned line; /* from 1; 0: the file as a whole */
    const char *text;
};

struct plan_option {
    struct plan_option *next;
    const char *name; /* as network.yaml knows it, or "option-N" */
    unsigned n_items;
    const char *const *items;
    bool is_forced;
};

struct plan_reservation {
    struct plan_reservation *next;
    unsigned line;
    /* What is NULL is not given. The marks are as network.yaml writes them. */
    const char *hw_address, *client_id, *duid, *circuit_id, *remote_id;
    struct ip4 address; /* IP4_ANY: none */
    const char *hostname, *comment;
    struct plan_option *options;
};

struct plan_range {
    struct plan_range *next;
    struct ip4_range range;
};

/* What a network and a subnet have in common. */
struct plan_scope {
    const char *lease_time, *min_lease_time, *max_lease_time; /* durations, or "infinite" */
    const char *next_server, *boot_file, *server_name;
    struct plan_option *options;
};

struct plan_subnet {
    struct plan_subnet *next;
    struct ip4_prefix prefix;
    struct plan_scope scope;
    struct plan_range *pools;
    struct plan_reservation *reservations;
};

struct plan_network {
    struct plan_network *next;
    const char *name;
    const char *authoritative, *server_identifier; /* NULL: not said */
    struct plan_scope scope;
    struct plan_subnet *subnets;
};

struct plan {
    struct arena arena;
    struct plan_scope global;
    struct plan_network *networks;
    struct plan_reservation *loose; /* of no subnet in the file: for networks that exist already */
    struct plan_note *notes, *last_note;
    unsigned n_notes[PLAN_NOTE_KINDS];
};

int plan_new(struct plan **ret_plan); /* 0 or ERR_NOMEM */
struct plan *plan_free(struct plan *p);

DEFINE_FREEP(plan);

/* Memory ran out at some time: the plan is not whole. */
bool plan_is_exhausted(const struct plan *p);

/* Returns a formatted text; "" when out of memory (latched). Never NULL. */
__attribute__((format(printf, 2, 3))) const char *plan_text(
    struct plan *p, const char *format, ...);

/* Returns a copy of @b as text, with every byte that is no printable ASCII as \xNN. */
const char *plan_printable(struct plan *p, struct bytes b);

/*
 * Returns text from bytes in an unknown encoding: UTF-8 when they are that, else from @charset (a
 * name for iconv), with control characters left out; printable ASCII when even that fails.
 */
const char *plan_decode(struct plan *p, struct bytes b, const char *charset);

__attribute__((format(printf, 4, 5))) void plan_note(
    struct plan *p, enum plan_note_kind kind, unsigned line, const char *format, ...);

/* Each finds or makes the element; NULL when out of memory. */
struct plan_network *plan_network(struct plan *p, const char *name);
struct plan_subnet *plan_subnet(
    struct plan *p, struct plan_network *network, struct ip4_prefix prefix);

/* The subnet that contains @address, or NULL. */
struct plan_subnet *plan_subnet_of(const struct plan *p, struct ip4 address);

/* Each adds to the end of the list. */
void plan_add_pool(struct plan *p, struct plan_subnet *subnet, struct ip4_range range);
struct plan_reservation *plan_add_reservation(
    struct plan *p, struct plan_reservation **list, unsigned line);

/* Moves each of @list into the subnet of its address; what has no place is noted. */
void plan_place(struct plan *p, struct plan_reservation *list);

/* Makes every network authoritative that does not say otherwise. */
void plan_set_authoritative(struct plan *p);

/* Sets option @name of the list to the items; a later value replaces an earlier one. */
struct plan_option *plan_set_option(
    struct plan *p,
    struct plan_option **list,
    const char *name,
    const char *const *items,
    unsigned n_items);

/*
 * Splits @text at any of @separators into items without spaces around them; empty ones are left
 * out. Returns how many there are, at most PLAN_ITEMS_MAX.
 */
unsigned plan_split(
    struct plan *p, const char *text, const char *separators, const char *items[PLAN_ITEMS_MAX]);

/* "1:2:aa" as "0x0102aa"; NULL when @value is no octets in hex with colons between. */
const char *plan_packed_hex(struct plan *p, const char *value);

/* A name that network.yaml takes, made of @text: lower case, '-' for what is not allowed. */
const char *plan_name(struct plan *p, const char *text);

/* Returns a duration as network.yaml writes it; "infinite" for 0xffffffff. */
const char *plan_duration(struct plan *p, uint64_t seconds);

/* Writes the plan as a network.yaml. Returns a malloc()ed text, or NULL when out of memory. */
char *plan_to_yaml(const struct plan *p);

#endif
