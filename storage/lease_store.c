#include "storage/lease_store.h"

#include "base/check.h"
#include "proto/dhcp/agent_info.h"

/* The sub-option @code of option 82, or an empty run. */
static struct bytes agent_item(const struct lease *l, uint8_t code)
{
    struct bytes value = { .n = 0 };

    (void)agent_info_find(l->agent_info, code, &value);
    return value;
}

/* Binds the columns and runs @s; @key is its first parameter. */
static int put(struct db *db, enum db_statement s, uint32_t key, const struct lease *l)
{
    db_bind_integer(db, s, 1, key);
    db_bind_text(db, s, 2, bytes_of_text(lease_state_name(l->state)));
    db_bind_integer(db, s, 3, l->subnet_id);
    db_bind_blob(db, s, 4, l->client_key);
    db_bind_integer(db, s, 5, l->hw_type);
    db_bind_blob(db, s, 6, l->hw_address);
    db_bind_integer(db, s, 7, l->started_at.ms);
    db_bind_integer(db, s, 8, l->renewed_at.ms);
    db_bind_instant(db, s, 9, l->expires_at);
    db_bind_instant(db, s, 10, l->held_until);
    db_bind_integer(db, s, 11, l->node);
    db_bind_integer(db, s, 12, l->server_id.value);
    db_bind_integer(db, s, 13, l->relay.value);
    db_bind_optional(db, s, 14, l->hostname);
    db_bind_optional(db, s, 15, l->agent_info);
    db_bind_optional(db, s, 16, l->vendor_class);
    db_bind_optional(db, s, 17, l->user_class);
    db_bind_optional(db, s, 18, agent_item(l, AGENT_INFO_CIRCUIT_ID));
    db_bind_optional(db, s, 19, agent_item(l, AGENT_INFO_REMOTE_ID));
    return db_run(db, s);
}

int lease_store_add(struct db *db, const struct lease *l)
{
    return put(db, STATEMENT_LEASE_INSERT, l->address.value, l);
}

int lease_store_replace(struct db *db, uint32_t slot, const struct lease *l)
{
    return put(db, STATEMENT_LEASE_UPDATE, slot, l);
}

static bool read_state(struct db *db, enum db_statement s, enum lease_state *ret_state)
{
    struct bytes text = db_column_bytes(db, s, 1);

    for (enum lease_state state = LEASE_BOUND; state <= LEASE_REVOKED; state++) {
        if (bytes_equal(text, bytes_of_text(lease_state_name(state)))) {
            *ret_state = state;
            return true;
        }
    }
    return false;
}

/* Reads column @at; false when it does not fit. */
static bool read_u32(struct db *db, enum db_statement s, int at, uint32_t *ret_value)
{
    int64_t value = db_column_integer(db, s, at);

    *ret_value = (uint32_t)value;
    return value >= 0 && value <= UINT32_MAX;
}

bool lease_store_read(struct db *db, enum db_statement s, struct lease *ret_lease)
{
    uint32_t hw_type = 0;
    struct lease l = {
        .client_key = db_column_bytes(db, s, 3),
        .hw_address = db_column_bytes(db, s, 5),
        .started_at = { db_column_integer(db, s, 6) },
        .renewed_at = { db_column_integer(db, s, 7) },
        .expires_at = db_column_instant(db, s, 8),
        .held_until = db_column_instant(db, s, 9),
        .hostname = db_column_bytes(db, s, 13),
        .agent_info = db_column_bytes(db, s, 14),
        .vendor_class = db_column_bytes(db, s, 15),
        .user_class = db_column_bytes(db, s, 16),
    };
    bool fits = read_u32(db, s, 0, &l.address.value) && read_state(db, s, &l.state) &&
                read_u32(db, s, 2, &l.subnet_id) && read_u32(db, s, 4, &hw_type) &&
                read_u32(db, s, 10, &l.node) && read_u32(db, s, 11, &l.server_id.value) &&
                read_u32(db, s, 12, &l.relay.value);

    l.hw_type = (uint8_t)hw_type;
    if (!fits || hw_type > UINT8_MAX || !lease_is_sound(&l)) {
        return false;
    }
    *ret_lease = l;
    return true;
}

int64_t lease_store_slot(struct db *db)
{
    return db_column_integer(db, STATEMENT_LEASE_LOAD, 17);
}

int lease_store_put_history(
    struct db *db, const struct lease *old, enum tenancy_end end, struct instant at)
{
    enum db_statement s = STATEMENT_HISTORY_PUT;
    int r = 0;

    require(end != TENANCY_GOES_ON && !instant_is_never(at));
    db_bind_null(db, s, 1); /* the next number, the same on every node */
    db_bind_integer(db, s, 2, old->address.value);
    db_bind_blob(db, s, 3, old->client_key);
    db_bind_integer(db, s, 4, old->hw_type);
    db_bind_blob(db, s, 5, old->hw_address);
    db_bind_optional(db, s, 6, old->hostname);
    db_bind_optional(db, s, 7, agent_item(old, AGENT_INFO_CIRCUIT_ID));
    db_bind_optional(db, s, 8, agent_item(old, AGENT_INFO_REMOTE_ID));
    db_bind_integer(db, s, 9, old->node);
    db_bind_integer(db, s, 10, old->started_at.ms);
    db_bind_integer(db, s, 11, old->renewed_at.ms);
    db_bind_integer(db, s, 12, at.ms);
    db_bind_text(db, s, 13, bytes_of_text(tenancy_end_name(end)));
    r = db_run(db, s);
    if (r == 0) {
        db_bind_integer(db, STATEMENT_HISTORY_TRIM, 1, HISTORY_MAX);
        r = db_run(db, STATEMENT_HISTORY_TRIM);
    }
    return r;
}
