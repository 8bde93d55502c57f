#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "proto/settings_codec.h"
#include "support/heap.h"
#include "support/test.h"

/* Literals of proto/settings.h with something in every field. */
#define TEXT(t)                             \
    {                                       \
        (const uint8_t *)(t), sizeof(t) - 1 \
    }

static const struct option_value subnet_options[] = {
    {3,  false, TEXT("\xc0\xa8\x01\x01")                },
    { 6, true,  TEXT("\x01\x02\x03\x04\x05\x06\x07\x08")},
};
static const struct option_value one_option[] = {
    {252, false, { NULL, 0 }}
};
static const struct ip4_range excludes[] = {
    {{ 0xc0a80120 },  { 0xc0a8012f }},
    { { 0xc0a80140 }, { 0xc0a80140 }},
};
static const struct pool pools[] = {
    {
     .range = { { 0xc0a80110 }, { 0xc0a801f0 } },
     .n_excludes = 2,
     .excludes = excludes,
     .classes = { { 2, 0, 0, UINT64_C(1) << 63 } },
     .options = { 1, one_option },
     },
    { .range = { { 0xc0a801f8 }, { 0xc0a801f9 } }                       },
};
static const struct class_term terms[] = {
    {TERM_OPTION,   COMPARISON_STARTS_WITH, 60, TEXT("PXEClient")},
    { TERM_CLASS,   COMPARISON_PRESENT,     0,  { NULL, 0 }      },
    { TERM_NETWORK, COMPARISON_PRESENT,     0,  TEXT("lan")      },
    { TERM_ALL,     COMPARISON_PRESENT,     3,  { NULL, 0 }      },
};
#define NO_TIMES                                                                           \
    {                                                                                      \
        .min = { TIMES_UNSET_S }, .default_ = { TIMES_UNSET_S }, .max = { TIMES_UNSET_S }, \
        .headroom = { TIMES_UNSET_S },                                                     \
    }
static const struct client_class classes[] = {
    {.name = TEXT("known"),
     .n_terms = 1,
     .terms = &terms[2],
     .is_blocked = true,
     .times = NO_TIMES                                                                    },
    { .name = TEXT("boot"),
     .n_terms = 4,
     .terms = terms,
     .options = { 2, subnet_options },
     .boot = { { 0xc0a80102 }, TEXT("boot.example"), TEXT("ipxe.efi") },
     .times = { { 60 }, { 120 }, { TIMES_UNSET_S }, { 0 }, { { 0 }, 300 }, { { 50 }, 0 } } },
};
static const struct reservation reservations[] = {
    {.hw_type = 1,
     .hw_address = TEXT("\x02\x00\x00\x00\x00\x01"),
     .address = { 0xc0a8010a },
     .hostname = TEXT("director"),
     .options = { 1, one_option } },
    { .client_id = TEXT("\x00id"), .address = { 0xc0a8010b }               },
    { .duid = TEXT("\x00\x03\x00"),                           .circuit_id = TEXT("p\x00"), .remote_id = TEXT("r")},
};
static const struct subnet subnets[] = {
    {
     .prefix = { { 0xc0a80100 }, 24 },
     .times = { { 60 }, { 600 }, { 0xffffffff }, { 300 }, { { 0 }, 400 }, { { 590 }, 0 } },
     .conflict_detection = CONFLICT_DETECTION_ICMP,
     .options = { 2, subnet_options },
     .boot = { { 0xc0a80102 }, TEXT("boot.example"), TEXT("pxelinux.0") },
     .n_pools = 2,
     .pools = pools,
     .n_reservations = 3,
     .reservations = reservations,
     }
};
static const struct threshold thresholds[] = {
    {1,  0    },
    { 2, 10000}
};
static const struct network networks[] = {
    {.name = TEXT("lan"),
     .n_thresholds = 2,
     .thresholds = thresholds,
     .collapse = true,
     .retry_step_ms = 1000,
     .delay_source = DELAY_SOURCE_SECS,
     .authoritative = AUTHORITATIVE_AFTER_10S,
     .server_id_mode = SERVER_ID_FIXED,
     .server_id = { 0xc0a80102 },
     .probation = { 3600 },
     .echo_client_id = true,
     .limits = { 1, 2, 3, 4, 5, 6 },
     .ignores_client_id = true,
     .always_broadcast = true,
     .rapid_commit = true,
     .bootp = BOOTP_DYNAMIC,
     .bootp_lease = { 0xffffffff },
     .on_move = ON_MOVE_KEEP,
     .options = { 1, one_option },
     .boot = { .file = TEXT("network.0") },
     .n_subnets = 1,
     .subnets = subnets },
    { .name = TEXT("empty")},
};
static const struct settings full = {
    .options = {1, one_option},
    .n_networks = 2,
    .networks = networks,
    .n_classes = 2,
    .classes = classes,
};

