#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "proto/peer_codec.h"
#include "replication/peer/frame.h"
#include "support/certificates.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/mesh_pair.h"
#include "support/test.h"

/* The mesh over TLS, and those who knock at its port. */
static char folder[FOLDER_PATH_MAX];
static char *pki, *other_pki;

static int make_all(void **state)
{
    (void)state;
    folder_make(folder);
    pki = strdup(file_in(folder, "pki"));
    other_pki = strdup(file_in(folder, "other"));
    certificates_make(other_pki, "test");
    certificates_issue(other_pki, 1, -1, 60);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    free(pki);
    free(other_pki);
    folder_remove(folder);
    return 0;
}

static void start_with(unsigned i, uint64_t boot_id, const char *ca)
{
    struct tls_config config = certificates_of(ca, "test", i + 1, i + 1);

    pair_start(i, boot_id, &config);
}

static int fresh(void **state)
{
    (void)state;
    certificates_make(pki, "test");
    for (uint32_t node = 1; node <= 3; node++) {
        certificates_issue(pki, node, -1, 60);
    }
    pair_open();
    start_with(0, 1, pki);
    start_with(1, 1, pki);
    pair_run_until_up();
    return 0;
}

static int done(void **state)
{
    (void)state;
    pair_stop(0);
    pair_stop(1);
    return pair_close();
}

static const struct mesh_counters *counters(void)
{
    return mesh_counters(pair_nodes[1].mesh);
}

/* ---- Peers */

TEST(peers_talk_over_tls_in_both_directions)
{
    assert_int_equal(pair_nodes[0].n_ups, 1);
    assert_int_equal(pair_nodes[1].n_ups, 1);
    pair_assert_serving();
}

static bool are_many_received(void)
{
    return pair_nodes[1].n_received == 1000;
}

TEST(messages_of_one_turn_all_arrive)
{
    struct peer_message m = pair_some_status();

    for (unsigned i = 0; i < 1000; i++) {
        mesh_send(pair_nodes[0].mesh, 2, &m);
    }
    assert_true(pair_run_until(10000, are_many_received));
    assert_int_equal(mesh_counters(pair_nodes[0].mesh)->dropped_messages, 0);
}

static bool is_remade(void)
{
    return pair_nodes[0].n_ups > 1 && mesh_is_up(pair_nodes[0].mesh, 2) &&
           mesh_is_up(pair_nodes[1].mesh, 1);
}

TEST(a_renewed_certificate_is_taken_and_the_connection_made_anew)
{
    certificates_renew(pki, 1);
    mesh_reload(pair_nodes[0].mesh);
    assert_true(pair_run_until(10000, is_remade));
    pair_run(2 * MESH_REMAKE_MS);
    assert_int_equal(pair_nodes[0].n_ups, 2);
}

TEST(a_certificate_renewed_at_the_other_end_is_seen_too)
{
    certificates_renew(pki, 2);
    mesh_reload(pair_nodes[1].mesh);
    assert_true(pair_run_until(10000, is_remade));
}

TEST(a_reload_without_a_change_leaves_the_connection_alone)
{
    mesh_reload(pair_nodes[0].mesh);
    mesh_reload(pair_nodes[1].mesh);
    pair_run(2 * MESH_REMAKE_MS);
    pair_assert_serving();
}

TEST(a_reload_that_finds_half_a_file_leaves_the_connection_alone)
{
    assert_int_equal(truncate(file_in(pki, "node-1.pem"), 50), 0);
    mesh_reload(pair_nodes[0].mesh);
    pair_run(2 * MESH_REMAKE_MS);
    pair_assert_serving();
}

static bool is_down(void)
{
    return !mesh_is_up(pair_nodes[1].mesh, 1);
}

TEST(a_revoked_peer_is_cut_off_and_does_not_come_back)
{
    certificates_revoke(pki, 1);
    mesh_reload(pair_nodes[1].mesh);
    assert_true(pair_run_until(100, is_down));
    pair_run(3 * MESH_REFUSED_RETRY_MS);
    assert_true(is_down());
    assert_true(counters()->refused_certificates >= 2);
    assert_true(mesh_counters(pair_nodes[0].mesh)->refused_by_peers >= 1);
}

TEST(a_peer_under_another_ca_is_refused_at_both_ends)
{
    uint64_t before = counters()->refused_by_peers;

    pair_stop(0);
    start_with(0, 2, other_pki);
    pair_run(2 * MESH_REFUSED_RETRY_MS + 500);
    assert_int_equal(pair_nodes[0].n_ups, 0);
    assert_true(mesh_counters(pair_nodes[0].mesh)->refused_certificates >= 2);
    assert_true(counters()->refused_by_peers > before);
}

