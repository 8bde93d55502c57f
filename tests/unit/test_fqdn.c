#include <string.h>

#include "base/own.h"
#include "proto/dhcp/fqdn.h"
#include "proto/dhcp/text.h"
#include "support/random.h"
#include "support/test.h"

#define BYTES(text) text, sizeof(text) - 1

/* Option 81 of a client, and what is read of it: RFC 4702 2.1, 2.3. */
TEST(rule_63_option_81_is_read_in_both_encodings)
{
    static const struct {
        const char *option;
        size_t n;
        const char *name; /* NULL: malformed */
        bool is_complete;
    } rows[] = {
        {BYTES("\4\0\0\2pc\3lab\0"),        "pc.lab", true },
        { BYTES("\4\0\0\2pc\3lab"),         "pc.lab", false},
        { BYTES("\4\0\0\2pc"),              "pc",     false},
        { BYTES("\4\0\0\0"),                "",       true },
        { BYTES("\4\0\0"),                  "",       false},
        { BYTES("\0\0\0pc.lab."),           "pc.lab", true },
        { BYTES("\0\0\0pc.lab"),            "pc.lab", false},
        { BYTES("\0\0\0pc\0junk"),          "pc",     false},
        { BYTES("\0\0\0"),                  "",       false},
        { BYTES("\4\0\0\2pc\0\3lab"),       "pc",     true }, /* nothing behind the root is read */
        { BYTES("\4\0\0\4a.b\0\3lab\0"),    "ab.lab", true }, /* a label stays one label */
        { BYTES("\4\0\0\5$(id)\4<b>\"\0"),  "id.b",   true },
        { BYTES("\4\0\0\3\33[J\0"),         "J",      true },
        { BYTES("\0\0\0p\r\nc=\"x\" \377"), "pcx",    false},
        { BYTES("\4\0\0\3pc"),              NULL,     false}, /* beyond the end */
        { BYTES("\4\0\0\300\0"),            NULL,     false}, /* a pointer */
        { BYTES("\4\0\0\100"),              NULL,     false},
        { BYTES("\4\0"),                    NULL,     false},
        { BYTES(""),                        NULL,     false},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct fqdn f;
        int r = fqdn_parse(bytes_of(rows[i].option, rows[i].n), &f);

        assert_int_equal(r, rows[i].name == NULL ? FQDN_MALFORMED : 0);
        if (rows[i].name != NULL) {
            assert_string_equal(f.name, rows[i].name);
            assert_int_equal(f.is_complete, rows[i].is_complete);
        }
    }
}

/* RFC 4702 4: S, O and N of a server that makes no updates; E is the client's. */
TEST(rule_63_the_flags_of_option_81_are_answered_as_a_server_without_updates_must)
{
    enum { S = FQDN_SERVER_UPDATES, O = FQDN_OVERRIDDEN, E = FQDN_IN_LABELS, N = FQDN_NO_UPDATES };

    static const struct {
        uint8_t asked, answered;
    } rows[] = {
        {0,                N        },
        { S,               N | O    },
        { E,               N | E    },
        { S | E,           N | O | E},
        { N,               N        },
        { N | E,           N | E    },
        { S | N,           N | O    }, /* N counts as 0 beside S */
        { S | N | E,       N | O | E},
        { O,               N        }, /* a client has nothing to override */
        { 0xf0,            N        }, /* must be zero, is not heeded, and is not sent back */
        { 0xff & ~(S | E), N        },
        { 0xff,            N | O | E},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint8_t option[] = { rows[i].asked, 0, 0 };
        uint8_t out[FQDN_ANSWER_MAX];
        struct writer w = writer_of(out, sizeof out);
        struct fqdn f;

        assert_int_equal(fqdn_parse(bytes_of(option, sizeof option), &f), 0);
        fqdn_answer(&f, (struct bytes){ 0 }, &w);
        assert_int_equal(w.n, 3);
        assert_int_equal(out[0], rows[i].answered);
        assert_int_equal(out[1], 255);
        assert_int_equal(out[2], 255);
    }
}

