#include <stdio.h>
#include <string.h>

#include "base/writer.h"
#include "proto/dhcp/text.h"
#include "server/admin/routes.h"

/* Blocks: clients that get nothing, and addresses that nobody gets. */

void get_blocks(const struct http_request *request, struct http_answer *answer)
{
    answer_list(request, answer, "SELECT * FROM blocks ORDER BY kind, value", "blocks");
}

static bool prepare(struct call *call, const struct admin_sources *sources)
{
    (void)sources; /* the command is made already */
    return call->command.kind == COMMAND_BLOCK || call->command.kind == COMMAND_UNBLOCK;
}

static void explain(struct call *call, const struct admin_sources *sources)
{
    (void)sources;
    if (call->result.outcome == OUTCOME_UNKNOWN) {
        (void)snprintf(call->detail, sizeof call->detail, "there is no such block");
    } else if (call->result.outcome == OUTCOME_INVALID) {
        (void)snprintf(
            call->detail, sizeof call->detail, "there are %d blocks; remove some", BLOCKS_MAX);
    }
}

static const struct call_task block_task = { prepare, explain };

static bool read_value(enum block_kind kind, const char *text, struct writer *out)
{
    struct ip4 address = IP4_ANY;

    if (kind != BLOCK_ADDRESS) {
        return text_parse_hex(text, out);
    }
    writer_u32(out, ip4_parse(text, &address) ? address.value : 0);
    return !ip4_is_any(address);
}

/* Reads kind and value in the path; the value lives in @arena. */
static bool read_subject(
    const struct http_request *request, struct arena *arena, struct block_subject *ret_subject)
{
    uint8_t octets[CLIENT_KEY_MAX];
    struct writer out = writer_of(octets, sizeof octets);

    for (enum block_kind kind = BLOCK_CLIENT_ID; kind <= BLOCK_ADDRESS; kind++) {
        if (strcmp(request->captures[0], block_kind_name(kind)) == 0) {
            bool is_read = read_value(kind, request->captures[1], &out) && !out.overrun;

            *ret_subject = (struct block_subject){ kind, arena_copy(arena, writer_done(&out)) };
            return is_read && block_subject_is_within_limits(ret_subject);
        }
    }
    return false;
}

/* A call for the subject in the path; NULL with @answer filled in when there is none. */
static struct call *new_call(
    const struct http_request *request, struct http_answer *answer, struct block_subject *ret)
{
    struct call *call = call_new(CALL_PROPOSE);

    if (call != NULL && !read_subject(request, &call->arena, ret)) {
        http_problem(
            answer,
            MHD_HTTP_BAD_REQUEST,
            "expected client-id, hw-address, hw-prefix or address, and a value of that kind",
            NULL);
        return call_free(call);
    }
    if (call != NULL) {
        call->task = &block_task;
    }
    return call;
}

/* The body may be empty, or {"comment": "..."}. */
static bool read_comment(const struct http_request *request, struct call *call, struct bytes *ret)
{
    json_t *body = json_loadb((const char *)request->body.at, request->body.n, 0, NULL);
    const char *comment = json_string_value(json_object_get(body, "comment"));
    bool is_good = request->body.n == 0 || json_is_object(body);

    if (comment != NULL) {
        *ret = arena_copy(&call->arena, bytes_of_text(comment));
    }
    json_decref(body);
    return is_good && ret->n <= BLOCK_COMMENT_MAX;
}

void put_block(const struct http_request *request, struct http_answer *answer)
{
    struct block_command block = { .comment = { .n = 0 } };
    struct call *call = new_call(request, answer, &block.subject);
    char author[HTTP_AUTHOR_MAX];

    if (call == NULL) {
        return;
    }
    if (!read_comment(request, call, &block.comment)) {
        http_problem(
            answer,
            MHD_HTTP_BAD_REQUEST,
            "expected nothing, or a JSON object with \"comment\", a text of at most 255 octets",
            NULL);
        (void)call_free(call);
        return;
    }
    block.author = arena_copy(&call->arena, bytes_of_text(http_author(request, author)));
    call->command = (struct command){ .kind = COMMAND_BLOCK, .block = block };
    answer_change(request, answer, call);
}

void delete_block(const struct http_request *request, struct http_answer *answer)
{
    struct unblock_command unblock;
    struct call *call = new_call(request, answer, &unblock.subject);

    if (call != NULL) {
        call->command = (struct command){ .kind = COMMAND_UNBLOCK, .unblock = unblock };
        answer_change(request, answer, call);
    }
}
