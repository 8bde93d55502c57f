#include <stdlib.h>

#include "proto/command.h"
#include "proto/dhcp/client_id.h"
#include "storage/findings.h"

enum {
    AGENT_INFO_VALUE_MAX = AGENT_INFO_MAX - 2, /* a sub-option alone: its code and length */
};

/* How long each mark may be, in octets: what is outside matches no client. */
static const struct {
    const char *name;
    unsigned min, max;
} marks[CLIENT_MARK_COUNT] = {
    [CLIENT_MARK_HARDWARE] = {"hardware address", 1,               HW_ADDRESS_MAX      },
    [CLIENT_MARK_REMOTE_ID] = { "remote id",       1,               AGENT_INFO_VALUE_MAX},
    [CLIENT_MARK_CIRCUIT_ID] = { "circuit id",      1,               AGENT_INFO_VALUE_MAX},
    [CLIENT_MARK_DUID] = { "DUID",            CLIENT_DUID_MIN, CLIENT_DUID_MAX     },
    [CLIENT_MARK_ID] = { "client id",       CLIENT_ID_MIN,   CLIENT_ID_MAX       },
};

static void check_marks(struct findings *f, const struct reservation *r)
{
    struct client_identity client = client_identity_of_reservation(r);

    if (client_identity_set(&client) == 0) {
        findings_add(
            f,
            "the reservation names no client: expected a hardware address, client id, DUID, "
            "circuit id or remote id");
    }
    for (unsigned i = 0; i < CLIENT_MARK_COUNT; i++) {
        size_t n = client.marks[i].n;

        if (n > 0 && (n < marks[i].min || n > marks[i].max)) {
            findings_add(
                f,
                "%s of %zu octets: expected %u to %u",
                marks[i].name,
                n,
                marks[i].min,
                marks[i].max);
        }
    }
}

/* For people: tags are words that can stand in a filter. */
static void check_notes(struct findings *f, const struct reservation *r)
{
    if (r->comment.n > COMMENT_MAX || r->tags.n > TAGS_MAX) {
        findings_add(f, "comment, tags: expected at most %d octets each", COMMENT_MAX);
        return;
    }
    for (size_t i = 0; i < r->tags.n; i++) {
        uint8_t at = r->tags.at[i];
        bool is_word = (at >= 'a' && at <= 'z') || (at >= '0' && at <= '9') || at == '-' ||
                       at == '_' || at == '.';

        if (!is_word && (at != ' ' || i == 0 || i + 1 == r->tags.n || r->tags.at[i - 1] == ' ')) {
            findings_add(f, "tags: expected words of a-z 0-9 - _ . with one space between");
            return;
        }
    }
}

void findings_check_reservation(
    struct findings *f, const struct subnet *s, const struct reservation *r)
{
    if (!ip4_is_any(r->address) && !subnet_has_host(s, r->address)) {
        findings_add(
            f,
            "reserved %s: expected a host address of the subnet",
            address_text_of(r->address).text);
    }
    check_marks(f, r);
    if (r->hostname.n > HOSTNAME_MAX) {
        findings_add(f, "the host name is too long: expected at most %d octets", HOSTNAME_MAX);
    }
    check_notes(f, r);
    findings_check_options(f, r->options);
}

/* Equals are neighbours afterwards, in the order of the document. */
static int by_place(const struct reservation *a, const struct reservation *b)
{
    return a < b ? -1 : a > b ? 1 : 0; /* of one array */
}

static int compare_addresses(const struct reservation *a, const struct reservation *b)
{
    uint32_t x = a->address.value;
    uint32_t y = b->address.value;

    return x < y ? -1 : x > y ? 1 : 0;
}

static int compare_clients(const struct reservation *a, const struct reservation *b)
{
    struct client_identity x = client_identity_of_reservation(a);
    struct client_identity y = client_identity_of_reservation(b);

    return client_identity_compare(&x, &y);
}

static int sort_by_address(const void *a, const void *b)
{
    const struct reservation *const *x = a;
    const struct reservation *const *y = b;
    int order = compare_addresses(*x, *y);

    return order != 0 ? order : by_place(*x, *y);
}

static int sort_by_client(const void *a, const void *b)
{
    const struct reservation *const *x = a;
    const struct reservation *const *y = b;
    int order = compare_clients(*x, *y);

    return order != 0 ? order : by_place(*x, *y);
}

/* The place of @r, of which there is another. Without an address its place says enough. */
static void add_second_client(struct findings *f, const struct reservation *r)
{
    if (ip4_is_any(r->address)) {
        findings_add(f, "the client has another reservation in the subnet");
    } else {
        findings_add(f, "reserved %s: the client has another", address_text_of(r->address).text);
    }
}

static void check_twice(
    struct findings *f, const struct subnet *s, const struct reservation **sorted)
{
    unsigned n = s->n_reservations;

    qsort(sorted, n, sizeof *sorted, sort_by_address);
    for (unsigned i = 1; i < n; i++) {
        if (!ip4_is_any(sorted[i]->address) && compare_addresses(sorted[i - 1], sorted[i]) == 0) {
            f->here.reservation = (int)(sorted[i] - s->reservations);
            findings_add(f, "%s is reserved twice", address_text_of(sorted[i]->address).text);
        }
    }
    qsort(sorted, n, sizeof *sorted, sort_by_client);
    for (unsigned i = 1; i < n; i++) {
        if (compare_clients(sorted[i - 1], sorted[i]) == 0) {
            f->here.reservation = (int)(sorted[i] - s->reservations);
            add_second_client(f, sorted[i]);
        }
    }
    f->here.reservation = -1;
}

void findings_check_reservations(struct findings *f, const struct subnet *s)
{
    const struct reservation **sorted =
        calloc((size_t)s->n_reservations + 1, sizeof(const struct reservation *));

    if (sorted == NULL) {
        f->is_out_of_memory = true;
        return;
    }
    for (unsigned i = 0; i < s->n_reservations; i++) {
        sorted[i] = &s->reservations[i];
        f->here.reservation = (int)i;
        findings_check_reservation(f, s, sorted[i]);
    }
    check_twice(f, s, sorted);
    free(sorted);
}
