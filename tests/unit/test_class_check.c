#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "storage/network.h"
#include "support/sample_settings.h"
#include "support/test.h"

enum { TERMS = 4 };

static struct sample_settings sample;
static struct class_term terms[CLASSES_MAX][CLASS_TERMS_MAX];
static struct client_class classes[CLASSES_MAX + 1];
static char names[CLASSES_MAX][CLASS_NAME_MAX];

static const struct class_term local = { .kind = TERM_LOCAL };
static const struct lease_times no_times = {
    .min = { TIMES_UNSET_S },
    .default_ = { TIMES_UNSET_S },
    .max = { TIMES_UNSET_S },
    .headroom = { TIMES_UNSET_S },
};

/* Three classes: "class0" and so on, each for locally administered addresses. */
static void set_up_classes(void)
{
    sample_settings_init(&sample);
    for (unsigned i = 0; i < CLASSES_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "class%u", i);
        terms[i][0] = local;
        classes[i] = (struct client_class){
            .name = bytes_of_text(names[i]), .n_terms = 1, .terms = terms[i], .times = no_times
        };
    }
    sample.settings.classes = classes;
    sample.settings.n_classes = 3;
}

static const struct settings_problem *check(unsigned *ret_n)
{
    static struct settings_problem problems[4];

    assert_int_equal(settings_check(&sample.settings, problems, 4, ret_n), 0);
    return problems;
}

/* The settings have one problem: of class @place, with @words in it. */
static void assert_refused(int place, const char *words)
{
    unsigned n = 0;
    const struct settings_problem *p = check(&n);

    if (n != 1 || strstr(p->text, words) == NULL || p->client_class != place) {
        fail_msg("%u problems, of class %d: \"%s\"", n, p->client_class, n == 0 ? "" : p->text);
    }
}

static void assert_accepted(void)
{
    unsigned n = 99;

    (void)check(&n);
    assert_int_equal(n, 0);
}

static void set_terms(const struct class_term *condition, unsigned n)
{
    set_up_classes();
    memcpy(terms[2], condition, n * sizeof *condition);
    classes[2].n_terms = n;
}

#define NUMBER(k, n)                    \
    {                                   \
        .kind = TERM_##k, .number = (n) \
    }
#define VALUE(k, c, n, v)                       \
    {                                           \
        TERM_##k, COMPARISON_##c, (n),          \
        {                                       \
            (const uint8_t *)(v), sizeof(v) - 1 \
        }                                       \
    }

TEST(every_kind_of_condition_is_accepted)
{
    static const struct class_term good[][TERMS] = {
        {NUMBER(LOCAL,         0),          NUMBER(KNOWN, 0),      NUMBER(ANY, 2),      NUMBER(NOT, 0)                     },
        {               NUMBER(CLASS,    1),      NUMBER(ARCHITECTURE, 65535),      NUMBER(LOCAL, 0),      NUMBER(ALL,          3)           },
        { VALUE(OPTION, PRESENT,              60,                       ""),
         VALUE(OPTION,                                                     EQUALS,                                                    254,                                                           ""),
         VALUE(AGENT_INFO, CONTAINS, 255, "x"),
         NUMBER(ALL, 3) },
        {                                                                                                                         VALUE(USER_CLASS,                                                                                                                                      STARTS_WITH, 0,            "iPXE"),
         VALUE(HARDWARE,                                                       PRESENT, 12,         "\x02\x10"),
         VALUE(RELAY, PRESENT, 24, "\x0a\0\0\0"),
         NUMBER(ALL, 3) },
        {                                                                                                                        VALUE(NETWORK,                                                                                                                                PRESENT,                        0,                                  "lan"),                                        NUMBER(NOT,                                     0),                               NUMBER(NOT,                 0), NUMBER(ALL, 1) },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(good); i++) {
        set_terms(good[i], TERMS);
        assert_accepted();
    }
}

TEST(a_term_that_makes_no_sense_is_refused)
{
    static const struct class_term bad[] = {
        NUMBER(ALL, 1), /* of no results */
        NUMBER(ANY, 0),
        NUMBER(NOT, 0),
        VALUE(LOCAL, PRESENT, 0, "x"),
        VALUE(KNOWN, EQUALS, 0, ""),
        NUMBER(ARCHITECTURE, 65536),
        VALUE(OPTION, PRESENT, 0, ""),
        VALUE(OPTION, PRESENT, 255, ""),
        VALUE(OPTION, PRESENT, 60, "x"),
        VALUE(OPTION, CONTAINS, 60, ""),
        VALUE(OPTION, STARTS_WITH, 60, ""),
        VALUE(AGENT_INFO, EQUALS, 256, "x"),
        VALUE(USER_CLASS, EQUALS, 1, "x"),
        VALUE(HARDWARE, PRESENT, 17, "\x02\x10"),
        VALUE(HARDWARE, PRESENT, 0, ""),
        VALUE(HARDWARE, EQUALS, 8, "x"),
        VALUE(RELAY, PRESENT, 33, "\x0a\0\0\0"),
        VALUE(RELAY, PRESENT, 24, "\x0a"),
        VALUE(NETWORK, PRESENT, 0, ""),
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(bad); i++) {
        set_terms(&bad[i], 1);
        assert_refused(2, "term 1 of the condition makes no sense");
    }
}

