#include <string.h>

#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "server/policy/choose.h"
#include "support/lan.h"
#include "support/packet.h"
#include "support/test.h"

#define TEXT(t) bytes_of((t), sizeof(t) - 1)

enum { SCOPES = 7 };

static const struct class_term local = { .kind = TERM_LOCAL };

static struct lan lan;
static struct network_map *map;
static struct packet packet;
static struct message message;
static struct request request;
static struct class_set classes;
static struct choice choice;
static struct client_class two_classes[2];
static struct option_value values[SCOPES][4];

static int set_up(void **state)
{
    static const struct lease_times unset = {
        .min = { TIMES_UNSET_S },
        .default_ = { TIMES_UNSET_S },
        .max = { TIMES_UNSET_S },
        .headroom = { TIMES_UNSET_S },
    };

    (void)state;
    lan_init(&lan);
    for (unsigned i = 0; i < 2; i++) {
        two_classes[i] = (struct client_class){
            .name = bytes_of_text(i == 0 ? "first" : "second"),
            .n_terms = 1,
            .terms = &local,
            .times = unset,
        };
    }
    lan.settings.classes = two_classes;
    lan.settings.n_classes = 2;
    classes = (struct class_set){ { 3 } };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    map = network_map_free(map);
    return 0;
}

/* A DISCOVER with option 55 @asked (or none), and up to two options more. */
static void client(struct bytes asked, uint8_t code, struct bytes value)
{
    struct message_header h = packet_header();

    packet_start(&packet, &h, MESSAGE_DISCOVER);
    if (asked.n > 0) {
        message_build_option(&packet.w, OPTION_PARAMETER_LIST, asked);
    }
    if (code != 0) {
        message_build_option(&packet.w, code, value);
        message_build_option(&packet.w, OPTION_UUID_GUID, TEXT("\0uuid-of-the-board"));
    }
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, (struct request_origin){ 0 }, &request), 0);
}

static void choose_for(struct ip4 address, bool is_reserved)
{
    struct choose_facts facts = { .request = &request, .classes = &classes, .address = address };

    map = network_map_free(map);
    map = lan_map(&lan);
    assert_non_null(map);
    facts.map = map;
    facts.subnet = network_map_subnet_of(map, address, &facts.network);
    facts.reservation = is_reserved ? &facts.subnet->reservations[0] : NULL;
    choose(&facts, &choice);
}

static const struct reply_option *chosen(uint8_t code)
{
    const struct reply_option *found = NULL;

    for (size_t i = 0; i < choice.n; i++) {
        if (choice.options[i].code == code) {
            assert_null(found); /* each code once */
            found = &choice.options[i];
        }
    }
    return found;
}

static void assert_chosen(uint8_t code, const char *value, bool is_forced)
{
    const struct reply_option *o = chosen(code);

    assert_non_null(o);
    assert_true(bytes_equal(o->value, bytes_of_text(value)));
    assert_int_equal(o->is_forced, is_forced);
}

/* Gives the scope, an index from global to reservation, a root-path that names it. */
static void say(unsigned scope, const char *text)
{
    struct option_list list = { 1, values[scope] };
    struct option_list *of_scope[SCOPES] = {
        &lan.settings.options,        &lan.networks[0].options, &lan.subnets[0].options,
        &lan.pools[0].options,        &two_classes[1].options,  &two_classes[0].options,
        &lan.reservations[0].options,
    };

    values[scope][0] = (struct option_value){ OPTION_ROOT_PATH, false, bytes_of_text(text) };
    *of_scope[scope] = list;
}

TEST(the_more_specific_scope_goes_first)
{
    static const char *const names[SCOPES] = { "global", "network", "subnet",     "pool",
                                               "second", "first",   "reservation" };

    client(TEXT("\21"), 0, TEXT(""));
    for (unsigned scope = 0; scope < SCOPES; scope++) {
        say(scope, names[scope]);
        choose_for(lan_address(1, 100), true);
        assert_chosen(OPTION_ROOT_PATH, names[scope], false);
    }
    choose_for(lan_address(1, 100), false);
    assert_chosen(OPTION_ROOT_PATH, "first", false);
    classes = (struct class_set){ { 2 } };
    choose_for(lan_address(1, 100), false);
    assert_chosen(OPTION_ROOT_PATH, "second", false);
    classes = (struct class_set){ { 0 } };
    choose_for(lan_address(1, 100), false);
    assert_chosen(OPTION_ROOT_PATH, "pool", false);
    choose_for(lan_address(1, 105), false); /* excluded from the pool */
    assert_chosen(OPTION_ROOT_PATH, "subnet", false);
    choose_for(lan_address(2, 100), false);
    assert_chosen(OPTION_ROOT_PATH, "network", false);
}

