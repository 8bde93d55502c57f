#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "fuzz.h"
#include "support/certificates.h"
#include "support/folder.h"

/*
 * Bytes into a TLS session between nodes. The first byte says who speaks, the second how the stream
 * is cut into reads:
 *
 *   0  a stranger without a certificate, to the acceptor
 *   1  whoever answers in place of the node that was dialled
 *   2  someone on the way, after the handshake of two good nodes
 *   3  a node with a good certificate: what it says is sealed, and must arrive as it was said
 */
enum { STRANGER, IMPOSTOR, MEDDLER, PEER, SPEAKERS };

enum { OUTPUT_MAX = 64 * 1024 }; /* of what a stranger can make us say */

static struct tls *nodes[2];

/* Once; the files are gone again when they have been read. */
static void make_nodes(void)
{
    char folder[FOLDER_PATH_MAX];

    log_set_level(LOG_ERROR);
    folder_make(folder);
    certificates_make(folder, "office");
    for (uint32_t i = 0; i < 2; i++) {
        struct tls_config config = certificates_of(folder, "office", i + 1, i + 1);

        certificates_issue(folder, i + 1, -1, 60);
        require(tls_new(&nodes[i], &config) == 0);
    }
    folder_remove(folder);
}

struct listener {
    struct tls_session *session;
    struct bytes expected; /* of plain bytes; what is left of them */
    int outcome;
};

static void hear(struct listener *l, struct bytes sealed)
{
    uint8_t room[4096];
    size_t n = 1;

    while (l->outcome == 0 && n > 0) {
        l->outcome = tls_session_read(l->session, &sealed, room, sizeof room, &n);
        require(l->outcome >= 0 && l->outcome != TLS_REFUSED);
        if (l->outcome == 0) {
            require(bytes_equal(bytes_of(room, n), bytes_slice(l->expected, 0, n)));
            l->expected = bytes_slice(l->expected, n, l->expected.n);
        }
    }
    require(l->outcome == 0 || l->outcome == TLS_ENDED || tls_session_reason(l->session)[0] != 0);
}

/* Carries what @from has to say. */
static size_t carry(struct tls_session *from, struct listener *to)
{
    size_t n = 0;
    uint8_t *output = tls_session_take_output(from, &n);

    if (output != NULL) {
        hear(to, bytes_of(output, n));
        free(output);
    }
    return n;
}

static void drop_output(struct tls_session *s)
{
    size_t n = 0;

    free(tls_session_take_output(s, &n));
    require(n <= OUTPUT_MAX);
}

static void shake_hands(struct listener *dialler, struct listener *acceptor)
{
    require(tls_session_begin(dialler->session) == 0);
    while (carry(dialler->session, acceptor) + carry(acceptor->session, dialler) > 0) {
    }
    require(tls_session_node(dialler->session) == 2 && tls_session_node(acceptor->session) == 1);
}

/* What a peer says goes out in as many writes as it is cut into. */
static void speak(struct listener *from, struct listener *to, struct bytes said, size_t step)
{
    to->expected = said;
    for (size_t at = 0; at < said.n; at += step) {
        require(tls_session_write(from->session, bytes_slice(said, at, step)) == 0);
    }
    (void)carry(from->session, to);
    require(to->outcome == 0 && to->expected.n == 0);
}

static void listen_to(struct listener *l, struct bytes said, size_t step)
{
    for (size_t at = 0; at < said.n && l->outcome == 0; at += step) {
        hear(l, bytes_slice(said, at, step));
        drop_output(l->session);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct listener dialler = { .outcome = 0 }, acceptor = { .outcome = 0 };
    struct bytes said = bytes_slice(bytes_of(data, size), 2, size);
    unsigned speaker = size < 2 ? STRANGER : data[0] % SPEAKERS;
    size_t step = size < 2 ? 1 : (size_t)data[1] * 16 + 1;

    if (nodes[0] == NULL) {
        make_nodes();
    }
    require(tls_session_new(&dialler.session, nodes[0], 2) == 0);
    require(tls_session_new(&acceptor.session, nodes[1], 0) == 0);
    if (speaker == MEDDLER || speaker == PEER) {
        shake_hands(&dialler, &acceptor);
    } else {
        require(tls_session_begin(dialler.session) == 0);
    }
    if (speaker == PEER) {
        speak(&dialler, &acceptor, said, step);
    } else {
        listen_to(speaker == IMPOSTOR ? &dialler : &acceptor, said, step);
    }
    if (speaker == STRANGER) {
        require(!tls_session_is_ready(acceptor.session));
    }
    dialler.session = tls_session_free(dialler.session);
    acceptor.session = tls_session_free(acceptor.session);
    return 0;
}
