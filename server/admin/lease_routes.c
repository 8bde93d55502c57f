#include <stdio.h>
#include <string.h>

#include "server/admin/routes.h"

/* One lease: what it is, and its end by an operator. */

void get_lease(const struct http_request *request, struct http_answer *answer)
{
    struct ip4 address = IP4_ANY;
    char sql[96];

    if (!ip4_parse(request->captures[0], &address)) {
        http_problem(answer, MHD_HTTP_BAD_REQUEST, "expected an IPv4 address in the path", NULL);
        return;
    }
    (void)snprintf(sql, sizeof sql, "SELECT * FROM leases WHERE address_n = %u", address.value);

    json_t *row = find_row(request, answer, sql, "nobody ever had this address");

    if (row != NULL) {
        http_answer_json(answer, MHD_HTTP_OK, row);
    }
}

struct end_input {
    struct ip4 address;
    enum revocation how;
};

/* The client whose lease this node sees now is the one that is meant. */
static bool prepare(struct call *call, const struct admin_sources *sources)
{
    const struct end_input *input = call->input;
    struct lease l;

    if (!lease_table_find(store_leases(sources->store), input->address, &l) ||
        l.state == LEASE_DECLINED || !lease_is_held(&l, replica_cluster_time(sources->replica))) {
        call->result.outcome = OUTCOME_UNKNOWN;
        (void)snprintf(call->detail, sizeof call->detail, "no client holds this address");
        return false;
    }
    call->command = (struct command){
        .kind = COMMAND_REVOKE_LEASE,
        .revoke_lease = {
            .address = input->address,
            .client_key = arena_copy(&call->arena, l.client_key),
            .how = input->how,
        },
    };
    return true;
}

static const struct call_task end_task = { prepare, NULL };

static void end_lease(
    const struct http_request *request, struct http_answer *answer, enum revocation how)
{
    struct call *call = call_new(CALL_PROPOSE);
    struct end_input *input = call == NULL ? NULL : arena_array(&call->arena, 1, sizeof *input);

    if (input == NULL) {
        (void)call_free(call);
        return;
    }
    input->how = how;
    call->input = input;
    call->task = &end_task;
    if (!ip4_parse(request->captures[0], &input->address)) {
        http_problem(answer, MHD_HTTP_BAD_REQUEST, "expected an IPv4 address in the path", NULL);
        (void)call_free(call);
        return;
    }
    answer_change(request, answer, call);
}

void post_release(const struct http_request *request, struct http_answer *answer)
{
    end_lease(request, answer, REVOCATION_RELEASE);
}

/* The body may be empty, or {"force": true}. */
void post_revoke(const struct http_request *request, struct http_answer *answer)
{
    json_t *body = json_loadb((const char *)request->body.at, request->body.n, 0, NULL);
    bool is_forced = json_is_true(json_object_get(body, "force"));
    bool is_good = request->body.n == 0 || json_is_object(body);

    json_decref(body);
    if (is_good) {
        end_lease(request, answer, is_forced ? REVOCATION_AT_ONCE : REVOCATION_AFTER_HOLD);
    } else {
        http_problem(
            answer,
            MHD_HTTP_BAD_REQUEST,
            "expected nothing, or a JSON object with \"force\", true or false",
            NULL);
    }
}
