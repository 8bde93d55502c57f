#include "server/admin/change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "server/admin/routes.h"
#include "server/config/values.h"

/* Changes: what became of them, and why they were refused. */

const char *change_describe_client(const struct reservation *r, char out[CHANGE_WHO_MAX])
{
    static const struct {
        enum client_mark mark;
        const char *name;
        char separator;
    } marks[] = {
        {CLIENT_MARK_HARDWARE,    "",              ':'},
        { CLIENT_MARK_ID,         "client id ",    0  },
        { CLIENT_MARK_DUID,       "DUID ",         0  },
        { CLIENT_MARK_CIRCUIT_ID, "circuit id 0x", 0  },
        { CLIENT_MARK_REMOTE_ID,  "remote id 0x",  0  },
    };
    struct client_identity client = client_identity_of_reservation(r);
    size_t at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < ARRAY_LENGTH(marks) && at < CHANGE_WHO_MAX; i++) {
        struct bytes value = client.marks[marks[i].mark];
        char hex[64];

        if (value.n > 0) {
            at += (size_t)snprintf(
                out + at,
                CHANGE_WHO_MAX - at,
                "%s%s%s",
                at == 0 ? "" : " and ",
                marks[i].name,
                bytes_format_hex(value, marks[i].separator, hex, sizeof hex));
        }
    }
    return out;
}

/* " (reservation 00...1)", or where else it is. */
static const char *where_is(uint64_t id, char out[64])
{
    if (id == 0) {
        (void)snprintf(out, 64, "by the settings; change it there and apply them");
    } else {
        (void)snprintf(out, 64, "by reservation %016" PRIx64, id);
    }
    return out;
}

/* The address, or the client, is reserved already. */
static void explain_reserved(
    const struct kept_reservation *row, const struct reservation_verdict *v, char *detail)
{
    bool is_address = v->fault == RESERVATION_ADDRESS_RESERVED;
    bool has_address = !ip4_is_any(v->other->address);
    char address[IP4_TEXT_MAX];
    char who[CHANGE_WHO_MAX];
    char where[64];
    const char *what = has_address ? ip4_format(v->other->address, address) : "its options";

    (void)change_describe_client(is_address ? v->other : &row->value, who);
    (void)snprintf(
        detail,
        CALL_DETAIL_MAX,
        "%s %s %s %s",
        is_address ? what : who,
        is_address ? "is reserved for" : "has in this subnet reserved",
        is_address ? who : what,
        where_is(v->other_id, where));
}

static void explain_leased(const struct reservation_verdict *v, char *detail)
{
    const struct lease *l = &v->lease;
    char address[IP4_TEXT_MAX];
    char until[INSTANT_TEXT_MAX];
    char key[64];

    (void)snprintf(
        detail,
        CALL_DETAIL_MAX,
        "%s is held by client %s until %s; choose another address, or end that lease first",
        ip4_format(l->address, address),
        bytes_format_hex(l->hw_address.n > 0 ? l->hw_address : l->client_key, ':', key, sizeof key),
        instant_format(l->held_until, until));
}

void change_explain_verdict(
    const struct kept_reservation *row,
    const struct reservation_verdict *v,
    char detail[CALL_DETAIL_MAX])
{
    bool has_address = !ip4_is_any(row->value.address);
    char address[IP4_TEXT_MAX];

    switch (v->fault) {
    case RESERVATION_FITS:
        (void)snprintf(detail, CALL_DETAIL_MAX, "the state has changed meanwhile; try again");
        break;
    case RESERVATION_NO_SUBNET:
        (void)snprintf(
            detail,
            CALL_DETAIL_MAX,
            "%s is in no subnet of the settings; add the subnet there first",
            ip4_format(has_address ? row->value.address : ip4_of(row->subnet_id), address));
        break;
    case RESERVATION_UNSOUND:
        (void)snprintf(detail, CALL_DETAIL_MAX, "%s", v->text);
        break;
    case RESERVATION_TOO_MANY:
        (void)snprintf(
            detail,
            CALL_DETAIL_MAX,
            "there are %d reservations of commands; remove some, or put them into the settings",
            RESERVATIONS_MAX);
        break;
    case RESERVATION_ADDRESS_RESERVED:
    case RESERVATION_CLIENT_RESERVED:
        explain_reserved(row, v, detail);
        break;
    case RESERVATION_ADDRESS_LEASED:
        explain_leased(v, detail);
        break;
    }
}

void change_explain_misfit(
    const struct network_map *fresh,
    const struct reservation_table *kept,
    char detail[CALL_DETAIL_MAX])
{
    struct reservation_verdict verdict;
    unsigned cursor = 0;
    const struct kept_reservation *row = reservation_misfit(fresh, kept, &cursor, &verdict);
    char why[CALL_DETAIL_MAX] = "";

    if (row != NULL) {
        change_explain_verdict(row, &verdict, why);
        (void)snprintf(
            detail,
            CALL_DETAIL_MAX,
            "reservation %016" PRIx64 ", made by a command, does not go with these settings: "
            "%.200s. Remove it or change the settings",
            row->id,
            why);
    }
}