static void assert_same_options(struct option_list a, struct option_list b)
{
    assert_int_equal(a.n, b.n);
    for (unsigned i = 0; i < a.n; i++) {
        assert_int_equal(a.at[i].code, b.at[i].code);
        assert_int_equal(a.at[i].forced, b.at[i].forced);
        assert_true(bytes_equal(a.at[i].value, b.at[i].value));
    }
}

static void assert_same_boot(const struct boot_settings *a, const struct boot_settings *b)
{
    assert_true(ip4_equal(a->next_server, b->next_server));
    assert_true(bytes_equal(a->server_name, b->server_name));
    assert_true(bytes_equal(a->file, b->file));
}

static void assert_same_pools(const struct subnet *a, const struct subnet *b)
{
    assert_int_equal(a->n_pools, b->n_pools);
    for (unsigned i = 0; i < a->n_pools; i++) {
        const struct pool *p = &a->pools[i];
        const struct pool *q = &b->pools[i];

        assert_memory_equal(&p->range, &q->range, sizeof p->range);
        assert_memory_equal(&p->classes, &q->classes, sizeof p->classes);
        assert_same_options(p->options, q->options);
        assert_int_equal(p->n_excludes, q->n_excludes);
        for (unsigned e = 0; e < p->n_excludes; e++) {
            assert_memory_equal(&p->excludes[e], &q->excludes[e], sizeof p->excludes[e]);
        }
    }
}

static void assert_same_reservations(const struct subnet *a, const struct subnet *b)
{
    assert_int_equal(a->n_reservations, b->n_reservations);
    for (unsigned i = 0; i < a->n_reservations; i++) {
        const struct reservation *r = &a->reservations[i];
        const struct reservation *s = &b->reservations[i];

        assert_int_equal(r->hw_type, s->hw_type);
        assert_true(bytes_equal(r->hw_address, s->hw_address));
        assert_true(bytes_equal(r->client_id, s->client_id));
        assert_true(bytes_equal(r->duid, s->duid));
        assert_true(bytes_equal(r->circuit_id, s->circuit_id));
        assert_true(bytes_equal(r->remote_id, s->remote_id));
        assert_true(ip4_equal(r->address, s->address));
        assert_true(bytes_equal(r->hostname, s->hostname));
        assert_same_options(r->options, s->options);
    }
}

static void assert_same_subnet(const struct subnet *a, const struct subnet *b)
{
    assert_true(ip4_equal(a->prefix.network, b->prefix.network));
    assert_int_equal(a->prefix.length, b->prefix.length);
    assert_memory_equal(&a->times, &b->times, sizeof a->times);
    assert_int_equal(a->conflict_detection, b->conflict_detection);
    assert_same_options(a->options, b->options);
    assert_same_boot(&a->boot, &b->boot);
    assert_same_pools(a, b);
    assert_same_reservations(a, b);
}