TEST(boot_fields_come_each_from_the_most_specific_scope_that_says_them)
{
    client(TEXT(""), 0, TEXT(""));
    lan.networks[0].boot = (struct boot_settings){ ip4_of(1), TEXT("net"), TEXT("net.0") };
    lan.subnets[0].boot = (struct boot_settings){ ip4_of(2), { 0 }, { 0 } };
    two_classes[0].boot = (struct boot_settings){ IP4_ANY, { 0 }, TEXT("first.0") };
    two_classes[1].boot = (struct boot_settings){ IP4_ANY, TEXT("second"), TEXT("second.0") };
    choose_for(lan_address(1, 100), false);
    assert_int_equal(choice.boot.next_server.value, 2);
    assert_true(bytes_equal(choice.boot.server_name, TEXT("second")));
    assert_true(bytes_equal(choice.boot.file, TEXT("first.0")));
}

TEST(the_mask_is_the_subnet_s_unless_an_inner_scope_says_another)
{
    client(TEXT("\1\34"), 0, TEXT(""));
    choose_for(lan_address(1, 100), false);
    assert_true(bytes_equal(chosen(OPTION_SUBNET_MASK)->value, TEXT("\xff\xff\xff\0")));
    assert_true(bytes_equal(chosen(OPTION_BROADCAST_ADDRESS)->value, TEXT("\xc0\xa8\1\xff")));
    values[0][0] = (struct option_value){ OPTION_SUBNET_MASK, false, TEXT("\xff\xff\0\0") };
    lan.pools[0].options = (struct option_list){ 1, values[0] };
    choose_for(lan_address(1, 100), false);
    assert_true(bytes_equal(chosen(OPTION_SUBNET_MASK)->value, TEXT("\xff\xff\0\0")));
}

TEST(rule_19_old_windows_gets_classless_routes_by_the_code_it_asks_for)
{
    static const uint8_t route[] = { 0, 192, 168, 1, 1 };
    static const struct option_value routes = {
        OPTION_CLASSLESS_ROUTES, false, {route, sizeof route}
    };

    lan.subnets[0].options = (struct option_list){ 1, &routes };
    client(TEXT("\xf9"), 0, TEXT(""));
    choose_for(lan_address(1, 100), false);
    assert_non_null(chosen(OPTION_MS_ROUTES));
    assert_true(bytes_equal(chosen(OPTION_MS_ROUTES)->value, routes.value));
    client(TEXT("\x79\xf9"), 0, TEXT(""));
    choose_for(lan_address(1, 100), false);
    assert_null(chosen(OPTION_MS_ROUTES));
    assert_non_null(chosen(OPTION_CLASSLESS_ROUTES));
}

/* A PXE ROM takes a boot file at once if it is told to: class, machine and discovery control. */
TEST(rule_65_a_pxe_client_with_a_boot_file_gets_its_class_its_machine_and_discovery_control)
{
    client(TEXT("\1"), OPTION_VENDOR_CLASS, TEXT("PXEClient:Arch:00000:UNDI:002001"));
    lan.subnets[0].boot.file = TEXT("pxelinux.0");
    choose_for(lan_address(1, 100), false);
    assert_chosen(OPTION_VENDOR_CLASS, "PXEClient", true);
    assert_chosen(OPTION_VENDOR_ENCAPSULATED_OPTIONS, "\x06\x01\x08\xff", true);
    assert_true(bytes_equal(chosen(OPTION_UUID_GUID)->value, TEXT("\0uuid-of-the-board")));
    assert_true(chosen(OPTION_UUID_GUID)->is_forced);
    assert_true(bytes_equal(choice.boot.file, TEXT("pxelinux.0")));
}

