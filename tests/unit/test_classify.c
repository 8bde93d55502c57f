#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "server/policy/classify.h"
#include "support/packet.h"
#include "support/test.h"

static struct packet packet;
static struct message message;
static struct request request;
static struct classify_facts facts;

static void begin(void)
{
    struct message_header h = packet_header();

    packet_start(&packet, &h, MESSAGE_DISCOVER);
}

static void add(uint8_t code, struct bytes value)
{
    message_build_option(&packet.w, code, value);
}

static void end(void)
{
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, (struct request_origin){ 0 }, &request), 0);
    facts = (struct classify_facts){ .request = &request, .network = bytes_of_text("lan") };
}

#define TEXT(t) bytes_of((t), sizeof(t) - 1)

/* A client that sends one option. */
static void client_with(uint8_t code, struct bytes value)
{
    begin();
    add(code, value);
    end();
}

static bool satisfies(const struct class_term *terms, unsigned n)
{
    const struct client_class class = { .n_terms = n, .terms = terms };
    const struct settings s = { .n_classes = 1, .classes = &class };
    struct class_set set = classify(&s, &facts);

    return class_set_has(&set, 0);
}

static bool is(enum term_kind kind, uint32_t number, enum comparison comparison, const char *value)
{
    struct class_term t = { kind, comparison, number, bytes_of_text(value) };

    return satisfies(&t, 1);
}

TEST(rule_65_a_vendor_class_matches_exactly_or_by_its_start_or_by_a_part)
{
    client_with(OPTION_VENDOR_CLASS, TEXT("PXEClient:Arch:00007"));
    assert_false(is(TERM_OPTION, 60, COMPARISON_EQUALS, "PXEClient"));
    assert_true(is(TERM_OPTION, 60, COMPARISON_EQUALS, "PXEClient:Arch:00007"));
    assert_true(is(TERM_OPTION, 60, COMPARISON_STARTS_WITH, "PXEClient"));
    assert_false(is(TERM_OPTION, 60, COMPARISON_STARTS_WITH, "Arch"));
    assert_true(is(TERM_OPTION, 60, COMPARISON_CONTAINS, "Arch:00007"));
    assert_false(is(TERM_OPTION, 60, COMPARISON_CONTAINS, "Arch:00009"));
    assert_false(is(TERM_OPTION, 60, COMPARISON_STARTS_WITH, "PXEClient:Arch:00007:UNDI"));
    assert_true(is(TERM_OPTION, 60, COMPARISON_PRESENT, ""));
    assert_false(is(TERM_OPTION, 77, COMPARISON_PRESENT, ""));
}

TEST(a_user_class_is_a_list_or_one_text)
{
    client_with(OPTION_USER_CLASS, TEXT("iPXE"));
    assert_true(is(TERM_USER_CLASS, 0, COMPARISON_EQUALS, "iPXE"));
    assert_false(is(TERM_USER_CLASS, 0, COMPARISON_EQUALS, "iPX"));
    client_with(OPTION_USER_CLASS, TEXT("\4iPXE\3lab"));
    assert_true(is(TERM_USER_CLASS, 0, COMPARISON_EQUALS, "iPXE"));
    assert_true(is(TERM_USER_CLASS, 0, COMPARISON_STARTS_WITH, "la"));
    assert_false(is(TERM_USER_CLASS, 0, COMPARISON_EQUALS, "iPXElab"));
    client_with(OPTION_USER_CLASS, TEXT("\4iPXE\7cut"));
    assert_true(is(TERM_USER_CLASS, 0, COMPARISON_EQUALS, "iPXE"));
    assert_false(is(TERM_USER_CLASS, 0, COMPARISON_EQUALS, "cut"));
    client_with(OPTION_HOST_NAME, TEXT("iPXE"));
    assert_false(is(TERM_USER_CLASS, 0, COMPARISON_PRESENT, ""));
}

