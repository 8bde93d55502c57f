#include "proto/dhcp/domain.h"
#include "support/test.h"

static uint8_t buffer[4096];

static struct bytes list_of(const char *const *names, size_t n)
{
    struct writer w = writer_of(buffer, sizeof buffer);

    writer_u8(&w, 0xee); /* what is before the list does not count in offsets */

    struct domain_list list = domain_list_of(&w);

    for (size_t i = 0; i < n; i++) {
        assert_true(domain_list_add(&list, names[i]));
    }
    return bytes_slice(writer_done(&w), 1, w.n);
}

TEST(a_name_is_labels_and_a_zero)
{
    struct writer w = writer_of(buffer, sizeof buffer);

    assert_true(domain_build("eng.example", &w));
    assert_true(bytes_equal(writer_done(&w), bytes_of("\3eng\7example\0", 13)));
    assert_false(domain_build("a..b", &w));
}

TEST(a_tail_written_before_becomes_a_pointer)
{
    static const char *const names[] = { "eng.apple.com", "marketing.apple.com" };
    /* the example of RFC 3397 section 2 */
    static const char expected[] = "\3eng\5apple\3com\0\11marketing\xc0\4";

    assert_true(bytes_equal(list_of(names, 2), bytes_of(expected, sizeof expected - 1)));
}

TEST(a_whole_name_written_before_is_a_pointer_alone_whatever_its_case)
{
    static const char *const names[] = { "a.b", "A.B", "b" };
    static const char expected[] = "\1a\1b\0\xc0\0\xc0\2";

    assert_true(bytes_equal(list_of(names, 3), bytes_of(expected, sizeof expected - 1)));
}

TEST(similar_characters_that_are_no_letters_differ)
{
    static const char *const names[] = { "a-b", "a_b", "a-bc" };
    static const char expected[] = "\3a-b\0\3a_b\0\4a-bc\0";

    assert_true(bytes_equal(list_of(names, 3), bytes_of(expected, sizeof expected - 1)));
}

TEST(more_tails_than_are_remembered_are_written_in_full)
{
    struct writer w = writer_of(buffer, sizeof buffer);
    struct domain_list list = domain_list_of(&w);
    char names[DOMAIN_TAILS_MAX + 1][8] = { "" };

    for (size_t i = 0; i <= DOMAIN_TAILS_MAX; i++) {
        names[i][0] = 'n';
        names[i][1] = (char)('a' + i / 16);
        names[i][2] = (char)('a' + i % 16);
        assert_true(domain_list_add(&list, names[i]));
    }

    size_t n = w.n;

    assert_true(domain_list_add(&list, names[DOMAIN_TAILS_MAX]));
    assert_int_equal(w.n - n, 5);
    n = w.n;
    assert_true(domain_list_add(&list, names[DOMAIN_TAILS_MAX - 1]));
    assert_int_equal(w.n - n, 2);
}

TEST(what_is_no_name_is_refused)
{
    struct writer w = writer_of(buffer, sizeof buffer);
    struct domain_list list = domain_list_of(&w);

    assert_false(domain_list_add(&list, ""));
    assert_false(domain_list_add(&list, "a b"));
    assert_int_equal(w.n, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_labels_and_a_zero),
        cmocka_unit_test(a_tail_written_before_becomes_a_pointer),
        cmocka_unit_test(a_whole_name_written_before_is_a_pointer_alone_whatever_its_case),
        cmocka_unit_test(similar_characters_that_are_no_letters_differ),
        cmocka_unit_test(more_tails_than_are_remembered_are_written_in_full),
        cmocka_unit_test(what_is_no_name_is_refused),
    };

    return cmocka_run_group_tests_name("domain", tests, NULL, NULL);
}
