#include "base/check.h"
#include "replication/peer/mesh_state.h"

/*
 * Mesh, trust - who is refused before a Hello, and whose certificate will not do any more
 *
 * A peer is judged when it connects, when our files change, and every minute, so that what has
 * expired or was revoked ends within a minute. When this node's own certificate is a new one, its
 * connections are made anew, one after the other: a majority always stays in touch.
 */

/* Whose entry of the log a refusal belongs to: what was dialled has a name, anybody may claim one. */
static struct link *link_of(struct mesh *m, const struct connection *c)
{
    return c->is_dialler || c->state == CONNECTION_UP ? mesh_link(m, c->node) : NULL;
}

void mesh_distrust(void *data, struct connection *c, int outcome)
{
    struct mesh *m = data;
    struct link *l = link_of(m, c);
    const char *reason = transport_reason(&c->transport);

    switch ((enum tls_outcome)outcome) {
    case TLS_UNTRUSTED:
        m->counters.refused_certificates++;
        break;
    case TLS_ALERTED:
        m->counters.refused_by_peers++;
        break;
    case TLS_GARBAGE:
    case TLS_ENDED:
    case TLS_REFUSED:
        m->counters.refused_garbage++;
        reason = reason[0] != '\0' ? reason : "it does not speak our protocol";
        break;
    }
    mesh_log_refusal(
        m,
        l,
        outcome == TLS_ALERTED ? "peer-refuses-us" : "peer-refused",
        c,
        bytes_of_text(reason));
    if (l != NULL) {
        l->dial_at = uv_now(m->config.loop) + MESH_REFUSED_RETRY_MS;
    }
}

/* Ends the connections whose other side would not be let in today. */
static void check_all(struct mesh *m)
{
    struct connection *c;

    TAILQ_FOREACH(c, &m->connections, link)
    {
        int rv = c->state == CONNECTION_UP ? transport_check(&c->transport) : 0;

        if (rv > 0) {
            mesh_distrust(m, c, rv);
            connection_close(c);
        }
    }
}

/* Ends one connection that was made with a certificate that this node has no more. */
static void remake_one(struct mesh *m, uint64_t now)
{
    struct connection *c;

    TAILQ_FOREACH(c, &m->connections, link)
    {
        if (c->state == CONNECTION_UP && transport_is_outdated(&c->transport)) {
            connection_close(c);
            m->remake_at = now + MESH_REMAKE_MS;
            return;
        }
    }
}

void mesh_reload(struct mesh *m)
{
    if (m->config.tls != NULL && tls_reload(m->config.tls) == 0) {
        check_all(m);
    }
}

struct instant mesh_certificate_until(const struct mesh *m)
{
    return m->config.tls == NULL ? (struct instant){ 0 } : tls_valid_until(m->config.tls);
}

void mesh_trust_tick(struct mesh *m)
{
    uint64_t now = uv_now(m->config.loop);

    if (m->config.tls == NULL) {
        return;
    }
    if (now >= m->certificates_at) {
        m->certificates_at = now + MESH_CERTIFICATES_MS;
        (void)tls_refresh(m->config.tls); /* it has said why not, and what was stays in force */
        check_all(m);
    }
    if (now >= m->remake_at) {
        remake_one(m, now);
    }
}
