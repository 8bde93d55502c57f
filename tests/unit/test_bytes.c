#include "base/bytes.h"
#include "support/test.h"

TEST(a_slice_stays_inside)
{
    struct bytes b = bytes_of_text("hello");

    assert_true(bytes_equal(bytes_slice(b, 1, 3), bytes_of_text("ell")));
    assert_true(bytes_equal(bytes_slice(b, 3, 99), bytes_of_text("lo")));
    assert_true(bytes_equal(bytes_slice(b, 0, SIZE_MAX), b));
    assert_int_equal(bytes_slice(b, 5, 1).n, 0);
    assert_int_equal(bytes_slice(b, SIZE_MAX, 1).n, 0);
    assert_int_equal(bytes_slice(b, 2, 0).n, 0);
}

TEST(equal_means_same_length_and_same_bytes)
{
    assert_true(bytes_equal(bytes_of_text("ab"), bytes_of_text("ab")));
    assert_false(bytes_equal(bytes_of_text("ab"), bytes_of_text("ac")));
    assert_false(bytes_equal(bytes_of_text("ab"), bytes_of_text("abc")));
    assert_true(bytes_equal(bytes_of_text(""), (struct bytes){ 0 }));
}

TEST(order_is_by_byte_and_a_prefix_comes_first)
{
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("b")) < 0);
    assert_true(bytes_compare(bytes_of_text("b"), bytes_of_text("aa")) > 0);
    assert_true(bytes_compare(bytes_of_text("a"), bytes_of_text("aa")) < 0);
    assert_true(bytes_compare(bytes_of_text("aa"), bytes_of_text("a")) > 0);
    assert_true(bytes_compare(bytes_of_text("\x80"), bytes_of_text("a")) > 0);
    assert_int_equal(bytes_compare(bytes_of_text("aa"), bytes_of_text("aa")), 0);
    assert_true(bytes_compare((struct bytes){ 0 }, bytes_of_text("a")) < 0);
}

TEST(hex_is_lower_case_with_or_without_separator)
{
    struct bytes b = bytes_of("\x01\xab\xff", 3);
    char out[16];

    assert_string_equal(bytes_format_hex(b, '\0', out, sizeof out), "01abff");
    assert_string_equal(bytes_format_hex(b, ':', out, sizeof out), "01:ab:ff");
    assert_string_equal(bytes_format_hex((struct bytes){ 0 }, ':', out, sizeof out), "");
}

TEST(hex_writes_only_what_fits_whole)
{
    struct bytes b = bytes_of("\x01\xab\xff", 3);
    char out[16];

    assert_string_equal(bytes_format_hex(b, ':', out, 9), "01:ab:ff");
    assert_string_equal(bytes_format_hex(b, ':', out, 8), "01:ab");
    assert_string_equal(bytes_format_hex(b, '\0', out, 3), "01");
    assert_string_equal(bytes_format_hex(b, '\0', out, 2), "");
    assert_string_equal(bytes_format_hex(b, '\0', out, 1), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_stays_inside),
        cmocka_unit_test(equal_means_same_length_and_same_bytes),
        cmocka_unit_test(order_is_by_byte_and_a_prefix_comes_first),
        cmocka_unit_test(hex_is_lower_case_with_or_without_separator),
        cmocka_unit_test(hex_writes_only_what_fits_whole),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
