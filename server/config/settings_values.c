#include "server/config/settings_values.h"

#include <string.h>

#include "proto/command.h"
#include "proto/dhcp/client_id.h"
#include "proto/dhcp/text.h"
#include "server/config/values.h"

enum {
    LEASE_DEFAULT_S = 3600,
    LEASE_MIN_S = 60,
    LEASE_MAX_S = 86400,
    AGENT_ID_MAX = AGENT_INFO_MAX - 2, /* a sub-option alone: its code and length */
};

const char settings_no_service_address[] =
    "this version has no service address; leave the key out, or use server-identifier";

WALK_READER(settings_read_prefix)
{
    static const char expected[] = "a network like 192.168.1.0/24, with zeroes after the prefix";
    const char *text = walk_text(w, value, expected);
    struct ip4_prefix prefix = { .length = 0 };

    if (text == NULL) {
        return;
    }
    if (!ip4_prefix_parse(text, &prefix)) {
        walk_not(w, value, "a network", expected);
        return;
    }
    memcpy(walk_member(record, f->offset), &prefix, sizeof prefix);
}

static bool read_range(struct walk *w, const yaml_node_t *value, struct ip4_range *ret_range)
{
    static const char expected[] = "a range like 192.168.1.100-192.168.1.200, or one address";
    const char *text = walk_text(w, value, expected);
    struct ip4_range range = { .first = IP4_ANY };

    if (text == NULL) {
        return false;
    }
    if (!values_parse_range(text, &range)) {
        walk_not(w, value, "a range of addresses", expected);
        return false;
    }
    if (range.first.value > range.last.value) {
        walk_problem(w, value, "the range \"%s\" ends before it begins", text);
        return false;
    }
    *ret_range = range;
    return true;
}

WALK_READER(settings_read_range)
{
    struct ip4_range range = { .first = IP4_ANY };

    if (read_range(w, value, &range)) {
        memcpy(walk_member(record, f->offset), &range, sizeof range);
    }
}

WALK_READER(settings_read_excludes)
{
    struct pool *pool = record;

    if (!walk_is_list(w, value, "addresses or ranges")) {
        return;
    }

    size_t n = (size_t)(value->data.sequence.items.top - value->data.sequence.items.start);
    struct ip4_range *ranges = arena_array(w->arena, n, sizeof *ranges);

    (void)f;
    if (n > EXCLUDES_MAX) {
        walk_problem(w, value, "%zu excluded ranges; at most %d are possible", n, EXCLUDES_MAX);
        return;
    }
    for (size_t i = 0; ranges != NULL && i < n; i++) {
        (void)read_range(w, walk_item(w, value, (int)i), &ranges[i]);
    }
    pool->excludes = ranges;
    pool->n_excludes = ranges == NULL ? 0 : (unsigned)n;
}

/* Reads hex octets, with or without "0x" before them and ':' or '-' between. */
static void read_hex(
    struct walk *w,
    const yaml_node_t *value,
    const char *expected,
    struct number_range length,
    struct bytes *ret_bytes)
{
    const char *text = walk_text(w, value, expected);
    uint8_t octets[256];
    struct writer out = writer_of(octets, sizeof octets);

    if (text == NULL) {
        return;
    }
    if (!text_parse_hex(strncmp(text, "0x", 2) == 0 ? text + 2 : text, &out) ||
        writer_done(&out).n < length.min || writer_done(&out).n > length.max) {
        walk_not(w, value, "what this key needs", expected);
        return;
    }
    *ret_bytes = arena_copy(w->arena, writer_done(&out));
}

WALK_READER(settings_read_hw_address)
{
    struct reservation *r = record;

    (void)f;
    read_hex(
        w,
        value,
        "a hardware address like \"02:00:00:00:00:01\"",
        (struct number_range){ 1, HARDWARE_ADDRESS_MAX },
        &r->hw_address);
}

WALK_READER(settings_read_hw_type)
{
    static const struct number_range range = { 1, UINT8_MAX };
    const struct field as_number = { .name = f->name, .detail = &range };
    uint32_t number = 0;

    walk_read_number(w, value, &as_number, &number);
    if (number != 0) {
        *(uint8_t *)walk_member(record, f->offset) = (uint8_t)number;
    }
}

WALK_READER(settings_read_client_id)
{
    struct reservation *r = record;

    (void)f;
    read_hex(
        w,
        value,
        "a client identifier (option 61) in hex, 2 to 255 octets, like \"01:02:00:00:00:00:01\"",
        (struct number_range){ CLIENT_ID_MIN, CLIENT_ID_MAX },
        &r->client_id);
}

