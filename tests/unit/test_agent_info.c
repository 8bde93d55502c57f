#include "proto/dhcp/agent_info.h"
#include "support/test.h"

static const uint8_t circuit_and_link[] = { 1, 3, 'e', 't', 'h', 5, 4, 10, 0, 0, 0 };

TEST(lists_sub_options_in_order)
{
    struct bytes rest = bytes_of(circuit_and_link, sizeof circuit_and_link);
    struct agent_info_item item;

    assert_int_equal(agent_info_next(&rest, &item), 0);
    assert_int_equal(item.code, AGENT_INFO_CIRCUIT_ID);
    assert_true(bytes_equal(item.value, bytes_of_text("eth")));
    assert_int_equal(agent_info_next(&rest, &item), 0);
    assert_int_equal(item.code, AGENT_INFO_LINK_SELECTION);
    assert_int_equal(item.value.n, 4);
    assert_int_equal(agent_info_next(&rest, &item), AGENT_INFO_ABSENT);
}

TEST(finds_one_and_says_when_it_is_absent)
{
    struct bytes option = bytes_of(circuit_and_link, sizeof circuit_and_link);
    struct bytes value;

    assert_int_equal(agent_info_find(option, AGENT_INFO_LINK_SELECTION, &value), 0);
    assert_int_equal(value.at[0], 10);
    assert_int_equal(agent_info_find(option, AGENT_INFO_REMOTE_ID, &value), AGENT_INFO_ABSENT);
    assert_int_equal(agent_info_find((struct bytes){ 0 }, 1, &value), AGENT_INFO_ABSENT);
}

TEST(a_length_past_the_end_is_malformed)
{
    static const uint8_t past[] = { 1, 3, 'e', 't' };
    static const uint8_t code_alone[] = { 1, 1, 'e', 5 };
    struct bytes value;

    assert_int_equal(agent_info_find(bytes_of(past, sizeof past), 5, &value), AGENT_INFO_MALFORMED);
    assert_int_equal(
        agent_info_find(bytes_of(code_alone, sizeof code_alone), 5, &value), AGENT_INFO_MALFORMED);
}

TEST(a_zero_code_is_a_sub_option_and_no_padding)
{
    static const uint8_t zero[] = { 0, 1, 7, 255, 0 };
    struct bytes rest = bytes_of(zero, sizeof zero);
    struct agent_info_item item;

    assert_int_equal(agent_info_next(&rest, &item), 0);
    assert_int_equal(item.code, 0);
    assert_int_equal(item.value.at[0], 7);
    assert_int_equal(agent_info_next(&rest, &item), 0);
    assert_int_equal(item.code, 255);
    assert_int_equal(item.value.n, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_sub_options_in_order),
        cmocka_unit_test(finds_one_and_says_when_it_is_absent),
        cmocka_unit_test(a_length_past_the_end_is_malformed),
        cmocka_unit_test(a_zero_code_is_a_sub_option_and_no_padding),
    };

    return cmocka_run_group_tests_name("agent_info", tests, NULL, NULL);
}