TEST(plain_tcp_and_tls_do_not_meet)
{
    pair_stop(0);
    pair_start(0, 2, NULL);
    pair_run(1000);
    assert_int_equal(pair_nodes[0].n_ups, 0);
    assert_true(counters()->refused_garbage >= 1);
}

/* ---- Strangers */

TEST(garbage_is_hung_up_on_and_counted)
{
    static const uint8_t frame[] = { 'L', 'H', 1, 1, 0, 0, 0, 4, 1, 2, 3, 4 };
    int fd = pair_call(pair_ports[1]);

    pair_say(fd, frame, sizeof frame);
    pair_run(50);
    pair_assert_hung_up(fd);
    assert_int_equal(counters()->refused_garbage, 1);
    pair_assert_serving();
}

TEST(a_handshake_that_stops_halfway_ends_after_two_seconds)
{
    struct tls_config config = certificates_of(pki, "test", 3, 3);
    struct tls *tls;
    struct tls_session *session;
    uint8_t *hello;
    size_t n = 0;
    int fd = pair_call(pair_ports[1]);

    assert_int_equal(tls_new(&tls, &config), 0);
    assert_int_equal(tls_session_new(&session, tls, 2), 0);
    assert_int_equal(tls_session_begin(session), 0);
    hello = tls_session_take_output(session, &n);
    pair_say(fd, hello, n);
    pair_run(MESH_HELLO_MS + 200);
    pair_assert_hung_up(fd);
    assert_int_equal(counters()->refused_silent, 1);
    pair_assert_serving();
    free(hello);
    (void)tls_session_free(session);
    (void)tls_free(tls);
}

/* Carries between the session and the socket, until the session is ready and has spoken, and on
 * until the other side has hung up. What it says is at @said. */
static size_t converse(struct tls_session *s, int fd, struct bytes speech, uint8_t said[4096])
{
    uint8_t sealed[8192];
    size_t n_said = 0;
    bool has_spoken = false;

    for (unsigned i = 0; i < 20; i++) {
        size_t n = 0;
        uint8_t *output;
        ssize_t got = recv(fd, sealed, sizeof sealed, MSG_DONTWAIT);
        struct bytes rest = bytes_of(sealed, got > 0 ? (size_t)got : 0);

        while (rest.n > 0 && tls_session_read(s, &rest, said + n_said, 4096 - n_said, &n) == 0) {
            n_said += n;
        }
        if (tls_session_is_ready(s) && !has_spoken) {
            assert_int_equal(tls_session_write(s, speech), 0);
            has_spoken = true;
        }
        output = tls_session_take_output(s, &n);
        if (output != NULL) {
            pair_say(fd, output, n);
            free(output);
        }
        pair_run(10);
    }
    assert_true(has_spoken);
    return n_said;
}

static struct bytes hello_of_node_1(uint8_t out[512])
{
    struct peer_message m = {
        .kind = PEER_HELLO,
        .hello = {.protocol = PEER_PROTOCOL,
                  .cluster = bytes_of_text("test"),
                  .node = 1,
                  .incarnation = 10,
                  .boot_id = 9,
                  .to_node = 2},
    };
    size_t n = peer_encoded_size(&m);

    frame_write_header(out, n);
    (void)peer_encode(&m, out + FRAME_HEADER);
    return bytes_of(out, FRAME_HEADER + n);
}

TEST(a_node_that_says_it_is_another_is_refused_with_a_sentence)
{
    struct tls_config config = certificates_of(pki, "test", 3, 3);
    uint8_t hello[512], said[4096];
    struct peer_decoder *decoder;
    struct tls_session *session;
    struct peer_message m;
    struct tls *tls;
    size_t n;
    int fd = pair_call(pair_ports[1]);

    assert_int_equal(tls_new(&tls, &config), 0);
    assert_int_equal(tls_session_new(&session, tls, 2), 0);
    assert_int_equal(tls_session_begin(session), 0);
    n = converse(session, fd, hello_of_node_1(hello), said);
    assert_true(n > FRAME_HEADER);
    assert_int_equal(peer_decoder_new(&decoder), 0);
    assert_int_equal(peer_decode(decoder, bytes_of(said + FRAME_HEADER, n - FRAME_HEADER), &m), 0);
    assert_int_equal(m.kind, PEER_REFUSAL);
    assert_non_null(memmem(m.refusal.at, m.refusal.n, "shows the certificate of node 3", 31));
    assert_int_equal(counters()->refused_hellos, 1);
    pair_assert_serving();
    (void)peer_decoder_free(decoder);
    (void)tls_session_free(session);
    (void)tls_free(tls);
    assert_int_equal(close(fd), 0);
}