TEST(rule_65_what_settings_say_of_pxe_goes_before_what_we_make_up)
{
    values[0][0] = (struct option_value){ OPTION_VENDOR_ENCAPSULATED_OPTIONS, false, TEXT("menu") };
    values[0][1] = (struct option_value){ OPTION_BOOT_FILE_NAME, false, TEXT("boot.0") };
    lan.subnets[0].options = (struct option_list){ 2, values[0] };
    client(TEXT("\1"), OPTION_VENDOR_CLASS, TEXT("PXEClient"));
    choose_for(lan_address(1, 100), false);
    assert_chosen(OPTION_VENDOR_ENCAPSULATED_OPTIONS, "menu", true);
    assert_chosen(OPTION_BOOT_FILE_NAME, "boot.0", false);
    assert_chosen(OPTION_VENDOR_CLASS, "PXEClient", true);
}

TEST(rule_65_without_a_boot_file_nobody_takes_us_for_a_boot_server)
{
    client(TEXT("\1"), OPTION_VENDOR_CLASS, TEXT("PXEClient"));
    choose_for(lan_address(1, 100), false);
    assert_null(chosen(OPTION_VENDOR_CLASS));
    assert_null(chosen(OPTION_UUID_GUID));
    lan.subnets[0].boot.file = TEXT("pxelinux.0");
    client(TEXT("\1"), OPTION_VENDOR_CLASS, TEXT("MSFT 5.0"));
    choose_for(lan_address(1, 100), false);
    assert_null(chosen(OPTION_VENDOR_CLASS));
    client(TEXT("\1"), 0, TEXT(""));
    choose_for(lan_address(1, 100), false);
    assert_null(chosen(OPTION_VENDOR_CLASS));
}

TEST(rule_65_an_http_client_gets_its_class_and_the_url_in_option_67)
{
    client(TEXT("\1"), OPTION_VENDOR_CLASS, TEXT("HTTPClient:Arch:00016:UNDI:003001"));
    lan.subnets[0].boot.file = TEXT("http://10.0.0.5/boot.efi");
    choose_for(lan_address(1, 100), false);
    assert_chosen(OPTION_VENDOR_CLASS, "HTTPClient", true);
    assert_chosen(OPTION_BOOT_FILE_NAME, "http://10.0.0.5/boot.efi", true);
    assert_int_equal(choice.boot.file.n, 0);
    lan.subnets[0].boot.file = TEXT("pxelinux.0"); /* it can make nothing of that */
    choose_for(lan_address(1, 100), false);
    assert_null(chosen(OPTION_VENDOR_CLASS));
    assert_null(chosen(OPTION_BOOT_FILE_NAME));
}

static size_t answer(uint8_t *buffer, size_t size)
{
    struct reply reply = {
        .request = &message,
        .type = MESSAGE_ACK,
        .yiaddr = lan_address(1, 100),
        .siaddr = choice.boot.next_server,
        .server_id = lan_address(1, 1),
        .lease = { 600 },
        .file = choice.boot.file,
        .sname = choice.boot.server_name,
        .options = choice.options,
        .n_options = choice.n,
    };
    size_t n = 0;

    assert_int_equal(reply_build(&reply, buffer, size, &n), 0);
    return n;
}

/* Two nodes: two maps of one document, and nothing else that they could differ in. */
TEST(rule_75_settings_request_and_address_alone_decide_what_is_in_a_reply)
{
    uint8_t of_one[1472];
    uint8_t of_other[1472];

    lan.subnets[0].boot.file = TEXT("pxelinux.0");
    say(5, "class");
    client(TEXT("\3\1\6\21\34\52"), OPTION_VENDOR_CLASS, TEXT("PXEClient"));
    choose_for(lan_address(1, 100), true);

    size_t n = answer(of_one, sizeof of_one);

    memset(&choice, 0xa5, sizeof choice);
    choose_for(lan_address(1, 100), true);
    assert_int_equal(answer(of_other, sizeof of_other), n);
    assert_memory_equal(of_one, of_other, n);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_more_specific_scope_goes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            boot_fields_come_each_from_the_most_specific_scope_that_says_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_mask_is_the_subnet_s_unless_an_inner_scope_says_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rule_19_old_windows_gets_classless_routes_by_the_code_it_asks_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rule_65_a_pxe_client_with_a_boot_file_gets_its_class_its_machine_and_discovery_control,
            set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            rule_65_what_settings_say_of_pxe_goes_before_what_we_make_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rule_65_without_a_boot_file_nobody_takes_us_for_a_boot_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rule_65_an_http_client_gets_its_class_and_the_url_in_option_67, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rule_75_settings_request_and_address_alone_decide_what_is_in_a_reply,
            set_up,
            tear_down),
    };

    return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
