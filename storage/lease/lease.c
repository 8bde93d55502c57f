#include "storage/lease/lease.h"

#include "base/check.h"
#include "base/writer.h"
#include "proto/command.h"

_Static_assert(
    LEASE_DIGEST_MAX >=
        80 + CLIENT_KEY_MAX + HW_ADDRESS_MAX + HOSTNAME_MAX + AGENT_INFO_MAX + 2 * CLASS_TEXT_MAX,
    "a row with every text at its limit fits its digest form");

const char *lease_state_name(enum lease_state state)
{
    switch (state) {
    case LEASE_BOUND:
        return "bound";
    case LEASE_RELEASED:
        return "released";
    case LEASE_EXPIRED:
        return "expired";
    case LEASE_DECLINED:
        return "declined";
    case LEASE_REVOKED:
        return "revoked";
    }
    return "unknown";
}

bool lease_state_is_remembered(enum lease_state state)
{
    return state == LEASE_RELEASED || state == LEASE_EXPIRED;
}

bool lease_is_held(const struct lease *l, struct instant now)
{
    bool holds = l->state == LEASE_BOUND || l->state == LEASE_DECLINED || l->state == LEASE_REVOKED;

    return holds && instant_before(now, l->held_until);
}

struct bytes lease_agent_info(
    const struct lease *row, struct bytes client_key, struct ip4 relay, struct bytes agent_info)
{
    bool is_said = agent_info.n > 0 || !ip4_is_any(relay);
    bool is_remembered = row != NULL && bytes_equal(row->client_key, client_key);

    return is_said || !is_remembered ? agent_info : row->agent_info;
}

/* With its length, so that no two rows share a form. */
static void write_text(struct writer *w, struct bytes text)
{
    writer_u16(w, (uint16_t)text.n);
    writer_bytes(w, text);
}

size_t lease_digest_form(const struct lease *l, uint8_t *out)
{
    struct writer w = writer_of(out, LEASE_DIGEST_MAX);

    writer_u32(&w, l->address.value);
    writer_u8(&w, (uint8_t)l->state);
    writer_u32(&w, l->subnet_id);
    write_text(&w, l->client_key);
    writer_u8(&w, l->hw_type);
    write_text(&w, l->hw_address);
    writer_u64(&w, (uint64_t)l->started_at.ms);
    writer_u64(&w, (uint64_t)l->renewed_at.ms);
    writer_u64(&w, (uint64_t)l->expires_at.ms);
    writer_u64(&w, (uint64_t)l->held_until.ms);
    writer_u32(&w, l->node);
    writer_u32(&w, l->server_id.value);
    writer_u32(&w, l->relay.value);
    write_text(&w, l->hostname);
    write_text(&w, l->agent_info);
    write_text(&w, l->vendor_class);
    write_text(&w, l->user_class);
    ensure(!w.overrun);
    return w.n;
}