WALK_READER(settings_read_duid)
{
    struct reservation *r = record;

    (void)f;
    read_hex(
        w,
        value,
        "a DUID in hex, 3 to 250 octets, like \"00:03:00:01:02:00:00:00:00:01\"",
        (struct number_range){ CLIENT_DUID_MIN, CLIENT_DUID_MAX },
        &r->duid);
}

WALK_READER(settings_read_agent_id)
{
    static const char expected[] = "a text, or 0x and hex, of 1 to 253 octets";
    static const struct number_range length = { 1, AGENT_ID_MAX };
    const char *text = walk_text(w, value, expected);
    struct bytes *id = walk_member(record, f->offset);

    if (text == NULL) {
        return;
    }
    if (strncmp(text, "0x", 2) == 0) {
        read_hex(w, value, expected, length, id);
    } else if (strlen(text) > length.max) {
        walk_not(w, value, "what this key needs", expected);
    } else {
        *id = arena_copy(w->arena, bytes_of_text(text));
    }
}

WALK_READER(settings_read_hostname)
{
    const char *text = walk_text(w, value, "a host name");
    struct bytes name = { .n = 0 };

    if (text != NULL && !text_is_domain(text)) {
        walk_not(w, value, "a host name", "labels of letters, digits and '-', with '.' between");
    } else if (text != NULL) {
        name = arena_copy(w->arena, bytes_of_text(text));
        memcpy(walk_member(record, f->offset), &name, sizeof name);
    }
}