TEST(a_condition_leaves_one_result)
{
    static const struct class_term two[] = { NUMBER(LOCAL, 0), NUMBER(KNOWN, 0) };
    static const struct class_term too_many[] = { NUMBER(LOCAL, 0), NUMBER(ALL, 2) };

    set_terms(two, 2);
    assert_refused(2, "leaves 2 results");
    set_terms(two, 0);
    assert_refused(2, "leaves 0 results");
    set_terms(too_many, 2);
    assert_refused(2, "term 2 of the condition");
}

TEST(a_condition_names_only_classes_above_its_own)
{
    static const struct class_term self[] = { NUMBER(CLASS, 2) };

    set_terms(self, 1);
    assert_refused(2, "a class that is not above this one");
}

TEST(names_are_good_and_not_used_twice)
{
    set_up_classes();
    classes[1].name = bytes_of_text("Phones");
    assert_refused(1, "the name of a class");
    classes[1].name = classes[0].name;
    assert_refused(1, "there is another class class0");
}

TEST(times_of_a_class_are_in_order_where_it_says_them)
{
    set_up_classes();
    classes[0].times.min = (struct seconds){ 600 };
    assert_accepted();
    classes[0].times.max = (struct seconds){ 599 };
    assert_refused(0, "min <= default <= max");
    classes[0].times.min = (struct seconds){ 0 };
    assert_refused(0, "is 0");
    set_up_classes();
    classes[0].times.headroom = SECONDS_INFINITE;
    assert_refused(0, "headroom");
}

TEST(options_and_boot_fields_of_a_class_and_of_a_pool_are_checked)
{
    static const struct option_value bad[] = { { .code = 255 } };

    set_up_classes();
    classes[1].options = (struct option_list){ 1, bad };
    assert_refused(1, "option 255 cannot be set");
    set_up_classes();
    classes[1].boot.file.n = 128;
    assert_refused(1, "boot file");
    set_up_classes();
    sample.lan_pools[0].options = (struct option_list){ 1, bad };
    assert_refused(-1, "option 255 cannot be set");
}

TEST(a_pool_is_for_classes_that_exist)
{
    set_up_classes();
    class_set_add(&sample.lan_pools[0].classes, 2);
    assert_accepted();
    class_set_add(&sample.lan_pools[0].classes, 3);
    assert_refused(-1, "for a class that does not exist");
}

TEST(there_are_limits_to_classes_and_to_the_terms_of_all)
{
    set_up_classes();
    sample.settings.n_classes = CLASSES_MAX + 1;
    assert_refused(-1, "257 classes");
    set_up_classes();
    sample.settings.n_classes = CLASSES_MAX;
    assert_accepted();
    for (unsigned i = 0; i < SETTINGS_TERMS_MAX / CLASS_TERMS_MAX + 1; i++) {
        classes[i].n_terms = CLASS_TERMS_MAX;
    }
    assert_refused(-1, "conditions of 4351 terms");
}

TEST(a_set_of_classes_is_walked_in_order)
{
    struct class_set s = { .bits = { 0 } };
    struct class_set other = { .bits = { 0 } };

    assert_true(class_set_is_empty(&s));
    assert_int_equal(class_set_next(&s, 0), CLASSES_MAX);
    class_set_add(&s, 255);
    class_set_add(&s, 64);
    class_set_add(&s, 0);
    assert_int_equal(class_set_count(&s), 3);
    assert_int_equal(class_set_next(&s, 0), 0);
    assert_int_equal(class_set_next(&s, 1), 64);
    assert_int_equal(class_set_next(&s, 65), 255);
    assert_int_equal(class_set_next(&s, 256), CLASSES_MAX);
    assert_true(class_set_has(&s, 64));
    assert_false(class_set_has(&s, 63));
    class_set_add(&other, 63);
    assert_false(class_set_meets(&s, &other));
    class_set_add(&other, 255);
    assert_true(class_set_meets(&s, &other));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_condition_is_accepted),
        cmocka_unit_test(a_term_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_condition_leaves_one_result),
        cmocka_unit_test(a_condition_names_only_classes_above_its_own),
        cmocka_unit_test(names_are_good_and_not_used_twice),
        cmocka_unit_test(times_of_a_class_are_in_order_where_it_says_them),
        cmocka_unit_test(options_and_boot_fields_of_a_class_and_of_a_pool_are_checked),
        cmocka_unit_test(a_pool_is_for_classes_that_exist),
        cmocka_unit_test(there_are_limits_to_classes_and_to_the_terms_of_all),
        cmocka_unit_test(a_set_of_classes_is_walked_in_order),
    };

    return cmocka_run_group_tests_name("class_check", tests, NULL, NULL);
}
