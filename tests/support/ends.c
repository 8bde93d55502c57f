#include "support/ends.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "support/certificates.h"
#include "support/files.h"
#include "support/test.h"

char ends_folder[FOLDER_PATH_MAX];
const char *ends_pki, *ends_other_pki;

struct end dialler, acceptor;

int ends_make(void **state)
{
    (void)state;
    folder_make(ends_folder);
    ends_pki = strdup(file_in(ends_folder, "pki"));
    ends_other_pki = strdup(file_in(ends_folder, "other"));
    certificates_make(ends_pki, "office");
    certificates_make(ends_other_pki, "office");
    for (uint32_t node = 1; node <= 3; node++) {
        certificates_issue(ends_pki, node, -1, 60);
    }
    certificates_issue(ends_other_pki, 1, -1, 60);
    return 0;
}

int ends_remove(void **state)
{
    (void)state;
    free((void *)(uintptr_t)ends_pki);
    free((void *)(uintptr_t)ends_other_pki);
    folder_remove(ends_folder);
    return 0;
}

void end_open(struct end *e, const struct tls_config *config, uint32_t dials)
{
    *e = (struct end){ .outcome = 0 };
    assert_int_equal(tls_new(&e->tls, config), 0);
    assert_int_equal(tls_session_new(&e->session, e->tls, dials), 0);
}

void end_close(struct end *e)
{
    e->session = tls_session_free(e->session);
    e->tls = tls_free(e->tls);
    free(e->plain);
    *e = (struct end){ .outcome = 0 };
}

int ends_fresh(void **state)
{
    struct tls_config one = certificates_of(ends_pki, "office", 1, 1);
    struct tls_config two = certificates_of(ends_pki, "office", 2, 2);

    (void)state;
    end_open(&dialler, &one, 2);
    end_open(&acceptor, &two, 0);
    return 0;
}

int ends_done(void **state)
{
    (void)state;
    end_close(&dialler);
    end_close(&acceptor);
    return 0;
}

void end_hear(struct end *e, struct bytes sealed)
{
    uint8_t room[4096];
    size_t n = 1;

    while (e->outcome == 0 && n > 0) {
        e->outcome = tls_session_read(e->session, &sealed, room, sizeof room, &n);
        if (e->outcome == 0 && n > 0) {
            e->plain = realloc(e->plain, e->n + n);
            assert_non_null(e->plain);
            memcpy(e->plain + e->n, room, n);
            e->n += n;
        }
    }
}

/* Carries what @from has to say to @to. Returns how many bytes that were. */
size_t end_carry(struct end *from, struct end *to)
{
    size_t n = 0;
    uint8_t *output = tls_session_take_output(from->session, &n);

    if (output != NULL) {
        end_hear(to, bytes_of(output, n));
        free(output);
    }
    return n;
}

void ends_carry_all(void)
{
    while (end_carry(&dialler, &acceptor) + end_carry(&acceptor, &dialler) > 0) {
    }
}

void ends_shake_hands(void)
{
    assert_int_equal(tls_session_begin(dialler.session), 0);
    ends_carry_all();
}

void end_say(struct end *e, const char *text)
{
    assert_int_equal(tls_session_write(e->session, bytes_of_text(text)), 0);
}

void end_assert_heard(const struct end *e, const char *text)
{
    assert_int_equal(e->outcome, 0);
    assert_int_equal(e->n, strlen(text));
    assert_memory_equal(e->plain, text, e->n);
}

void end_assert_refused(const struct end *e, int outcome, const char *because)
{
    assert_int_equal(e->outcome, outcome);
    print_message("%s\n", tls_session_reason(e->session));
    assert_non_null(strstr(tls_session_reason(e->session), because));
    assert_int_equal(e->n, 0);
}

void ends_come_with(const struct tls_config *config)
{
    end_close(&dialler);
    end_open(&dialler, config, 2);
    ends_shake_hands();
}
