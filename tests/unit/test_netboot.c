#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "proto/dhcp/message_build.h"
#include "proto/dhcp/option.h"
#include "server/config/settings_file.h"
#include "server/policy/choose.h"
#include "server/policy/classify.h"
#include "support/packet.h"
#include "support/test.h"

/* The recipe of docs/NETBOOT.md, for each kind of client that it speaks of. */

static struct network_map *map;

static void read_page(char *text, size_t size)
{
    FILE *page = fopen(NETBOOT_PAGE, "r");

    assert_non_null(page);
    text[fread(text, 1, size - 1, page)] = '\0';
    assert_int_equal(fclose(page), 0);
}

static int set_up(void **state)
{
    static struct config_problems problems;
    struct settings_document *document = NULL;
    struct settings_file *file = NULL;
    char text[16384];

    (void)state;
    read_page(text, sizeof text);

    char *recipe = strstr(text, "```yaml\n");

    assert_non_null(recipe);
    recipe += strlen("```yaml\n");
    *strstr(recipe, "```") = '\0';
    assert_int_equal(settings_file_parse(bytes_of_text(recipe), &problems, &file), 0);
    assert_int_equal(settings_decode(file->encoded, &document), 0);
    (void)settings_file_free(file);
    return network_map_new(&map, document, 1);
}

static int tear_down(void **state)
{
    (void)state;
    map = network_map_free(map);
    return 0;
}

struct client {
    const char *vendor_class, *user_class;
    uint8_t architecture;
};

/* What the client gets to load: option 67, or the file of the header. */
static struct bytes boot_file_of(const struct client *c)
{
    static struct packet packet;
    static struct message message;
    static struct choice choice;
    const uint8_t architecture[] = { 0, c->architecture };
    const struct network *network = &network_map_settings(map)->networks[0];
    struct message_header h = packet_header();
    struct request request;

    packet_start(&packet, &h, MESSAGE_DISCOVER);
    message_build_option(&packet.w, OPTION_VENDOR_CLASS, bytes_of_text(c->vendor_class));
    message_build_option(&packet.w, OPTION_CLIENT_SYSTEM, bytes_of(architecture, 2));
    if (c->user_class != NULL) {
        message_build_option(&packet.w, OPTION_USER_CLASS, bytes_of_text(c->user_class));
    }
    assert_int_equal(message_parse(&message, packet_end(&packet)), 0);
    assert_int_equal(request_of(&message, (struct request_origin){ 0 }, &request), 0);

    struct classify_facts facts = { .request = &request, .network = network->name };
    struct class_set classes = classify(network_map_settings(map), &facts);
    struct choose_facts choosing = {
        .map = map,
        .request = &request,
        .network = network,
        .subnet = &network->subnets[0],
        .classes = &classes,
        .address = network->subnets[0].pools[0].range.first,
    };

    choose(&choosing, &choice);
    for (size_t i = 0; i < choice.n; i++) {
        if (choice.options[i].code == OPTION_BOOT_FILE_NAME) {
            return choice.options[i].value;
        }
    }
    return choice.boot.file;
}

TEST(rule_65_the_recipe_gives_every_kind_of_client_its_file)
{
    static const struct {
        struct client client;
        const char *file;
    } rows[] = {
        {{ "PXEClient:Arch:00000:UNDI:002001", NULL, 0 },    "undionly.kpxe"                    },
        { { "PXEClient:Arch:00007:UNDI:003016", NULL, 7 },   "ipxe.efi"                         },
        { { "PXEClient:Arch:00009:UNDI:003016", NULL, 9 },   "ipxe.efi"                         },
        { { "PXEClient:Arch:00011:UNDI:003016", NULL, 11 },  "ipxe-arm64.efi"                   },
        { { "PXEClient:Arch:00007:UNDI:003016", "iPXE", 7 }, "http://192.168.1.5/boot.ipxe"     },
        { { "PXEClient:Arch:00000:UNDI:002001", "iPXE", 0 }, "http://192.168.1.5/boot.ipxe"     },
        { { "HTTPClient:Arch:00016:UNDI:003001", NULL, 16 }, "http://192.168.1.5/ipxe.efi"      },
        { { "HTTPClient:Arch:00019:UNDI:003001", NULL, 19 }, "http://192.168.1.5/ipxe-arm64.efi"},
        { { "MSFT 5.0", NULL, 0 },                           ""                                 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct bytes file = boot_file_of(&rows[i].client);

        if (!bytes_equal(file, bytes_of_text(rows[i].file))) {
            fail_msg("%s: %.*s", rows[i].client.vendor_class, (int)file.n, (const char *)file.at);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            rule_65_the_recipe_gives_every_kind_of_client_its_file, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("netboot", tests, NULL, NULL);
}