TEST(rule_65_the_architecture_is_one_of_a_list_of_16_bit_numbers)
{
    client_with(OPTION_CLIENT_SYSTEM, TEXT("\0\7\0\x10"));
    assert_true(is(TERM_ARCHITECTURE, 7, COMPARISON_PRESENT, ""));
    assert_true(is(TERM_ARCHITECTURE, 16, COMPARISON_PRESENT, ""));
    assert_false(is(TERM_ARCHITECTURE, 0, COMPARISON_PRESENT, ""));
    client_with(OPTION_CLIENT_SYSTEM, TEXT("\0\7\0"));
    assert_false(is(TERM_ARCHITECTURE, 7, COMPARISON_PRESENT, ""));
    client_with(OPTION_HOST_NAME, TEXT("x"));
    assert_false(is(TERM_ARCHITECTURE, 0, COMPARISON_PRESENT, ""));
}

TEST(hardware_matches_by_its_first_octets_or_bits)
{
    client_with(OPTION_HOST_NAME, TEXT("x")); /* 02:00:00:00:00:01 */
    assert_true(is(TERM_HARDWARE, 8, COMPARISON_PRESENT, "\x02"));
    assert_false(is(TERM_HARDWARE, 8, COMPARISON_PRESENT, "\x03"));
    assert_true(is(TERM_HARDWARE, 7, COMPARISON_PRESENT, "\x03"));
    assert_false(is(TERM_HARDWARE, 7, COMPARISON_PRESENT, "\x06"));
    assert_true(is(TERM_LOCAL, 0, COMPARISON_PRESENT, ""));

    struct class_term whole = { TERM_HARDWARE, COMPARISON_PRESENT, 48, TEXT("\2\0\0\0\0\1") };
    struct class_term longer = { TERM_HARDWARE, COMPARISON_PRESENT, 56, TEXT("\2\0\0\0\0\1\0") };

    assert_true(satisfies(&whole, 1));
    assert_false(satisfies(&longer, 1));
    message.header.hardware.address[0] = 0x08;
    assert_false(is(TERM_LOCAL, 0, COMPARISON_PRESENT, ""));
    message.header.hardware.address[0] = 0x02;
    message.header.hardware.type = 6;
    assert_false(is(TERM_LOCAL, 0, COMPARISON_PRESENT, ""));
}

TEST(what_a_relay_says_is_compared_by_sub_option)
{
    client_with(OPTION_AGENT_INFO, TEXT("\1\4port\2\0"));
    assert_true(is(TERM_AGENT_INFO, 1, COMPARISON_EQUALS, "port"));
    assert_true(is(TERM_AGENT_INFO, 2, COMPARISON_PRESENT, ""));
    assert_true(is(TERM_AGENT_INFO, 2, COMPARISON_EQUALS, ""));
    assert_false(is(TERM_AGENT_INFO, 2, COMPARISON_CONTAINS, "p"));
    assert_false(is(TERM_AGENT_INFO, 6, COMPARISON_PRESENT, ""));
    request.agent_info = TEXT("\6\1x"); /* of the lease that it renews */
    assert_true(is(TERM_AGENT_INFO, 6, COMPARISON_EQUALS, "x"));
}

TEST(the_relay_the_network_and_a_reservation_are_facts)
{
    struct class_term relay = { TERM_RELAY, COMPARISON_PRESENT, 8, TEXT("\x0a\0\0\0") };
    struct class_term any = { TERM_RELAY, COMPARISON_PRESENT, 0, TEXT("\0\0\0\0") };

    client_with(OPTION_HOST_NAME, TEXT("x"));
    assert_false(satisfies(&any, 1));
    assert_false(is(TERM_KNOWN, 0, COMPARISON_PRESENT, ""));
    facts.relay = ip4_of(0x0a010203);
    facts.is_known = true;
    assert_true(satisfies(&relay, 1));
    assert_true(satisfies(&any, 1));
    assert_true(is(TERM_KNOWN, 0, COMPARISON_PRESENT, ""));
    assert_true(is(TERM_NETWORK, 0, COMPARISON_PRESENT, "lan"));
    assert_false(is(TERM_NETWORK, 0, COMPARISON_PRESENT, "guest"));
    facts.relay = ip4_of(0x0b010203);
    assert_false(satisfies(&relay, 1));
}

