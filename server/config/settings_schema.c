#include "server/config/settings_schema.h"

#include "proto/dhcp/message.h"
#include "server/config/settings_condition.h"
#include "server/config/settings_definitions.h"
#include "server/config/settings_options.h"

enum {
    PROBATION_S = 3600,
    RETRY_STEP_MS = 1000,
    NETWORKS_LISTED_MAX = 64, /* as many as a status message of a node can name */
    THRESHOLDS_MAX = 9,
};

static const char classes_at_top[] =
    "classes stand at the top of the file; a class matches on \"network\" to be of one alone";

/* clang-format off */
static const struct word delay_sources[] = {
    { "both", DELAY_SOURCE_BOTH },
    { "observed", DELAY_SOURCE_OBSERVED },
    { "secs", DELAY_SOURCE_SECS },
    { .name = NULL },
};
/* clang-format on */

/* clang-format off */
static const struct word authoritative_words[] = {
    { "no", AUTHORITATIVE_NO },
    { "yes", AUTHORITATIVE_YES },
    { "after-2s", AUTHORITATIVE_AFTER_2S },
    { "after-10s", AUTHORITATIVE_AFTER_10S },
    { .name = NULL },
};
/* clang-format on */

/* clang-format off */
static const struct word conflict_detections[] = {
    { "yes", CONFLICT_DETECTION_YES },
    { "no", CONFLICT_DETECTION_NO },
    { "arp", CONFLICT_DETECTION_ARP },
    { "icmp", CONFLICT_DETECTION_ICMP },
    { .name = NULL },
};
/* clang-format on */

/* clang-format off */
static const struct word bootp_modes[] = {
    { "none", BOOTP_NONE },
    { "static", BOOTP_STATIC },
    { "dynamic", BOOTP_DYNAMIC },
    { .name = NULL },
};
/* clang-format on */

/* clang-format off */
static const struct word on_move_words[] = {
    { "nak", ON_MOVE_NAK },
    { "shrink", ON_MOVE_SHRINK },
    { "keep", ON_MOVE_KEEP },
    { .name = NULL },
};
/* clang-format on */

static const struct number_range node_range = { 1, UINT32_MAX };
static const struct number_range boot_file_length = { 1, MESSAGE_FILE_SIZE - 1 };
static const struct number_range server_name_length = { 1, MESSAGE_SNAME_SIZE - 1 };

/* clang-format off */
static const struct field pool_fields[] = {
    { .name = "range",
      .read = settings_read_range,
      .offset = offsetof(struct pool, range),
      .is_required = true },
    { .name = "exclude", .read = settings_read_excludes },
    { .name = "classes",
      .read = settings_read_class_names,
      .offset = offsetof(struct pool, classes) },
    { .name = "options", .read = settings_read_options, .offset = offsetof(struct pool, options) },
};
/* clang-format on */

static const struct schema pool_schema = {
    .what = "a pool",
    SCHEMA_FIELDS(pool_fields),
    .size = sizeof(struct pool),
    .n_max = POOLS_MAX,
};

static void finish_reservation(struct walk *w, yaml_node_t *node, void *record)
{
    static const char *const marks[] = {
        "hw-address", "client-id", "duid", "circuit-id", "remote-id",
    };
    struct reservation *r = record;
    bool has_mark = false;

    for (unsigned i = 0; i < ARRAY_LENGTH(marks); i++) {
        has_mark |= walk_find(w, node, marks[i]) != NULL;
    }
    if (!has_mark) {
        walk_problem(
            w,
            node,
            "a reservation needs at least one of the keys \"hw-address\", \"client-id\", "
            "\"duid\", \"circuit-id\" and \"remote-id\"");
    }
    if (r->hw_type == HARDWARE_ETHERNET && r->hw_address.n > 0 && r->hw_address.n != 6) {
        walk_problem(
            w,
            walk_find(w, node, "hw-address"),
            "an Ethernet address has 6 octets, this one %zu",
            r->hw_address.n);
    }
    if (r->hw_address.n == 0) {
        r->hw_type = 0;
    }
}

