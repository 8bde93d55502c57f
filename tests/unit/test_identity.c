#include <string.h>

#include "base/own.h"
#include "replication/identity.h"
#include "support/test.h"

static const struct identity some = {
    .cluster = "office",
    .node = 3,
    .incarnation = 0xfedcba9876543210,
    .boot_id = 1764000000000,
    .is_formed = true,
};

TEST(what_is_written_is_read)
{
    char text[IDENTITY_TEXT_MAX];
    size_t n = identity_format(&some, text);
    struct identity id;

    assert_int_equal(identity_parse(bytes_of(text, n), &id), 0);
    assert_string_equal(id.cluster, "office");
    assert_int_equal(id.node, 3);
    assert_true(id.incarnation == some.incarnation);
    assert_true(id.boot_id == some.boot_id);
    assert_true(id.is_formed);
}

TEST(a_file_cut_anywhere_is_unreadable)
{
    char text[IDENTITY_TEXT_MAX];
    size_t n = identity_format(&some, text);
    struct identity id;

    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(identity_parse(bytes_of(text, cut), &id), IDENTITY_UNREADABLE);
    }
}

static const struct {
    const char *text;
    int expected;
} files[] = {
    {"format=2\nwhatever",                                                       IDENTITY_NEWER_FORMAT},
    { "format=0\n",                                                              IDENTITY_UNREADABLE  },
    { "format=one\n",                                                            IDENTITY_UNREADABLE  },
    { "format=1\ncluster=a\nnode=0\nincarnation=1\nboot=1\nformed=0\n",          IDENTITY_UNREADABLE  },
    { "format=1\ncluster=a\nnode=1\nincarnation=0\nboot=1\nformed=0\n",          IDENTITY_UNREADABLE  },
    { "format=1\ncluster=a\nnode=-1\nincarnation=1\nboot=1\nformed=0\n",         IDENTITY_UNREADABLE  },
    { "format=1\ncluster=a\nnode=4294967296\nincarnation=1\nboot=1\nformed=0\n",
     IDENTITY_UNREADABLE                                                                              },
    { "format=1\ncluster=a\nnode=1\nincarnation=1\nboot=1\nformed=2\n",          IDENTITY_UNREADABLE  },
    { "format=1\ncluster=a\nnode=1\nincarnation=1\nboot=1\nformed=0\nmore=1\n",
     IDENTITY_UNREADABLE                                                                              },
    { "format=1\ncluster=a\nnode=1\nincarnation=1\nboot=1\nformed=0\n",          0                    },
};

TEST(only_what_we_write_is_read)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(files); i++) {
        struct identity id;

        print_message("%s\n", files[i].text);
        assert_int_equal(identity_parse(bytes_of_text(files[i].text), &id), files[i].expected);
    }
}

TEST(every_outcome_has_a_sentence_with_the_next_step)
{
    for (int outcome = IDENTITY_OTHER_CLUSTER; outcome <= IDENTITY_NOT_WRITABLE; outcome++) {
        assert_non_null(strchr(identity_outcome_text(outcome), ':'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_file_cut_anywhere_is_unreadable),
        cmocka_unit_test(only_what_we_write_is_read),
        cmocka_unit_test(every_outcome_has_a_sentence_with_the_next_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
