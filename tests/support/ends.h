#ifndef TESTS_SUPPORT_ENDS_H
#define TESTS_SUPPORT_ENDS_H

#include "replication/peer/tls.h"
#include "support/folder.h"

/*
 * Ends - two TLS sessions in memory: node 1 dials node 2, and what one says is carried to the other
 * by hand
 */
struct end {
    struct tls *tls;
    struct tls_session *session;
    uint8_t *plain; /* all that has arrived */
    size_t n;
    int outcome;
};

extern struct end dialler, acceptor;
extern char ends_folder[FOLDER_PATH_MAX];     /* for files of a test's own, */
extern const char *ends_pki, *ends_other_pki; /* and two CAs of cluster "office" in it */

/* Setups and teardowns: of the group, and of each test. */
int ends_make(void **state);
int ends_remove(void **state);
int ends_fresh(void **state);
int ends_done(void **state);

void end_open(struct end *e, const struct tls_config *config, uint32_t dials);
void end_close(struct end *e);

void end_say(struct end *e, const char *text);
void end_hear(struct end *e, struct bytes sealed);
size_t end_carry(struct end *from, struct end *to); /* how many bytes @from had to say */
void ends_carry_all(void);
void ends_shake_hands(void);

/* Another dialler, with these files, shakes hands with the acceptor. */
void ends_come_with(const struct tls_config *config);

void end_assert_heard(const struct end *e, const char *text);
void end_assert_refused(const struct end *e, int outcome, const char *because);

#endif
