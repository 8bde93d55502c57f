#include "support/one_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/err.h"
#include "proto/command_codec.h"
#include "proto/settings_codec.h"

enum { ENTRY_MAX = COMMAND_ENCODED_MAX + 16384 };

static void send_reply(
    void *data, const struct arrival *arrival, const struct route *route, struct bytes reply)
{
    struct one_node *o = data;

    require(reply.n <= sizeof o->reply);
    o->n_sent++;
    o->sent_on = *arrival;
    o->route = *route;
    o->n_reply = reply.n;
    memcpy(o->reply, reply.at, reply.n);
    if (o->on_send != NULL) {
        o->on_send(o);
    }
}

static struct instant monotonic(void *data)
{
    return ((struct one_node *)data)->monotonic;
}

static bool ask(void *data, const struct arrival *arrival, struct probe *p)
{
    struct one_node *o = data;

    (void)arrival;
    if (o->cannot_probe) {
        return false;
    }
    require(o->n_probes < PROBES_MAX);
    o->probes[o->n_probes++] = p;
    return true;
}

static void withdraw(void *data, struct probe *p)
{
    struct one_node *o = data;

    for (unsigned i = 0; i < o->n_probes; i++) {
        if (o->probes[i] == p) {
            o->probes[i] = o->probes[--o->n_probes];
            return;
        }
    }
    require(false); /* it was answered before */
}

static struct instant cluster_time(void *data)
{
    return ((struct one_node *)data)->cluster_time;
}

static void serving(void *data, struct bytes network, struct serving_view *ret_view)
{
    (void)network;
    *ret_view = ((struct one_node *)data)->view;
}

static int propose(void *data, struct proposal *p, const struct command *c, unsigned timeout_ms)
{
    struct one_node *o = data;
    struct one_node_proposal *q = &o->queue[o->n_queued];
    struct command command = *c;

    (void)timeout_ms;
    if (o->is_overloaded || o->n_queued == ONE_NODE_QUEUE_MAX) {
        return REPLICA_OVERLOADED;
    }
    command.origin = 1;
    command.boot_id = 1;
    command.sequence = ++o->sequence;
    q->proposal = p;
    q->n = command_encode(&command, q->encoded);
    o->n_queued++;
    o->n_proposed++;
    return 0;
}

static void cancel(void *data, struct proposal *p)
{
    struct one_node *o = data;

    for (unsigned i = 0; i < o->n_queued; i++) {
        if (o->queue[i].proposal == p) {
            o->queue[i].proposal = NULL;
            o->n_cancelled++;
        }
    }
}

static enum outcome apply_encoded(struct one_node *o, struct bytes encoded, struct result *result)
{
    static uint8_t data[ENTRY_MAX];
    static struct result results[BATCH_COMMANDS_MAX];
    struct batch batch = { .cluster_time = o->cluster_time };
    struct store_entry entry = { .index = ++o->index, .term = 1 };
    bool skipped = false;

    batch.n_commands = 1;
    batch.commands = &encoded;
    require(batch_encoded_size(&batch) <= sizeof data);
    entry.data = (struct bytes){ data, batch_encode(&batch, data) };
    require(store_apply(o->store, &entry, results, &skipped) == 0 && !skipped);
    *result = results[0];
    return result->outcome;
}

enum outcome one_node_apply(struct one_node *o, struct command c)
{
    static uint8_t encoded[ENTRY_MAX - 64];
    struct result result;

    c.origin = 2;
    c.boot_id = 1;
    c.sequence = ++o->sequence;
    require(command_encoded_size(&c) <= sizeof encoded);
    return apply_encoded(o, (struct bytes){ encoded, command_encode(&c, encoded) }, &result);
}

int one_node_apply_settings(struct one_node *o)
{
    struct command c = { .kind = COMMAND_PUT_SETTINGS };
    uint8_t *document = NULL;
    size_t n = 0;
    enum outcome outcome = OUTCOME_INVALID;

    if (settings_encode(&o->lan.settings, &document, &n) == 0) {
        c.put_settings.version = ++o->settings_version;
        c.put_settings.document = (struct bytes){ document, n };
        c.put_settings.source = bytes_of_text("test");
        outcome = one_node_apply(o, c);
    }
    free(document);
    return outcome == OUTCOME_DONE ? 0 : ERR_CONFIG;
}