/* T: true for the client of the test, F: false; & and | of the last two, ! of the last. */
static bool value_of(const char *condition)
{
    struct class_term terms[CLASS_TERMS_MAX];
    unsigned n = 0;

    for (; condition[n] != '\0'; n++) {
        switch (condition[n]) {
        case 'T':
            terms[n] = (struct class_term){ .kind = TERM_LOCAL };
            break;
        case 'F':
            terms[n] = (struct class_term){ .kind = TERM_KNOWN };
            break;
        case '&':
            terms[n] = (struct class_term){ .kind = TERM_ALL, .number = 2 };
            break;
        case '|':
            terms[n] = (struct class_term){ .kind = TERM_ANY, .number = 2 };
            break;
        default:
            terms[n] = (struct class_term){ .kind = TERM_NOT };
        }
    }
    return satisfies(terms, n);
}

TEST(and_or_and_not_are_combined_in_any_way)
{
    client_with(OPTION_HOST_NAME, TEXT("x"));
    assert_true(value_of("T"));
    assert_false(value_of("F"));
    assert_true(value_of("F!"));
    assert_true(value_of("TT&"));
    assert_false(value_of("TF&"));
    assert_false(value_of("FT&"));
    assert_true(value_of("TF|"));
    assert_true(value_of("FT|"));
    assert_false(value_of("FF|"));
    assert_false(value_of("TF|F&"));
    assert_true(value_of("TTF|&"));
    assert_true(value_of("TFF&!&"));
    assert_false(value_of("TT&!"));
}

TEST(a_condition_of_the_greatest_size_is_judged)
{
    struct class_term terms[CLASS_TERMS_MAX];

    client_with(OPTION_HOST_NAME, TEXT("x"));
    for (unsigned i = 0; i < CLASS_TERMS_MAX; i++) {
        terms[i] = (struct class_term){ .kind = TERM_LOCAL };
    }
    terms[CLASS_TERMS_MAX - 1] =
        (struct class_term){ .kind = TERM_ALL, .number = CLASS_TERMS_MAX - 1 };
    assert_true(satisfies(terms, CLASS_TERMS_MAX));
    terms[0].kind = TERM_KNOWN;
    assert_false(satisfies(terms, CLASS_TERMS_MAX));
    terms[CLASS_TERMS_MAX - 1].kind = TERM_ANY;
    assert_true(satisfies(terms, CLASS_TERMS_MAX));
}

TEST(a_class_may_be_made_of_those_before_it_and_one_blocked_is_enough)
{
    static const struct class_term local = { .kind = TERM_LOCAL };
    static const struct class_term rest[] = {
        {.kind = TERM_CLASS, .number = 0 },
        { .kind = TERM_NOT                },
    };
    const struct client_class classes[] = {
        {.n_terms = 1,  .terms = &local},
        { .n_terms = 2, .terms = rest,   .is_blocked = true },
        { .n_terms = 1,            .terms = rest              },
    };
    const struct settings s = { .n_classes = 3, .classes = classes };
    struct class_set set;

    client_with(OPTION_HOST_NAME, TEXT("x"));
    set = classify(&s, &facts);
    assert_true(class_set_has(&set, 0));
    assert_false(class_set_has(&set, 1));
    assert_true(class_set_has(&set, 2));
    assert_false(classify_is_blocked(&s, &set));
    message.header.hardware.address[0] = 0x08;
    set = classify(&s, &facts);
    assert_int_equal(class_set_count(&set), 1);
    assert_true(classify_is_blocked(&s, &set));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rule_65_a_vendor_class_matches_exactly_or_by_its_start_or_by_a_part),
        cmocka_unit_test(a_user_class_is_a_list_or_one_text),
        cmocka_unit_test(rule_65_the_architecture_is_one_of_a_list_of_16_bit_numbers),
        cmocka_unit_test(hardware_matches_by_its_first_octets_or_bits),
        cmocka_unit_test(what_a_relay_says_is_compared_by_sub_option),
        cmocka_unit_test(the_relay_the_network_and_a_reservation_are_facts),
        cmocka_unit_test(and_or_and_not_are_combined_in_any_way),
        cmocka_unit_test(a_condition_of_the_greatest_size_is_judged),
        cmocka_unit_test(a_class_may_be_made_of_those_before_it_and_one_blocked_is_enough),
    };

    return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
