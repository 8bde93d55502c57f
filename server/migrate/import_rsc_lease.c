#include <string.h>

#include "server/migrate/import_rsc_parts.h"
#include "server/migrate/rsc_value.h"

static void note_lease(struct rsc_import *in, const struct rsc_command *c)
{
    static const char *const left_out[] = {
        "rate-limit", "address-lists", "queue-type",  "parent-queue",     "insert-queue-before",
        "lease-time", "routes",        "use-src-mac", "always-broadcast",
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(left_out); i++) {
        const struct bytes *value = rsc_value(c, left_out[i]);

        if (value != NULL && value->n > 0) {
            plan_note(in->plan, PLAN_LEFT_OUT, c->line, "%s of a lease", left_out[i]);
        }
    }
}

static const char *agent_id(struct rsc_import *in, const struct rsc_command *c, const char *key)
{
    const struct bytes *value = rsc_value(c, key);
    char hex[2 * 253 + 1];
    bool is_hex = value != NULL && value->n % 2 == 0;

    for (size_t i = 0; is_hex && i < value->n; i++) {
        is_hex = value->at[i] < 128 && strchr("0123456789abcdefABCDEF", value->at[i]) != NULL &&
                 value->at[i] != '\0';
    }
    if (value == NULL || value->n == 0 || value->n > sizeof hex - 1) {
        return NULL;
    }
    if (is_hex) {
        return plan_text(in->plan, "0x%.*s", (int)value->n, (const char *)value->at);
    }
    return plan_text(in->plan, "0x%s", bytes_format_hex(*value, 0, hex, sizeof hex));
}

/* Who the lease is for. False: it cannot be told. */
static bool take_marks(
    struct rsc_import *in, const struct rsc_command *c, struct plan_reservation *r)
{
    const struct bytes *mac = rsc_value(c, "mac-address");
    const struct bytes *id = rsc_value(c, "client-id");

    r->hw_address = mac == NULL ? NULL : rsc_hw_address(in->plan, *mac);
    r->client_id = id == NULL || id->n == 0 ? NULL : rsc_client_id(in->plan, *id);
    r->circuit_id = agent_id(in, c, "agent-circuit-id");
    r->remote_id = agent_id(in, c, "agent-remote-id");
    if (mac != NULL && r->hw_address == NULL) {
        return false;
    }
    if (r->hw_address != NULL && strcmp(r->hw_address, "00:00:00:00:00:00") == 0) {
        r->hw_address = NULL;
    }
    if (r->client_id != NULL && r->hw_address != NULL &&
        rsc_is_plain_client_id(r->client_id, r->hw_address)) {
        r->client_id = NULL; /* or a client that changes its identifier would miss its address */
    }
    return r->hw_address != NULL || r->client_id != NULL || r->circuit_id != NULL ||
           r->remote_id != NULL;
}

static bool is_left_out(struct rsc_import *in, const struct rsc_command *c)
{
    if (rsc_is_yes(c, "disabled") || rsc_is_yes(c, "dynamic")) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            c->line,
            "a lease that is %s",
            rsc_is_yes(c, "disabled") ? "disabled" : "dynamic");
        return true;
    }
    if (rsc_is_yes(c, "block-access")) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            c->line,
            "a blocked client; next step: leasehold block add, when the rest is in force");
        return true;
    }
    return false;
}

void rsc_take_lease(struct rsc_import *in, const struct rsc_command *c)
{
    const char *where = rsc_text(in, c, "address");
    struct ip4 address = IP4_ANY;
    struct plan_subnet *subnet = NULL;
    struct plan_reservation made = { .line = c->line };

    if (is_left_out(in, c)) {
        return;
    }
    if (!take_marks(in, c, &made)) {
        plan_note(in->plan, PLAN_PROBLEM, c->line, "the lease has no mac-address or client-id");
        return;
    }
    if (where != NULL && (!ip4_parse(where, &address) || ip4_is_any(address))) {
        plan_note(in->plan, PLAN_LEFT_OUT, c->line, "a lease with a pool (%s) as address", where);
        return;
    }
    subnet = ip4_is_any(address) ? NULL : plan_subnet_of(in->plan, address);
    if (in->servers != NULL && subnet == NULL) {
        plan_note(
            in->plan,
            PLAN_PROBLEM,
            c->line,
            "the address %s is in no network of the file's servers",
            where == NULL ? "(none)" : where);
        return;
    }

    struct plan_reservation *r = plan_add_reservation(
        in->plan, subnet == NULL ? &in->plan->loose : &subnet->reservations, c->line);

    if (r != NULL) {
        made.next = r->next;
        made.address = address;
        made.comment = rsc_text(in, c, "comment");
        rsc_take_options(in, c, &made.options);
        *r = made;
    }
    note_lease(in, c);
    plan_note(in->plan, PLAN_TAKEN, c->line, "a lease");
}
