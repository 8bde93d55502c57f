#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/config/settings_file.h"
#include "server/migrate/import.h"
#include "support/test.h"

/* Each format: a file as it occurs (tests/samples), and what is made of it, to the letter. */

static char *read_sample(const char *name, size_t *ret_n)
{
    char path[512];
    char *text = calloc(1, 65536);
    FILE *in = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", SAMPLES, name);
    in = fopen(path, "rb");
    assert_non_null(in);
    assert_non_null(text);
    *ret_n = fread(text, 1, 65535, in);
    (void)fclose(in);
    return text;
}

static struct plan *import_text(const char *format, struct bytes text)
{
    static const char *const map[] = { "Office LAN=office", "eth0=lab" };
    const struct import_options options = { .charset = "windows-1251", .map = map, .n_map = 2 };
    struct plan *plan = NULL;

    assert_int_equal(plan_new(&plan), 0);
    assert_int_equal(import_format_by_name(format)->read(plan, text, &options), 0);
    return plan;
}

static struct plan *import_sample(const char *format, const char *name)
{
    size_t n = 0;
    char *text = read_sample(name, &n);
    struct plan *plan = import_text(format, bytes_of(text, n));

    free(text);
    return plan;
}

/* The notes as lines "12 left out: ..." */
static bool has_note(
    const struct plan *plan, enum plan_note_kind kind, unsigned line, const char *part)
{
    for (const struct plan_note *n = plan->notes; n != NULL; n = n->next) {
        if (n->kind == kind && n->line == line && strstr(n->text, part) != NULL) {
            return true;
        }
    }
    return false;
}

static void assert_made(const char *format, const char *name, const char *expected_name)
{
    static struct config_problems problems;
    struct settings_file *settings = NULL;
    struct plan *plan = import_sample(format, name);
    size_t n = 0;
    char *expected = read_sample(expected_name, &n);
    char *made = plan_to_yaml(plan);

    assert_int_equal(plan->n_notes[PLAN_PROBLEM], 0);
    assert_string_equal(made, expected);
    memset(&problems, 0, sizeof problems);
    assert_int_equal(settings_file_parse(bytes_of_text(made), &problems, &settings), 0);
    settings = settings_file_free(settings);
    free(made);
    free(expected);
    plan = plan_free(plan);
}

TEST(a_routeros_export_becomes_settings)
{
    assert_made("rsc", "export.rsc", "export.rsc.yaml");
}

TEST(what_routeros_has_alone_is_told_line_by_line)
{
    struct plan *plan = import_sample("rsc", "export.rsc");

    assert_true(has_note(plan, PLAN_LEFT_OUT, 5, "not about DHCP"));
    assert_true(has_note(plan, PLAN_LEFT_OUT, 15, "delay-threshold=10s"));
    assert_true(has_note(plan, PLAN_LEFT_OUT, 30, "disabled"));
    assert_true(has_note(plan, PLAN_LEFT_OUT, 38, "rate-limit"));
    assert_true(has_note(plan, PLAN_LEFT_OUT, 39, "blocked"));
    plan = plan_free(plan);
}

TEST(leases_alone_wait_for_networks_that_exist)
{
    static const char text[] = "/ip dhcp-server lease\nadd address=10.0.0.1 mac-address="
                               "02:00:00:00:00:01 server=x\n";
    struct plan *plan = import_text("rsc", bytes_of_text(text));

    assert_int_equal(plan->n_notes[PLAN_PROBLEM], 0);
    assert_null(plan->networks);
    assert_non_null(plan->loose);
    assert_string_equal(plan->loose->hw_address, "02:00:00:00:00:01");
    plan = plan_free(plan);
}

TEST(a_cut_or_damaged_export_gives_nothing)
{
    static const char *const texts[] = {
        "/ip dhcp-server lease\nadd address=10.0.0.1 comment=\"cut",
        "#error exporting \"/ip/dhcp-server\" (timeout)\n",
        "/ip dhcp-server lease\nadd address=10.0.0.1 mac-address=zz\n",
        "/ip dhcp-server lease\nadd address=10.0.0.1\n",
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct plan *plan = import_text("rsc", bytes_of_text(texts[i]));

        assert_true(plan->n_notes[PLAN_PROBLEM] > 0);
        plan = plan_free(plan);
    }
}

TEST(a_kea_configuration_becomes_settings)
{
    assert_made("kea", "kea.json", "kea.json.yaml");
}

TEST(damaged_json_is_a_problem_with_its_line)
{
    struct plan *plan = import_text("kea", bytes_of_text("{ # a comment\n \"Dhcp4\": { ] }\n"));

    assert_true(has_note(plan, PLAN_PROBLEM, 2, "no JSON"));
    plan = plan_free(plan);
    plan = import_text("kea", bytes_of_text("{\"Dhcp6\": {}}"));
    assert_true(has_note(plan, PLAN_PROBLEM, 0, "Dhcp4"));
    plan = plan_free(plan);
}

TEST(a_dhcpd_conf_becomes_settings)
{
    assert_made("dhcpd", "dhcpd.conf", "dhcpd.conf.yaml");
}

TEST(an_open_block_or_quote_is_a_problem)
{
    static const char *const texts[] = {
        "subnet 10.0.0.0 netmask 255.0.0.0 {\n",   "option domain-name \"open;\n", "}\n",
        "subnet 10.0.0.0 netmask 255.0.0.1 { }\n", "default-lease-time many;\n",
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct plan *plan = import_text("dhcpd", bytes_of_text(texts[i]));

        assert_true(plan->n_notes[PLAN_PROBLEM] > 0);
        plan = plan_free(plan);
    }
}

TEST(a_dnsmasq_configuration_becomes_settings)
{
    assert_made("dnsmasq", "dnsmasq.conf", "dnsmasq.conf.yaml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_routeros_export_becomes_settings),
        cmocka_unit_test(what_routeros_has_alone_is_told_line_by_line),
        cmocka_unit_test(leases_alone_wait_for_networks_that_exist),
        cmocka_unit_test(a_cut_or_damaged_export_gives_nothing),
        cmocka_unit_test(a_kea_configuration_becomes_settings),
        cmocka_unit_test(damaged_json_is_a_problem_with_its_line),
        cmocka_unit_test(a_dhcpd_conf_becomes_settings),
        cmocka_unit_test(an_open_block_or_quote_is_a_problem),
        cmocka_unit_test(a_dnsmasq_configuration_becomes_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