/* --- answers --- */

json_t *problem_list(const struct config_problems *problems)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < problems_kept(problems); i++) {
        const struct config_problem *p = &problems->list[i];

        (void)json_array_append_new(
            list,
            json_pack(
                "{s:I, s:I, s:o}",
                "line",
                (json_int_t)p->at.line,
                "column",
                (json_int_t)p->at.column,
                "text",
                rows_text(p->text)));
    }
    return json_pack("{s:o, s:I}", "problems", list, "count", (json_int_t)problems->n);
}

static unsigned status_of(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_DONE:
        return MHD_HTTP_OK;
    case OUTCOME_STALE:
        return MHD_HTTP_PRECONDITION_FAILED;
    case OUTCOME_CONFLICT:
        return MHD_HTTP_CONFLICT;
    case OUTCOME_UNKNOWN:
        return MHD_HTTP_NOT_FOUND;
    case OUTCOME_OVERLOADED:
    case OUTCOME_TIMEOUT:
    case OUTCOME_REPEATED:
        return MHD_HTTP_SERVICE_UNAVAILABLE;
    case OUTCOME_UNAVAILABLE:
    case OUTCOME_RESERVED:
    case OUTCOME_TAKEN:
    case OUTCOME_DECLINED:
    case OUTCOME_BLOCKED:
    case OUTCOME_INVALID:
    case OUTCOME_LIMITED:
        break;
    }
    return MHD_HTTP_UNPROCESSABLE_CONTENT;
}

static const char *detail_of(const struct call *call)
{
    if (call->detail[0] != '\0') {
        return call->detail;
    }
    if (!call->has_majority) {
        return "no majority of the nodes can be reached";
    }
    switch (call->result.outcome) {
    case OUTCOME_STALE:
        return "somebody else has changed it; look at it and try again";
    case OUTCOME_OVERLOADED:
    case OUTCOME_TIMEOUT:
    case OUTCOME_REPEATED:
        return "no result in time; the change may still come into force: look before you try again";
    case OUTCOME_DONE:
    case OUTCOME_UNAVAILABLE:
    case OUTCOME_RESERVED:
    case OUTCOME_TAKEN:
    case OUTCOME_DECLINED:
    case OUTCOME_BLOCKED:
    case OUTCOME_UNKNOWN:
    case OUTCOME_INVALID:
    case OUTCOME_CONFLICT:
    case OUTCOME_LIMITED:
        break;
    }
    return outcome_text(call->result.outcome);
}

static json_t *done(const struct call *call, uint64_t version)
{
    char instant[INSTANT_TEXT_MAX];
    json_t *lagging = json_array();

    for (unsigned i = 0; i < call->n_lagging; i++) {
        (void)json_array_append_new(lagging, json_integer(call->lagging[i]));
    }

    json_t *body = json_pack(
        "{s:I, s:I, s:s, s:o}",
        "version",
        (json_int_t)version,
        "index",
        (json_int_t)call->result.index,
        "applied_at",
        instant_format(call->result.at, instant),
        "lagging",
        lagging);

    if (call->command.kind == COMMAND_REVOKE_LEASE) {
        (void)json_object_set_new(
            body, "free_at", json_string(instant_format(call->result.held_until, instant)));
    }
    if (call->id != 0) {
        (void)json_object_set_new(
            body, "id", json_sprintf("%016llx", (unsigned long long)call->id));
    }
    return body;
}

void answer_change(
    const struct http_request *request, struct http_answer *answer, struct call *call_take)
{
    struct call *call = ask(request, call_take, CALL_WAIT_MS, answer);

    if (call != NULL && call->result.outcome == OUTCOME_DONE) {
        answer->etag = call->version != 0 ? call->version : call->result.index;
        http_answer_json(answer, MHD_HTTP_OK, done(call, answer->etag));
    } else if (call != NULL) {
        http_problem(
            answer,
            status_of(call->result.outcome),
            detail_of(call),
            json_pack(
                "{s:s, s:b}",
                "outcome",
                outcome_name(call->result.outcome),
                "majority",
                call->has_majority));
    }
    (void)call_free(call);
}

bool read_if_match(
    const struct http_request *request, struct http_answer *answer, uint64_t *ret_version)
{
    const char *etag = http_header(request, MHD_HTTP_HEADER_IF_MATCH);
    char digits[24] = "";
    size_t n = etag == NULL ? 0 : strlen(etag);
    bool is_good = n >= 3 && n <= sizeof digits && etag[0] == '"' && etag[n - 1] == '"';

    if (etag == NULL || strcmp(etag, "*") == 0) {
        *ret_version = UINT64_MAX;
        return true;
    }
    if (is_good) {
        memcpy(digits, etag + 1, n - 2);
        is_good = values_parse_number(digits, UINT64_MAX - 1, ret_version);
    }
    if (!is_good) {
        http_problem(
            answer, MHD_HTTP_BAD_REQUEST, "If-Match must be the ETag of an earlier answer", NULL);
    }
    return is_good;
}