TEST(rule_63_the_name_of_option_81_goes_back_clean_and_as_complete_as_it_came)
{
    static const struct {
        const char *option;
        size_t n;
        const char *given;
        const char *answer; /* without the flags and two octets */
        size_t n_answer;
    } rows[] = {
        {BYTES("\4\0\0\4p\nc!\3lab\0"), "",         BYTES("\2pc\3lab\0")  },
        { BYTES("\4\0\0\2pc"),          "",         BYTES("\2pc")         },
        { BYTES("\4\0\0\0"),            "",         BYTES("")             },
        { BYTES("\0\0\0p c.lab."),      "",         BYTES("pc.lab.")      },
        { BYTES("\0\0\0pc"),            "",         BYTES("pc")           },
        { BYTES("\4\0\0\2pc\3lab\0"),   "desk",     BYTES("\4desk")       },
        { BYTES("\4\0\0"),              "desk",     BYTES("\4desk")       },
        { BYTES("\4\0\0"),              "desk.lab", BYTES("\4desk\3lab\0")},
        { BYTES("\0\0\0pc."),           "desk",     BYTES("desk")         },
        { BYTES("\0\0\0pc"),            "desk.lab", BYTES("desk.lab.")    },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint8_t out[FQDN_ANSWER_MAX];
        struct writer w = writer_of(out, sizeof out);
        struct fqdn f;

        assert_int_equal(fqdn_parse(bytes_of(rows[i].option, rows[i].n), &f), 0);
        fqdn_answer(&f, bytes_of_text(rows[i].given), &w);
        assert_int_equal(w.n, 3 + rows[i].n_answer);
        assert_memory_equal(out + 3, rows[i].answer, rows[i].n_answer);
    }
}

TEST(rule_63_whatever_is_in_option_81_the_name_is_safe_and_the_answer_fits)
{
    uint8_t option[300];
    uint8_t out[FQDN_ANSWER_MAX];
    uint32_t seed = 81;
    struct fqdn f;

    for (int round = 0; round < 20000; round++) {
        size_t n = random_next(&seed) % sizeof option;
        struct writer w = writer_of(out, sizeof out);

        for (size_t i = 0; i < n; i++) {
            option[i] = (uint8_t)(random_next(&seed) % (round % 2 == 0 ? 256 : 64));
        }
        if (fqdn_parse(bytes_of(option, n), &f) == 0) {
            assert_true(f.name[0] == '\0' || text_is_domain(f.name));
            fqdn_answer(&f, (struct bytes){ 0 }, &w);
            assert_false(w.overrun);
        }
    }
}

TEST(rule_63_the_longest_name_of_option_81_is_answered_whole)
{
    uint8_t option[3 + 255] = { FQDN_IN_LABELS };
    uint8_t out[FQDN_ANSWER_MAX];
    struct writer w = writer_of(out, sizeof out);
    struct fqdn f;

    memset(option + 3, 'a', 255);
    for (size_t at = 3; at < 3 + 192; at += 64) {
        option[at] = 63;
    }
    option[3 + 192] = 61;
    option[3 + 254] = 0;
    assert_int_equal(fqdn_parse(bytes_of(option, sizeof option), &f), 0);
    assert_int_equal(strlen(f.name), TEXT_HOST_NAME_MAX - 1);
    fqdn_answer(&f, (struct bytes){ 0 }, &w);
    assert_int_equal(w.n, sizeof option);
    assert_memory_equal(out + 3, option + 3, 255);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_63_option_81_is_read_in_both_encodings),
        cmocka_unit_test(
            rule_63_the_flags_of_option_81_are_answered_as_a_server_without_updates_must),
        cmocka_unit_test(rule_63_the_name_of_option_81_goes_back_clean_and_as_complete_as_it_came),
        cmocka_unit_test(rule_63_whatever_is_in_option_81_the_name_is_safe_and_the_answer_fits),
        cmocka_unit_test(rule_63_the_longest_name_of_option_81_is_answered_whole),
    };

    return cmocka_run_group_tests_name("fqdn", tests, NULL, NULL);
}