/* A ClientHello that anybody could send. */
static uint8_t *some_client_hello(size_t *ret_n)
{
    struct tls_config config = certificates_of(other_pki, "test", 1, 1);
    struct tls_session *session;
    struct tls *tls;
    uint8_t *hello;

    require(tls_new(&tls, &config) == 0);
    require(tls_session_new(&session, tls, 2) == 0);
    require(tls_session_begin(session) == 0);
    hello = tls_session_take_output(session, ret_n);
    (void)tls_session_free(session);
    (void)tls_free(tls);
    return hello;
}

/* A hundred strangers: a third begins a handshake, a third says nonsense, a third says nothing. */
static void knock(const uint8_t *hello, size_t n)
{
    enum { N = 100 };

    int fds[N];

    for (unsigned i = 0; i < N; i++) {
        fds[i] = pair_call(pair_ports[1]);
        if (i % 3 == 0) {
            pair_say(fds[i], hello, n);
        } else if (i % 3 == 1) {
            pair_say(fds[i], "GET / HTTP/1.1\r\n\r\n", 18);
        }
        if (i % 10 == 9) {
            pair_run(2);
        }
    }
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
    pair_run(10);
}

TEST(two_thousand_refused_connections_leave_no_memory_and_no_descriptor_behind)
{
    enum { SLACK = 64 * 1024 };

    struct rlimit limit = { 4096, 4096 };
    size_t n = 0, before;
    unsigned n_descriptors;
    uint8_t *hello = some_client_hello(&n);

    require(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    knock(hello, n);
    pair_run(200);
    n_descriptors = pair_count_descriptors();
    before = mallinfo2().uordblks;
    for (unsigned i = 0; i < 20; i++) {
        knock(hello, n);
    }
    pair_run(200);
    assert_int_equal(pair_count_descriptors(), n_descriptors);
    assert_in_range(mallinfo2().uordblks, 0, before + SLACK);
    assert_true(counters()->accepted >= 2000);
    assert_true(counters()->refused_garbage >= 100);
    pair_assert_serving();
    free(hello);
}

/* Sooner than the strangers' time is over, so it must have been one of their places. */
TEST(a_peer_gets_in_while_strangers_hold_every_place_with_half_a_handshake)
{
    enum { N = 2 * MESH_STRANGERS_MAX };

    int fds[N];
    size_t n = 0;
    uint8_t *hello = some_client_hello(&n);

    pair_stop(0);
    for (unsigned i = 0; i < N; i++) {
        fds[i] = pair_call(pair_ports[1]);
        pair_say(fds[i], hello, n);
        pair_run(1);
    }
    start_with(0, 2, pki);
    pair_run(MESH_HELLO_MS / 4);
    assert_true(mesh_is_up(pair_nodes[0].mesh, 2));
    assert_true(counters()->refused_strangers >= N - MESH_STRANGERS_MAX);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(close(fds[i]), 0);
    }
    free(hello);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(peers_talk_over_tls_in_both_directions),
        CASE(messages_of_one_turn_all_arrive),
        CASE(a_renewed_certificate_is_taken_and_the_connection_made_anew),
        CASE(a_certificate_renewed_at_the_other_end_is_seen_too),
        CASE(a_reload_without_a_change_leaves_the_connection_alone),
        CASE(a_reload_that_finds_half_a_file_leaves_the_connection_alone),
        CASE(a_revoked_peer_is_cut_off_and_does_not_come_back),
        CASE(a_peer_under_another_ca_is_refused_at_both_ends),
        CASE(plain_tcp_and_tls_do_not_meet),
        CASE(garbage_is_hung_up_on_and_counted),
        CASE(a_handshake_that_stops_halfway_ends_after_two_seconds),
        CASE(a_node_that_says_it_is_another_is_refused_with_a_sentence),
        CASE(two_thousand_refused_connections_leave_no_memory_and_no_descriptor_behind),
        CASE(a_peer_gets_in_while_strangers_hold_every_place_with_half_a_handshake),
    };

    return cmocka_run_group_tests_name("mesh_tls", tests, make_all, remove_all);
}