/* clang-format off */
#define RESERVATION_FIELDS                                                                    \
    { .name = "hw-address", .read = settings_read_hw_address },                               \
    { .name = "hw-type",                                                                      \
      .read = settings_read_hw_type,                                                          \
      .offset = offsetof(struct reservation, hw_type) },                                      \
    { .name = "client-id", .read = settings_read_client_id },                                 \
    { .name = "duid", .read = settings_read_duid },                                           \
    { .name = "circuit-id",                                                                   \
      .read = settings_read_agent_id,                                                         \
      .offset = offsetof(struct reservation, circuit_id) },                                   \
    { .name = "remote-id",                                                                    \
      .read = settings_read_agent_id,                                                         \
      .offset = offsetof(struct reservation, remote_id) },                                    \
    { .name = "address",                                                                      \
      .read = walk_read_address,                                                              \
      .offset = offsetof(struct reservation, address) },                                      \
    { .name = "hostname",                                                                     \
      .read = settings_read_hostname,                                                         \
      .offset = offsetof(struct reservation, hostname) },                                     \
    { .name = "options",                                                                      \
      .read = settings_read_options,                                                          \
      .offset = offsetof(struct reservation, options) },                                      \
    { .name = "comment",                                                                      \
      .read = settings_read_comment,                                                          \
      .offset = offsetof(struct reservation, comment) },                                      \
    { .name = "tags",                                                                         \
      .read = settings_read_tags,                                                             \
      .offset = offsetof(struct reservation, tags) }

static const struct field reservation_fields[] = { RESERVATION_FIELDS };
/* clang-format on */

static const struct reservation reservation_defaults = { .hw_type = HARDWARE_ETHERNET };
static const struct single_reservation single_defaults = {
    .value = { .hw_type = HARDWARE_ETHERNET },
};

/* One by itself, for the API. What it begins with is a struct reservation. */
static const struct field single_fields[] = {
    RESERVATION_FIELDS,
    {.name = "subnet",
      .read = settings_read_prefix,
      .offset = offsetof(struct single_reservation, subnet)},
};

static void finish_single(struct walk *w, yaml_node_t *node, void *record)
{
    const struct single_reservation *r = record;
    bool has_subnet = walk_find(w, node, "subnet") != NULL;

    finish_reservation(w, node, record);
    if (ip4_is_any(r->value.address) != has_subnet) {
        walk_problem(
            w,
            node,
            "%s",
            has_subnet ? "the subnet follows from the address; leave one of the two keys out"
                       : "a reservation without an address needs the key \"subnet\"");
    }
}

const struct schema single_reservation_schema = {
    .what = "a reservation",
    SCHEMA_FIELDS(single_fields),
    .size = sizeof(struct single_reservation),
    .defaults = &single_defaults,
    .finish = finish_single,
};

static const struct schema reservation_schema = {
    .what = "a reservation",
    SCHEMA_FIELDS(reservation_fields),
    .size = sizeof(struct reservation),
    .n_max = RESERVATIONS_MAX,
    .defaults = &reservation_defaults,
    .finish = finish_reservation,
};

#define BOOT_FIELDS(type, member)                                                   \
    { .name = "next-server",                                                        \
      .read = walk_read_address,                                                    \
      .offset = offsetof(type, member.next_server) },                               \
        { .name = "boot-file",                                                      \
          .read = walk_read_string,                                                 \
          .offset = offsetof(type, member.file),                                    \
          .detail = &boot_file_length },                                            \
    {                                                                               \
        .name = "server-name", .read = walk_read_string,                            \
        .offset = offsetof(type, member.server_name), .detail = &server_name_length \
    }

