#include "server/policy/rogue.h"
#include "support/test.h"

static const struct ip4 own = { 0xc0a84d01 };
static const struct ip4 peer = { 0xc0a84d02 };
static const struct ip4 stranger = { 0xc0a84dfe };
static const struct ip4 fixed = { 0xc0a84d05 };

static const struct serving_view view = {
    .self = 1,
    .n = 2,
    .nodes = {{ 1, true, true, { 0xc0a84d01 } }, { 2, false, false, { 0xc0a84d02 } }},
};

static bool is_stranger(struct ip4 source, struct ip4 server_id)
{
    const struct network network = { .server_id_mode = SERVER_ID_FIXED, .server_id = fixed };
    const struct rogue_reply reply = { .source = source, .server_id = server_id };

    return rogue_is_stranger(&reply, &view, &network, own);
}

TEST(who_is_no_member_is_a_stranger_by_identifier_and_source)
{
    assert_true(is_stranger(stranger, stranger));
    assert_true(is_stranger(stranger, IP4_ANY)); /* a BOOTP server */
    assert_false(is_stranger(own, own));
    assert_false(is_stranger(peer, peer));     /* also when it does not serve */
    assert_false(is_stranger(peer, stranger)); /* what a relay dictated (RFC 5107) */
    assert_false(is_stranger(stranger, peer)); /* a relay has sent it on */
    assert_false(is_stranger(stranger, fixed));
}

TEST(nobody_is_a_stranger_while_a_member_is_unknown)
{
    struct serving_view early = view;
    const struct rogue_reply reply = { .source = stranger, .server_id = stranger };

    assert_true(rogue_is_stranger(&reply, &early, NULL, own));
    early.nodes[1].server_id = IP4_ANY;
    assert_false(rogue_is_stranger(&reply, &early, NULL, own));
}

static struct rogue_reply reply_of(uint32_t server, uint8_t mac)
{
    struct rogue_reply reply = { .source = { server }, .server_id = { server } };

    reply.hardware = (struct hardware){ .type = 1, .n = 6 };
    reply.hardware.address[5] = mac;
    return reply;
}

TEST(each_stranger_is_told_once_an_hour)
{
    CLEANUP(rogues_freep) struct rogues *r = NULL;
    struct rogue_reply one = reply_of(1, 1);
    struct rogue_reply same_address = reply_of(1, 2);
    struct instant now = { 1000 };

    assert_int_equal(rogues_new(&r), 0);
    assert_true(rogues_note(r, &one, now));
    assert_false(rogues_note(r, &one, now));
    assert_true(rogues_note(r, &same_address, now));
    now.ms += ROGUE_SILENCE_MS - 1;
    assert_false(rogues_note(r, &one, now));
    now.ms++;
    assert_true(rogues_note(r, &one, now));
    assert_false(rogues_note(r, &one, now));
}

TEST(more_strangers_than_can_be_remembered_push_out_the_oldest)
{
    CLEANUP(rogues_freep) struct rogues *r = NULL;
    struct instant now = { 1000 };

    assert_int_equal(rogues_new(&r), 0);
    for (uint32_t i = 1; i <= ROGUES_MAX + 1; i++, now.ms++) {
        struct rogue_reply reply = reply_of(i, 1);

        assert_true(rogues_note(r, &reply, now));
    }

    struct rogue_reply second = reply_of(2, 1);
    struct rogue_reply first = reply_of(1, 1);

    assert_false(rogues_note(r, &second, now));
    assert_true(rogues_note(r, &first, now)); /* forgotten, and in the place of the second */
    assert_true(rogues_note(r, &second, now));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_no_member_is_a_stranger_by_identifier_and_source),
        cmocka_unit_test(nobody_is_a_stranger_while_a_member_is_unknown),
        cmocka_unit_test(each_stranger_is_told_once_an_hour),
        cmocka_unit_test(more_strangers_than_can_be_remembered_push_out_the_oldest),
    };

    return cmocka_run_group_tests_name("rogue", tests, NULL, NULL);
}