static bool has_controls(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

WALK_READER(settings_read_comment)
{
    static const char expected[] = "a text of at most 255 octets, without control characters";
    const char *text = walk_text(w, value, expected);
    struct bytes *comment = walk_member(record, f->offset);

    _Static_assert(COMMENT_MAX == 255, "what is expected");
    if (text != NULL && (strlen(text) > COMMENT_MAX || has_controls(text))) {
        walk_not(w, value, "a comment", expected);
    } else if (text != NULL) {
        *comment = arena_copy(w->arena, bytes_of_text(text));
    }
}

WALK_READER(settings_read_tags)
{
    uint8_t text[TAGS_MAX];
    struct writer out = writer_of(text, sizeof text);

    if (!walk_is_list(w, value, "names")) {
        return;
    }
    for (int i = 0; walk_item(w, value, i) != NULL; i++) {
        struct bytes name = { .n = 0 };
        const struct field as_name = { .name = f->name };

        walk_read_name(w, walk_item(w, value, i), &as_name, &name);
        if (i > 0) {
            writer_u8(&out, ' ');
        }
        writer_bytes(&out, name);
    }
    if (out.overrun) {
        walk_problem(w, value, "tags: expected at most %d octets in all", TAGS_MAX);
        return;
    }

    struct bytes tags = arena_copy(w->arena, writer_done(&out));

    memcpy(walk_member(record, f->offset), &tags, sizeof tags);
}

WALK_READER(settings_read_server_id)
{
    static const char expected[] = "own, or an IPv4 address";
    struct network *n = walk_member(record, f->offset);
    const char *text = walk_text(w, value, expected);

    if (text == NULL || strcmp(text, "own") == 0) {
        return;
    }
    if (strcmp(text, "shared") == 0) {
        walk_problem(w, value, "server-identifier: %s", settings_no_service_address);
    } else if (!ip4_parse(text, &n->server_id) || ip4_is_any(n->server_id)) {
        walk_not(w, value, "a server identifier", expected);
    } else {
        n->server_id_mode = SERVER_ID_FIXED;
    }
}

/* --- limits --- */

/* uint32_t: a number of `detail`, a struct number_range, or `none`, which is 0. */
static WALK_READER(read_limit)
{
    const char *text =
        value->type == YAML_SCALAR_NODE ? (const char *)value->data.scalar.value : "";
    const uint32_t none = 0;

    if (strcmp(text, "none") == 0) {
        memcpy(walk_member(record, f->offset), &none, sizeof none);
    } else {
        walk_read_number(w, value, f, record);
    }
}

static const struct number_range any_limit = { 1, 1000000 };
static const struct number_range percent = { 1, 99 };

/* clang-format off */
static const struct field limits_fields[] = {
    { .name = "leases-per-hw-address",
      .read = read_limit,
      .offset = offsetof(struct network_limits, leases_per_hardware),
      .detail = &any_limit },
    { .name = "leases-per-circuit",
      .read = read_limit,
      .offset = offsetof(struct network_limits, leases_per_circuit),
      .detail = &any_limit },
    { .name = "declines",
      .read = read_limit,
      .offset = offsetof(struct network_limits, declines),
      .detail = &any_limit },
    { .name = "new-clients",
      .read = read_limit,
      .offset = offsetof(struct network_limits, new_clients),
      .detail = &any_limit },
    { .name = "new-clients-when-low",
      .read = read_limit,
      .offset = offsetof(struct network_limits, new_clients_when_low),
      .detail = &any_limit },
    { .name = "low-percent",
      .read = read_limit,
      .offset = offsetof(struct network_limits, low_percent),
      .detail = &percent },
};
/* clang-format on */

static const struct network_limits limits_defaults = LIMITS_DEFAULT;

const struct schema settings_limits_schema = {
    .what = "limits",
    SCHEMA_FIELDS(limits_fields),
    .size = sizeof(struct network_limits),
    .defaults = &limits_defaults,
};

WALK_READER(settings_read_limits)
{
    if (walk_is_mapping(w, value, "limits")) {
        walk_mapping(w, value, &settings_limits_schema, walk_member(record, f->offset));
    }
}

/* --- times --- */

/* clang-format off */
static const struct field lease_time_fields[] = {
    { .name = "default",
      .read = walk_read_seconds,
      .offset = offsetof(struct lease_times, default_) },
    { .name = "min", .read = walk_read_seconds, .offset = offsetof(struct lease_times, min) },
    { .name = "max", .read = walk_read_seconds, .offset = offsetof(struct lease_times, max) },
};
/* clang-format on */

const struct schema settings_lease_time_schema = {
    .what = "a lease-time",
    SCHEMA_FIELDS(lease_time_fields),
    .size = sizeof(struct lease_times),
};

/* A mapping, or one duration that is the default. */
WALK_READER(settings_read_lease_time)
{
    struct lease_times *times = walk_member(record, f->offset);

    if (value->type == YAML_MAPPING_NODE) {
        walk_mapping(w, value, &settings_lease_time_schema, times);
    } else {
        walk_read_seconds(w, value, &lease_time_fields[0], times);
    }
}

WALK_READER(settings_read_moment)
{
    static const char expected[] =
        "a percentage of the lease time like 50% or 87.5%, or a duration";
    const char *text = walk_text(w, value, expected);
    struct lease_moment moment = { .permille = 0 };
    uint64_t ms = 0;

    if (text == NULL) {
        return;
    }
    if (strchr(text, '%') != NULL) {
        if (!values_parse_permille(text, &moment.permille) || moment.permille == 0) {
            walk_not(w, value, "a part of the lease time", expected);
            return;
        }
    } else if (!values_parse_duration(text, &ms) || ms % 1000 != 0 || ms == 0) {
        walk_not(w, value, "a time within a lease", expected);
        return;
    }
    moment.time.value = (uint32_t)(ms / 1000);
    memcpy(walk_member(record, f->offset), &moment, sizeof moment);
}

WALK_READER(settings_read_bootp_lease)
{
    static const char expected[] = "lease-time, infinite, or a duration";
    const char *text = walk_text(w, value, expected);
    struct seconds *lease = walk_member(record, f->offset);

    if (text == NULL) {
        return;
    }
    if (strcmp(text, "lease-time") == 0) {
        lease->value = 0;
        return;
    }
    walk_read_seconds(w, value, f, record);
    if (lease->value == 0) {
        walk_not(w, value, "a time to have an address", expected);
    }
}

WALK_READER(settings_read_match_client_id)
{
    struct network *n = walk_member(record, f->offset);
    struct field answer = *f;
    bool is_matched = true;

    answer.offset = 0;
    walk_read_bool(w, value, &answer, &is_matched);
    n->ignores_client_id = !is_matched;
}

static void inherit(struct seconds *inner, struct seconds outer)
{
    if (inner->value == TIMES_UNSET_S) {
        *inner = outer;
    }
}

static void inherit_moment(struct lease_moment *inner, struct lease_moment outer)
{
    if (inner->time.value == 0 && inner->permille == 0) {
        *inner = outer;
    }
}

void times_inherit(struct lease_times *times, const struct lease_times *outer)
{
    inherit(&times->min, outer->min);
    inherit(&times->default_, outer->default_);
    inherit(&times->max, outer->max);
    inherit(&times->headroom, outer->headroom);
    inherit_moment(&times->renew, outer->renew);
    inherit_moment(&times->rebind, outer->rebind);
}

static struct seconds smaller(struct seconds a, uint32_t b)
{
    return a.value < b ? a : (struct seconds){ b };
}

static struct seconds larger(struct seconds a, uint32_t b)
{
    return a.value > b ? a : (struct seconds){ b };
}

/* What is unset follows from the default time, so that naming only that is enough. */
void times_complete(struct lease_times *times)
{
    inherit(&times->default_, (struct seconds){ LEASE_DEFAULT_S });
    inherit(&times->min, smaller(times->default_, LEASE_MIN_S));
    inherit(&times->max, larger(times->default_, LEASE_MAX_S));
    inherit(
        &times->headroom,
        seconds_is_infinite(times->default_) ? (struct seconds){ 0 }
                                             : (struct seconds){ times->default_.value / 2 });
}