#define TIMES_FIELDS(type)                                                                       \
    { .name = "lease-time", .read = settings_read_lease_time, .offset = offsetof(type, times) }, \
        { .name = "renew-time",                                                                  \
          .read = settings_read_moment,                                                          \
          .offset = offsetof(type, times.renew) },                                               \
        { .name = "rebind-time",                                                                 \
          .read = settings_read_moment,                                                          \
          .offset = offsetof(type, times.rebind) },                                              \
    {                                                                                            \
        .name = "headroom", .read = walk_read_seconds, .offset = offsetof(type, times.headroom)  \
    }

/* clang-format off */
static const struct field subnet_fields[] = {
    { .name = "subnet",
      .read = settings_read_prefix,
      .offset = offsetof(struct subnet, prefix),
      .is_required = true },
    { .name = "pools",
      .read = walk_read_list,
      .offset = offsetof(struct subnet, pools),
      .count = offsetof(struct subnet, n_pools),
      .detail = &pool_schema },
    { .name = "reservations",
      .read = walk_read_list,
      .offset = offsetof(struct subnet, reservations),
      .count = offsetof(struct subnet, n_reservations),
      .detail = &reservation_schema },
    { .name = "options",
      .read = settings_read_options,
      .offset = offsetof(struct subnet, options) },
    { .name = "conflict-detection",
      .read = walk_read_word,
      .offset = offsetof(struct subnet, conflict_detection),
      .detail = conflict_detections },
    TIMES_FIELDS(struct subnet),
    BOOT_FIELDS(struct subnet, boot),
};
/* clang-format on */

static const struct subnet subnet_defaults = {
    .times = TIMES_NONE,
    .conflict_detection = CONFLICT_DETECTION_ARP,
};

static const struct schema subnet_schema = {
    .what = "a subnet",
    SCHEMA_FIELDS(subnet_fields),
    .size = sizeof(struct subnet),
    .n_max = SUBNETS_MAX,
    .defaults = &subnet_defaults,
};

/* clang-format off */
static const struct field threshold_fields[] = {
    { .name = "node",
      .read = walk_read_number,
      .offset = offsetof(struct threshold, node),
      .detail = &node_range,
      .is_required = true },
    { .name = "value",
      .read = walk_read_ms,
      .offset = offsetof(struct threshold, ms),
      .is_required = true },
};
/* clang-format on */

static const struct schema threshold_schema = {
    .what = "a delay-threshold",
    SCHEMA_FIELDS(threshold_fields),
    .size = sizeof(struct threshold),
    .n_max = THRESHOLDS_MAX,
};

/* clang-format off */
static const struct field network_fields[] = {
    { .name = "name",
      .read = walk_read_name,
      .offset = offsetof(struct network_record, value.name),
      .is_required = true },
    { .name = "delay-threshold",
      .read = walk_read_list,
      .offset = offsetof(struct network_record, value.thresholds),
      .count = offsetof(struct network_record, value.n_thresholds),
      .detail = &threshold_schema },
    { .name = "collapse",
      .read = walk_read_bool,
      .offset = offsetof(struct network_record, value.collapse) },
    { .name = "retry-step",
      .read = walk_read_ms,
      .offset = offsetof(struct network_record, value.retry_step_ms) },
    { .name = "delay-source",
      .read = walk_read_word,
      .offset = offsetof(struct network_record, value.delay_source),
      .detail = delay_sources },
    { .name = "authoritative",
      .read = walk_read_word,
      .offset = offsetof(struct network_record, value.authoritative),
      .detail = authoritative_words },
    { .name = "server-identifier",
      .read = settings_read_server_id,
      .offset = offsetof(struct network_record, value) },
    { .name = "probation",
      .read = walk_read_seconds,
      .offset = offsetof(struct network_record, value.probation) },
    { .name = "echo-client-id",
      .read = walk_read_bool,
      .offset = offsetof(struct network_record, value.echo_client_id) },
    { .name = "limits",
      .read = settings_read_limits,
      .offset = offsetof(struct network_record, value.limits) },
    { .name = "match-client-id",
      .read = settings_read_match_client_id,
      .offset = offsetof(struct network_record, value) },
    { .name = "always-broadcast",
      .read = walk_read_bool,
      .offset = offsetof(struct network_record, value.always_broadcast) },
    { .name = "rapid-commit",
      .read = walk_read_bool,
      .offset = offsetof(struct network_record, value.rapid_commit) },
    { .name = "bootp",
      .read = walk_read_word,
      .offset = offsetof(struct network_record, value.bootp),
      .detail = bootp_modes },
    { .name = "bootp-lease-time",
      .read = settings_read_bootp_lease,
      .offset = offsetof(struct network_record, value.bootp_lease) },
    { .name = "on-move",
      .read = walk_read_word,
      .offset = offsetof(struct network_record, value.on_move),
      .detail = on_move_words },
    { .name = "options",
      .read = settings_read_options,
      .offset = offsetof(struct network_record, value.options) },
    TIMES_FIELDS(struct network_record),
    BOOT_FIELDS(struct network_record, value.boot),
    { .name = "subnets",
      .read = walk_read_list,
      .offset = offsetof(struct network_record, value.subnets),
      .count = offsetof(struct network_record, value.n_subnets),
      .detail = &subnet_schema,
      .is_required = true },
    { .name = "service-address", .detail = settings_no_service_address },
    { .name = "classes", .detail = classes_at_top },
};
/* clang-format on */