static void assert_same_network(const struct network *a, const struct network *b)
{
    assert_true(bytes_equal(a->name, b->name));
    assert_int_equal(a->n_thresholds, b->n_thresholds);
    for (unsigned i = 0; i < a->n_thresholds; i++) {
        assert_memory_equal(&a->thresholds[i], &b->thresholds[i], sizeof a->thresholds[i]);
    }
    assert_int_equal(a->collapse, b->collapse);
    assert_int_equal(a->retry_step_ms, b->retry_step_ms);
    assert_int_equal(a->delay_source, b->delay_source);
    assert_int_equal(a->authoritative, b->authoritative);
    assert_int_equal(a->server_id_mode, b->server_id_mode);
    assert_memory_equal(&a->limits, &b->limits, sizeof a->limits);
    assert_true(ip4_equal(a->server_id, b->server_id));
    assert_int_equal(a->probation.value, b->probation.value);
    assert_int_equal(a->echo_client_id, b->echo_client_id);
    assert_int_equal(a->ignores_client_id, b->ignores_client_id);
    assert_int_equal(a->always_broadcast, b->always_broadcast);
    assert_int_equal(a->rapid_commit, b->rapid_commit);
    assert_int_equal(a->bootp, b->bootp);
    assert_int_equal(a->bootp_lease.value, b->bootp_lease.value);
    assert_int_equal(a->on_move, b->on_move);
    assert_same_options(a->options, b->options);
    assert_same_boot(&a->boot, &b->boot);
    assert_int_equal(a->n_subnets, b->n_subnets);
    for (unsigned i = 0; i < a->n_subnets; i++) {
        assert_same_subnet(&a->subnets[i], &b->subnets[i]);
    }
}

static void assert_same_class(const struct client_class *a, const struct client_class *b)
{
    assert_true(bytes_equal(a->name, b->name));
    assert_int_equal(a->is_blocked, b->is_blocked);
    assert_same_options(a->options, b->options);
    assert_same_boot(&a->boot, &b->boot);
    assert_memory_equal(&a->times, &b->times, sizeof a->times);
    assert_int_equal(a->n_terms, b->n_terms);
    for (unsigned i = 0; i < a->n_terms; i++) {
        assert_int_equal(a->terms[i].kind, b->terms[i].kind);
        assert_int_equal(a->terms[i].comparison, b->terms[i].comparison);
        assert_int_equal(a->terms[i].number, b->terms[i].number);
        assert_true(bytes_equal(a->terms[i].value, b->terms[i].value));
    }
}

TEST(what_was_encoded_is_decoded_in_every_field)
{
    struct settings_document *d = NULL;
    uint8_t *encoded = NULL;
    size_t n = 0;

    assert_int_equal(settings_encode(&full, &encoded, &n), 0);
    assert_int_equal(settings_decode(bytes_of(encoded, n), &d), 0);
    memset(encoded, 0, n); /* the document owns what it shows */
    assert_same_options(d->value.options, full.options);
    assert_int_equal(d->value.n_networks, full.n_networks);
    for (unsigned i = 0; i < full.n_networks; i++) {
        assert_same_network(&d->value.networks[i], &full.networks[i]);
    }
    assert_int_equal(d->value.n_classes, full.n_classes);
    for (unsigned i = 0; i < full.n_classes; i++) {
        assert_same_class(&d->value.classes[i], &full.classes[i]);
    }
    free(encoded);
    d = settings_document_free(d);
    assert_null(d);
}

TEST(each_mode_of_bootp_and_of_a_move_comes_back)
{
    for (int i = 0; i <= 2; i++) {
        struct network n = { .name = TEXT("a"), .bootp = (enum bootp_mode)i };
        const struct settings s = { .n_networks = 1, .networks = &n };
        struct settings_document *d = NULL;
        uint8_t *encoded = NULL;
        size_t size = 0;

        n.on_move = (enum on_move)i;
        assert_int_equal(settings_encode(&s, &encoded, &size), 0);
        assert_int_equal(settings_decode(bytes_of(encoded, size), &d), 0);
        assert_int_equal(d->value.networks[0].bootp, i);
        assert_int_equal(d->value.networks[0].on_move, i);
        free(encoded);
        d = settings_document_free(d);
    }
}

