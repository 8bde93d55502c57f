#include "proto/command.h"

#include "proto/peer.h"

const char *outcome_name(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DONE:
        return "done";
    case OUTCOME_UNAVAILABLE:
        return "unavailable";
    case OUTCOME_RESERVED:
        return "reserved";
    case OUTCOME_TAKEN:
        return "taken";
    case OUTCOME_DECLINED:
        return "declined";
    case OUTCOME_BLOCKED:
        return "blocked";
    case OUTCOME_UNKNOWN:
        return "unknown";
    case OUTCOME_STALE:
        return "stale";
    case OUTCOME_INVALID:
        return "invalid";
    case OUTCOME_REPEATED:
        return "repeated";
    case OUTCOME_CONFLICT:
        return "conflict";
    case OUTCOME_TIMEOUT:
        return "timeout";
    case OUTCOME_OVERLOADED:
        return "overloaded";
    case OUTCOME_LIMITED:
        return "limited";
    }
    return "invalid-outcome";
}

const char *outcome_text(enum outcome outcome)
{
    switch (outcome) {
#define X(name, number, text) \
    case OUTCOME_##name:      \
        return text;
        OUTCOME_MAP(X)
#undef X
    }
    return "an outcome of a newer version";
}

const char *block_kind_name(enum block_kind kind)
{
    switch (kind) {
    case BLOCK_CLIENT_ID:
        return "client-id";
    case BLOCK_HW_ADDRESS:
        return "hw-address";
    case BLOCK_HW_PREFIX:
        return "hw-prefix";
    case BLOCK_ADDRESS:
        return "address";
    }
    return "unknown";
}

static bool instant_is_stored(struct instant t)
{
    return t.ms >= 0 && !instant_is_never(t);
}

static bool client_is_within_limits(struct ip4 address, struct bytes client_key)
{
    return !ip4_is_any(address) && client_key.n >= 1 && client_key.n <= CLIENT_KEY_MAX;
}

static bool bind_is_within_limits(const struct bind_command *c)
{
    return client_is_within_limits(c->address, c->client_key) &&
           c->hw_address.n <= HW_ADDRESS_MAX && c->lease.value >= 1 &&
           c->lease.value <= c->hold.value && c->hostname.n <= HOSTNAME_MAX &&
           c->agent_info.n <= AGENT_INFO_MAX && c->vendor_class.n <= CLASS_TEXT_MAX &&
           c->user_class.n <= CLASS_TEXT_MAX;
}

static bool put_settings_is_within_limits(const struct put_settings_command *c)
{
    return c->version >= 1 && c->document.n <= PUT_SETTINGS_MAX &&
           c->source.n <= PUT_SETTINGS_MAX - c->document.n &&
           c->comment.n <= SETTINGS_COMMENT_MAX && c->author.n <= AUTHOR_MAX;
}

static bool put_node_is_within_limits(const struct put_node_command *c)
{
    return c->node >= 1 && c->incarnation >= 1 && c->cluster_id >= 1 &&
           c->address.n < MEMBER_ADDRESS_MAX;
}

static bool id_is_within_limits(uint64_t id)
{
    return id >= 1 && id <= INT64_MAX;
}

static bool put_reservation_is_within_limits(const struct put_reservation_command *c)
{
    return id_is_within_limits(c->id) && c->reservation.n >= 1 &&
           c->reservation.n <= RESERVATION_ENCODED_MAX && c->author.n <= AUTHOR_MAX;
}

bool block_subject_is_within_limits(const struct block_subject *s)
{
    switch (s->kind) {
    case BLOCK_CLIENT_ID:
        return s->value.n >= 1 && s->value.n <= CLIENT_KEY_MAX;
    case BLOCK_HW_ADDRESS:
    case BLOCK_HW_PREFIX:
        return s->value.n >= 1 && s->value.n <= HW_ADDRESS_MAX;
    case BLOCK_ADDRESS:
        return s->value.n == sizeof(uint32_t);
    }
    return false;
}

static bool block_is_within_limits(const struct block_command *c)
{
    return block_subject_is_within_limits(&c->subject) && c->comment.n <= BLOCK_COMMENT_MAX &&
           c->author.n <= AUTHOR_MAX;
}

bool command_is_within_limits(const struct command *c)
{
    if (c->origin == 0 || c->boot_id == 0 || c->sequence == 0) {
        return false;
    }
    switch (c->kind) {
    case COMMAND_BIND:
        return bind_is_within_limits(&c->bind);
    case COMMAND_RELEASE:
        return client_is_within_limits(c->release.address, c->release.client_key) &&
               instant_is_stored(c->release.received_at);
    case COMMAND_DECLINE:
        return client_is_within_limits(c->decline.address, c->decline.client_key) &&
               instant_is_stored(c->decline.received_at) &&
               c->decline.hw_address.n <= HW_ADDRESS_MAX;
    case COMMAND_EXPIRE:
        return c->expire.n >= 1 && c->expire.n <= EXPIRE_MAX;
    case COMMAND_PUT_SETTINGS:
        return put_settings_is_within_limits(&c->put_settings);
    case COMMAND_PUT_NODE:
        return put_node_is_within_limits(&c->put_node);
    case COMMAND_QUARANTINE:
        return client_is_within_limits(c->quarantine.address, c->quarantine.client_key) &&
               c->quarantine.hw_address.n <= HW_ADDRESS_MAX;
    case COMMAND_PUT_RESERVATION:
        return put_reservation_is_within_limits(&c->put_reservation);
    case COMMAND_DELETE_RESERVATION:
        return id_is_within_limits(c->delete_reservation.id);
    case COMMAND_BLOCK:
        return block_is_within_limits(&c->block);
    case COMMAND_UNBLOCK:
        return block_subject_is_within_limits(&c->unblock.subject);
    case COMMAND_REVOKE_LEASE:
        return client_is_within_limits(c->revoke_lease.address, c->revoke_lease.client_key) &&
               c->revoke_lease.how >= REVOCATION_AFTER_HOLD &&
               c->revoke_lease.how <= REVOCATION_RELEASE;
    }
    return false;
}