static const struct network_record network_defaults = {
    .value = {.collapse = true,
              .retry_step_ms = RETRY_STEP_MS,
              .probation = { PROBATION_S },
              .echo_client_id = true,
              .bootp_lease = { UINT32_MAX },
              .limits = LIMITS_DEFAULT},
    .times = TIMES_NONE,
};

static const struct schema network_schema = {
    .what = "a network",
    SCHEMA_FIELDS(network_fields),
    .size = sizeof(struct network_record),
    .n_max = NETWORKS_LISTED_MAX,
    .defaults = &network_defaults,
};

/* clang-format off */
static const struct field class_fields[] = {
    { .name = "name",
      .read = walk_read_name,
      .offset = offsetof(struct client_class, name),
      .is_required = true },
    { .name = "match", .read = settings_read_condition, .is_required = true },
    { .name = "block",
      .read = walk_read_bool,
      .offset = offsetof(struct client_class, is_blocked) },
    { .name = "options",
      .read = settings_read_options,
      .offset = offsetof(struct client_class, options) },
    TIMES_FIELDS(struct client_class),
    BOOT_FIELDS(struct client_class, boot),
};
/* clang-format on */

static const struct client_class class_defaults = { .times = TIMES_NONE };

static const struct schema class_schema = {
    .what = "a class",
    SCHEMA_FIELDS(class_fields),
    .size = sizeof(struct client_class),
    .n_max = CLASSES_MAX,
    .defaults = &class_defaults,
};

/* clang-format off */
static const struct field settings_fields[] = {
    { .name = "networks",
      .read = walk_read_list,
      .offset = offsetof(struct settings_record, networks),
      .count = offsetof(struct settings_record, n_networks),
      .detail = &network_schema,
      .is_required = true },
    { .name = "options",
      .read = settings_read_options,
      .offset = offsetof(struct settings_record, options) },
    TIMES_FIELDS(struct settings_record),
    { .name = "classes",
      .read = walk_read_list,
      .offset = offsetof(struct settings_record, classes),
      .count = offsetof(struct settings_record, n_classes),
      .detail = &class_schema },
    { .name = "option-definitions", .read = settings_skip_definitions },
};
/* clang-format on */

static const struct settings_record settings_defaults = { .times = TIMES_NONE };

const struct schema settings_schema = {
    .what = "a settings file",
    SCHEMA_FIELDS(settings_fields),
    .size = sizeof(struct settings_record),
    .defaults = &settings_defaults,
};