static int open_store(struct one_node *o)
{
    char path[64];
    bool is_rebuilt = false;
    struct store_options options = { .path = path, .cluster = "test" };

    options.node = 1;
    options.is_volatile = true;
    (void)snprintf(o->folder, sizeof o->folder, "/tmp/one_node.XXXXXX");
    if (mkdtemp(o->folder) == NULL) {
        return ERR_IO;
    }
    (void)snprintf(path, sizeof path, "%s/leases.db", o->folder);
    return store_open(&o->store, &options, &is_rebuilt);
}

int one_node_open(struct one_node *o)
{
    struct exchange_port port = {
        .data = o,
        .send = send_reply,
        .monotonic = monotonic,
        .probe = ask,
        .cancel_probe = withdraw,
    };
    struct proposer_port proposer = {
        .data = o,
        .propose = propose,
        .cancel = cancel,
        .cluster_time = cluster_time,
        .serving = serving,
    };
    int r = 0;

    memset(o, 0, sizeof *o);
    o->monotonic.ms = 5000000;
    o->cluster_time.ms = 1800000000000;
    o->view.self = 1;
    o->view.has_majority = true;
    o->view.n = 3;
    for (uint32_t i = 0; i < 3; i++) {
        struct ip4 id = lan_address(1, (uint8_t)(i + 1));

        o->view.nodes[i] = (struct serving_node){ i + 1, i == 0, true, id };
    }
    lan_init(&o->lan);
    o->queue = calloc(ONE_NODE_QUEUE_MAX, sizeof *o->queue);
    r = o->queue == NULL ? ERR_NOMEM : open_store(o);
    if (r == 0) {
        r = one_node_apply_settings(o);
    }
    return r == 0 ? exchanges_new(&o->exchanges, o->store, &proposer, &port) : r;
}

static void remove_file(const struct one_node *o, const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof path, "%s/%s", o->folder, name);
    (void)unlink(path);
}

void one_node_close(struct one_node *o)
{
    o->exchanges = exchanges_free(o->exchanges);
    o->store = store_free(o->store);
    free(o->queue);
    o->queue = NULL;
    remove_file(o, "leases.db");
    remove_file(o, "leases.db-wal");
    remove_file(o, "leases.db-shm");
    (void)rmdir(o->folder);
}

void one_node_commit(struct one_node *o)
{
    for (unsigned i = 0; i < o->n_queued; i++) {
        struct one_node_proposal *q = &o->queue[i];
        struct result result;

        if (q->proposal != NULL) {
            (void)apply_encoded(o, (struct bytes){ q->encoded, q->n }, &result);
            q->proposal->done(q->proposal, &result);
        }
    }
    o->n_queued = 0;
}

void one_node_answer(struct one_node *o, struct result result)
{
    for (unsigned i = 0; i < o->n_queued; i++) {
        struct one_node_proposal *q = &o->queue[i];

        if (q->proposal != NULL) {
            q->proposal->done(q->proposal, &result);
        }
    }
    o->n_queued = 0;
}

void one_node_probed(struct one_node *o, const struct hardware *hardware)
{
    struct probe *asked[PROBES_MAX];
    struct probe_result result = { .is_in_use = hardware != NULL };
    unsigned n = o->n_probes;

    memcpy(asked, o->probes, n * sizeof asked[0]);
    o->n_probes = 0;
    if (hardware != NULL) {
        result.hardware = *hardware;
    }
    for (unsigned i = 0; i < n; i++) {
        asked[i]->done(asked[i], &result);
    }
}

void one_node_wait(struct one_node *o, int64_t ms)
{
    o->monotonic.ms += ms;
    o->cluster_time.ms += ms;
}

struct command one_node_last_command(struct one_node *o)
{
    static struct command_decoder *decoder; /* one for all calls of a test program */
    const struct one_node_proposal *q = &o->queue[o->n_queued - 1];
    struct command c = { 0 };

    require(o->n_queued > 0);
    require(decoder != NULL || command_decoder_new(&decoder) == 0);
    require(command_decode(decoder, (struct bytes){ q->encoded, q->n }, &c) == 0);
    return c;
}

struct arrival one_node_arrival(const struct one_node *o)
{
    return (struct arrival){
        .network = bytes_of_text("lan"),
        .local = lan_address(1, 1),
        .source = IP4_ANY,
        .source_port = MESSAGE_PORT_CLIENT,
        .destination = IP4_BROADCAST,
        .was_broadcast = true,
        .mtu = 1500,
        .received = o->monotonic,
    };
}
