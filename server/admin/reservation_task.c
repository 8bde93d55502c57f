#include "server/admin/reservation_task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "server/admin/change.h"

bool reservation_name_parse(const char *text, struct reservation_name *ret_name)
{
    struct reservation_name name = { .id = 0 };

    if (strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16) {
        name.id = strtoull(text, NULL, 16);
        if (name.id == 0 || name.id > INT64_MAX) {
            return false;
        }
    } else if (!ip4_parse(text, &name.address) || ip4_is_any(name.address)) {
        return false;
    }
    *ret_name = name;
    return true;
}

uint64_t reservation_new_id(void)
{
    uint64_t id = 0;

    while (id == 0) {
        if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id) {
            id = 0;
        }
        id &= INT64_MAX;
    }
    return id;
}

static bool refuse(struct call *call, enum outcome outcome, const char *detail)
{
    call->result.outcome = outcome;
    (void)snprintf(call->detail, sizeof call->detail, "%s", detail);
    return false;
}

/* The row that is meant; NULL with *@ret_is_of_settings when the settings have it. */
static const struct kept_reservation *find(
    const struct reservation_input *input,
    const struct admin_sources *sources,
    bool *ret_is_of_settings)
{
    const struct network_map *map = store_map(sources->store);
    const struct reservation_table *kept = network_map_kept(map);
    const struct kept_reservation *row =
        input->name.id != 0 ? reservation_table_find(kept, input->name.id)
                            : reservation_table_of_address(kept, input->name.address);

    *ret_is_of_settings = row == NULL && input->name.id == 0 &&
                          network_map_reservation_of_address(map, input->name.address) != NULL;
    return row;
}

static const char of_settings[] =
    "this reservation is of the settings; change it in their file and apply it";

static bool encode_put(struct call *call, uint64_t id, uint64_t expected_version)
{
    struct reservation_input *input = call->input;
    struct bytes encoded = { .n = 0 };

    if (reservation_encode(&input->value, &call->arena, &encoded) != 0) {
        return refuse(call, OUTCOME_OVERLOADED, "out of memory");
    }
    if (encoded.n > RESERVATION_ENCODED_MAX) {
        return refuse(call, OUTCOME_INVALID, "the reservation and its options are too long");
    }
    call->id = id;
    call->command = (struct command){
        .kind = COMMAND_PUT_RESERVATION,
        .put_reservation = {
            .id = id,
            .expected_version = expected_version,
            .reservation = encoded,
            .author = input->author,
            .subnet_id = input->subnet_id,
        },
    };
    return true;
}

static bool prepare_put(struct call *call, const struct admin_sources *sources)
{
    struct reservation_input *input = call->input;
    bool is_of_settings = false;
    const struct kept_reservation *row = find(input, sources, &is_of_settings);
    uint64_t version = row == NULL ? 0 : row->version;

    if (is_of_settings) {
        return refuse(call, OUTCOME_CONFLICT, of_settings);
    }
    if (input->name.id == 0 && row == NULL) {
        return refuse(call, OUTCOME_UNKNOWN, "no reservation has this address");
    }
    if (input->expected_version != UINT64_MAX) {
        version = input->expected_version;
    }
    return encode_put(call, row == NULL ? input->name.id : row->id, version);
}

static bool prepare_delete(struct call *call, const struct admin_sources *sources)
{
    struct reservation_input *input = call->input;
    bool is_of_settings = false;
    const struct kept_reservation *row = find(input, sources, &is_of_settings);

    if (is_of_settings) {
        return refuse(call, OUTCOME_CONFLICT, of_settings);
    }
    if (row == NULL) {
        return refuse(
            call, OUTCOME_UNKNOWN, "no command has made a reservation of this id or address");
    }
    call->id = row->id;
    call->command = (struct command){
        .kind = COMMAND_DELETE_RESERVATION,
        .delete_reservation = {
            .id = row->id,
            .expected_version =
                input->expected_version == UINT64_MAX ? 0 : input->expected_version,
        },
    };
    return true;
}

/* Matches the client of @l as it is known best: by hardware address unless there is none. */
static void match_client(
    struct reservation_input *input, struct arena *arena, const struct lease *l)
{
    if (l->hw_address.n > 0 && !input->by_client_id) {
        input->value.hw_type = l->hw_type;
        input->value.hw_address = arena_copy(arena, l->hw_address);
    } else {
        input->value.client_id = arena_copy(arena, l->client_key);
    }
    input->value.address = l->address;
}

static bool prepare_make_static(struct call *call, const struct admin_sources *sources)
{
    struct reservation_input *input = call->input;
    struct lease l;

    if (!lease_table_find(store_leases(sources->store), input->name.address, &l) ||
        l.state != LEASE_BOUND || !lease_is_held(&l, replica_cluster_time(sources->replica))) {
        return refuse(call, OUTCOME_UNKNOWN, "no client holds this address");
    }
    match_client(input, &call->arena, &l);
    return encode_put(call, reservation_new_id(), 0);
}

static void explain_put(struct call *call, const struct admin_sources *sources)
{
    const struct reservation_input *input = call->input;
    const struct kept_reservation row = { .id = call->id,
                                          .subnet_id = input->subnet_id,
                                          .value = input->value };
    struct reservation_verdict verdict;

    if (call->result.outcome == OUTCOME_CONFLICT || call->result.outcome == OUTCOME_INVALID) {
        reservation_judge(
            store_map(sources->store),
            store_leases(sources->store),
            &row,
            replica_cluster_time(sources->replica),
            &verdict);
        change_explain_verdict(&row, &verdict, call->detail);
    }
}

const struct call_task reservation_put_task = { prepare_put, explain_put };
const struct call_task reservation_delete_task = { prepare_delete, NULL };
const struct call_task reservation_make_static_task = { prepare_make_static, explain_put };
