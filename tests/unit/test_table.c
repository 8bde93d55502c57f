#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/ctl/table.h"
#include "support/test.h"

static const char *const names[] = { "ADDRESS", "HOSTNAME" };

static struct table *two_rows(void)
{
    struct table *t = table_new(names, 2);
    json_t *const first[] = { json_string("10.0.0.1"), json_string("printer") };
    json_t *const second[] = { json_string("10.0.0.20"), json_string("a\x1b[31m, \"b\"") };

    assert_non_null(t);
    assert_true(table_add(t, first));
    assert_true(table_add(t, second));
    for (unsigned i = 0; i < 2; i++) {
        json_decref(first[i]);
        json_decref(second[i]);
    }
    return t;
}

/* What is printed with @width; 1 as width: CSV. The caller frees it. */
static char *printed(const struct table *t, unsigned width)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    assert_non_null(f);
    if (width == 1) {
        table_print_csv(t, f);
    } else {
        table_print(t, f, width);
    }
    assert_int_equal(fclose(f), 0);
    return text;
}

TEST(columns_are_aligned_and_control_bytes_escaped)
{
    struct table *t = two_rows();
    char *text = printed(t, 0);

    assert_string_equal(
        text,
        "ADDRESS    HOSTNAME\n"
        "10.0.0.1   printer\n"
        "10.0.0.20  a\\x1b[31m, \"b\"\n");
    free(text);
    t = table_free(t);
}

TEST(a_narrow_terminal_cuts_the_widest_column)
{
    struct table *t = two_rows();
    char *text = printed(t, 22);

    assert_string_equal(
        text,
        "ADDRESS    HOSTNAME\n"
        "10.0.0.1   printer\n"
        "10.0.0.20  a\\x1b[31...\n");
    free(text);
    t = table_free(t);
}

TEST(csv_quotes_what_needs_it)
{
    struct table *t = two_rows();
    char *text = printed(t, 1);

    assert_string_equal(
        text,
        "ADDRESS,HOSTNAME\r\n"
        "10.0.0.1,printer\r\n"
        "10.0.0.20,\"a\\x1b[31m, \"\"b\"\"\"\r\n");
    free(text);
    t = table_free(t);
}

TEST(numbers_truth_and_nothing_have_a_text)
{
    struct table *t = table_new(names, 2);
    json_t *const row[] = { json_integer(42), json_null() };
    char *text = NULL;

    assert_true(table_add(t, row));
    text = printed(t, 0);
    assert_string_equal(text, "ADDRESS  HOSTNAME\n42       \n");
    free(text);
    json_decref(row[0]);
    t = table_free(t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned_and_control_bytes_escaped),
        cmocka_unit_test(a_narrow_terminal_cuts_the_widest_column),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(numbers_truth_and_nothing_have_a_text),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