TEST(what_an_old_document_does_not_say_is_what_was_done_then)
{
    static const struct bytes old = TEXT("\x12\x0a\x28\x01\x30\x01\x38\x01\x6a\x02\x10\x18");
    struct settings_document *d = NULL;

    assert_int_equal(settings_decode(old, &d), 0);

    const struct network *n = &d->value.networks[0];

    assert_false(n->ignores_client_id || n->always_broadcast || n->rapid_commit);
    assert_int_equal(n->bootp, BOOTP_STATIC);
    assert_int_equal(n->bootp_lease.value, 0);
    assert_int_equal(n->on_move, ON_MOVE_NAK);
    assert_int_equal(n->subnets[0].times.renew.permille, 0);
    d = settings_document_free(d);
}

TEST(no_bytes_are_a_document_without_networks)
{
    const struct settings none = { .n_networks = 0 };
    struct settings_document *d = NULL;
    uint8_t *encoded = NULL;
    size_t n = 1;

    assert_int_equal(settings_encode(&none, &encoded, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(settings_decode(bytes_of(encoded, n), &d), 0);
    assert_int_equal(d->value.n_networks, 0);
    free(encoded);
    (void)settings_document_free(d);
}

/* A pool with one excluded address, as it was encoded before there were classes. */
TEST(a_document_from_before_classes_means_what_it_meant)
{
    static const struct bytes old = TEXT("\x12\x2e\x0a\x03lan\x28\x01\x30\x01\x38\x01\x6a\x21"
                                         "\x0d\x00\x01\xa8\xc0\x10\x18\x4a\x18"
                                         "\x0a\x0a\x0d\x10\x01\xa8\xc0\x15\xf0\x01\xa8\xc0"
                                         "\x12\x0a\x0d\x20\x01\xa8\xc0\x15\x20\x01\xa8\xc0");
    struct settings_document *d = NULL;

    assert_int_equal(settings_decode(old, &d), 0);
    assert_int_equal(d->value.n_classes, 0);

    const struct pool *p = &d->value.networks[0].subnets[0].pools[0];

    assert_int_equal(p->range.last.value, 0xc0a801f0);
    assert_int_equal(p->excludes[0].first.value, 0xc0a80120);
    assert_true(class_set_is_empty(&p->classes));
    assert_int_equal(p->options.n, 0);
    (void)settings_document_free(d);
}

TEST(a_document_cut_short_is_malformed_or_another_document)
{
    uint8_t *encoded = NULL;
    size_t n = 0;

    assert_int_equal(settings_encode(&full, &encoded, &n), 0);
    for (size_t cut = 0; cut < n; cut++) {
        struct settings_document *d = NULL;
        int result = settings_decode(bytes_of(encoded, cut), &d);

        assert_true(result == 0 || result == SETTINGS_MALFORMED);
        assert_true((result == 0) == (d != NULL));
        (void)settings_document_free(d);
    }
    free(encoded);
}

TEST(numbers_out_of_range_are_malformed)
{
    static const struct {
        const char *name;
        struct bytes encoded;
    } rows[] = {
        {"option code 256",            TEXT("\x0a\x03\x08\x80\x02")                            },
        { "network without its modes", TEXT("\x12\x00")                                        },
        { "delay source 4",            TEXT("\x12\x06\x28\x04\x30\x01\x38\x01")                },
        { "authoritative 5",           TEXT("\x12\x06\x28\x01\x30\x05\x38\x01")                },
        { "server id mode 3",          TEXT("\x12\x06\x28\x01\x30\x01\x38\x03")                },
        { "prefix length 33",          TEXT("\x12\x0a\x28\x01\x30\x01\x38\x01\x6a\x02\x10\x21")},
        { "pool without a range",      TEXT("\x12\x0a\x28\x01\x30\x01\x38\x01\x6a\x02\x4a\x00")},
        { "hardware type 256",
         TEXT("\x12\x0d\x28\x01\x30\x01\x38\x01\x6a\x05\x52\x03\x08\x80\x02")                  },
        { "bootp mode 4",              TEXT("\x12\x09\x28\x01\x30\x01\x38\x01\xb8\x01\x04")    },
        { "on-move 4",                 TEXT("\x12\x09\x28\x01\x30\x01\x38\x01\xc8\x01\x04")    },
        { "a length past the end",     TEXT("\x0a\x7f")                                        },
        { "a term without its kind",   TEXT("\x1a\x04\x12\x02\x10\x01")                        },
        { "term kind 14",              TEXT("\x1a\x06\x12\x04\x08\x0e\x10\x01")                },
        { "comparison 5",              TEXT("\x1a\x06\x12\x04\x08\x05\x10\x05")                },
        { "a pool for class 256",
         TEXT("\x12\x11\x28\x01\x30\x01\x38\x01\x6a\x09\x4a\x07\x0a\x00\x1a\x03\x80\x02\x00")  },
    };
    struct settings_document *d = NULL;

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (settings_decode(rows[i].encoded, &d) != SETTINGS_MALFORMED) {
            fail_msg("%s was taken", rows[i].name);
        }
    }
    assert_int_equal(
        settings_decode((struct bytes)TEXT("\x12\x06\x28\x01\x30\x01\x38\x01"), &d), 0);
    (void)settings_document_free(d);
}

TEST(a_document_above_the_limit_is_refused_on_both_ways)
{
    uint8_t *huge = calloc(1, SETTINGS_ENCODED_MAX + 1);
    const struct option_value big[] = {
        {1, false, { huge, SETTINGS_ENCODED_MAX }}
    };
    const struct settings s = {
        .options = {1, big}
    };
    struct settings_document *d = NULL;
    uint8_t *encoded = NULL;
    size_t n = 0;

    assert_non_null(huge);
    assert_int_equal(settings_encode(&s, &encoded, &n), SETTINGS_TOO_LARGE);
    assert_int_equal(
        settings_decode(bytes_of(huge, SETTINGS_ENCODED_MAX + 1), &d), SETTINGS_MALFORMED);
    free(huge);
}

TEST(lack_of_memory_is_told_from_malformed_bytes)
{
    struct settings_document *d = NULL;
    uint8_t *encoded = NULL;
    size_t n = 0;
    int failures = 0;

    heap_fail_after(0);
    while (settings_encode(&full, &encoded, &n) == ERR_NOMEM) {
        assert_int_equal(heap_in_use(), 0);
        heap_fail_after(++failures);
    }
    assert_true(failures >= 2); /* the arena, the bytes */
    failures = 0;
    heap_fail_after(0);
    while (settings_decode(bytes_of(encoded, n), &d) == ERR_NOMEM) {
        heap_fail_after(++failures);
    }
    heap_fail_after(-1);
    assert_true(failures >= 3); /* the document, the messages, the values */
    assert_non_null(d);
    (void)settings_document_free(d);
    free(encoded);
    assert_int_equal(heap_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_is_decoded_in_every_field),
        cmocka_unit_test(each_mode_of_bootp_and_of_a_move_comes_back),
        cmocka_unit_test(what_an_old_document_does_not_say_is_what_was_done_then),
        cmocka_unit_test(no_bytes_are_a_document_without_networks),
        cmocka_unit_test(a_document_from_before_classes_means_what_it_meant),
        cmocka_unit_test(a_document_cut_short_is_malformed_or_another_document),
        cmocka_unit_test(numbers_out_of_range_are_malformed),
        cmocka_unit_test(a_document_above_the_limit_is_refused_on_both_ways),
        cmocka_unit_test(lack_of_memory_is_told_from_malformed_bytes),
    };

    return cmocka_run_group_tests_name("settings_codec", tests, NULL, NULL);
}
