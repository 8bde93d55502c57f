#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/admin/metrics.h"
#include "server/latency.h"
#include "support/test.h"

/* The metrics of a status that is written as JSON; the caller frees the text. */
static char *render(const char *status)
{
    json_t *parsed = json_loads(status, 0, NULL);

    assert_non_null(parsed);

    char *text = metrics_render(parsed);

    json_decref(parsed);
    assert_non_null(text);
    return text;
}

static void assert_line(const char *status, const char *line)
{
    char *text = render(status);
    char whole[256];

    (void)snprintf(whole, sizeof whole, "\n%s\n", line);
    if (strstr(text, whole) == NULL) {
        fail_msg("no line %s in:\n%s", line, text);
    }
    free(text);
}

TEST(a_value_of_the_node_is_a_line_of_its_own)
{
    assert_line("{\"applied_index\": 42}", "leasehold_applied_index 42");
    assert_line("{\"majority\": true}", "leasehold_has_majority 1");
    assert_line("{\"majority\": false}", "leasehold_has_majority 0");
    assert_line("{\"counters\": {\"snapshots_taken\": 3}}", "leasehold_snapshots_taken_total 3");
}

TEST(the_node_says_its_version_and_cluster)
{
    assert_line(
        "{\"node\": 2, \"version\": \"0.1.0\", \"cluster\": \"office\"}",
        "leasehold_up{version=\"0.1.0\",cluster=\"office\",node=\"2\"} 1");
}

TEST(every_object_of_a_list_has_a_line_with_its_labels)
{
    static const char status[] =
        "{\"networks\": [{\"network\": \"lan\", \"interface\": \"eth0\", \"up\": true, \"nodes\": ["
        "{\"node\": 1, \"threshold_ms\": 0}, {\"node\": 2, \"threshold_ms\": 10500}]}]}";

    assert_line(status, "leasehold_link_up{network=\"lan\",interface=\"eth0\"} 1");
    assert_line(status, "leasehold_threshold_seconds{network=\"lan\",node=\"1\"} 0.000");
    assert_line(status, "leasehold_threshold_seconds{network=\"lan\",node=\"2\"} 10.500");
}

TEST(a_negative_time_keeps_its_sign)
{
    assert_line(
        "{\"members\": [{\"node\": 3, \"skew_ms\": -250}]}",
        "leasehold_peer_clock_skew_seconds{node=\"3\"} -0.250");
}

TEST(the_buckets_of_a_histogram_add_up)
{
    static const char status[] =
        "{\"answers\": [{\"from\": \"log\", \"sum_ms\": 1234, \"count\": 6, \"buckets\": ["
        "{\"up_to_ms\": 1, \"count\": 1}, {\"up_to_ms\": 2000, \"count\": 2}, "
        "{\"up_to_ms\": null, \"count\": 3}]}]}";

    assert_line(status, "leasehold_answer_seconds_bucket{from=\"log\",le=\"0.001\"} 1");
    assert_line(status, "leasehold_answer_seconds_bucket{from=\"log\",le=\"2\"} 3");
    assert_line(status, "leasehold_answer_seconds_bucket{from=\"log\",le=\"+Inf\"} 6");
    assert_line(status, "leasehold_answer_seconds_sum{from=\"log\"} 1.234");
    assert_line(status, "leasehold_answer_seconds_count{from=\"log\"} 6");
}

TEST(text_cannot_break_out_of_a_label)
{
    assert_line(
        "{\"pools\": [{\"network\": \"a\\\"} 1\\nx\\\\\", \"subnet\": \"s\", "
        "\"first_address\": \"f\", \"free\": 5}]}",
        "leasehold_pool_free{network=\"a\\\"} 1\\nx\\\\\",subnet=\"s\",first_address=\"f\"} 5");
}

TEST(what_the_status_lacks_is_left_out)
{
    char *text = render(
        "{\"members\": 7, \"networks\": {\"nodes\": []}, \"answers\": [[]], \"version\": 1}");

    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        assert_int_equal(*line, '#');
    }
    free(text);
}

TEST(a_time_is_counted_in_the_first_bucket_that_holds_it)
{
    struct latency l = { .count = 0 };

    latency_note(&l, -1);
    latency_note(&l, 1);
    latency_note(&l, 2);
    latency_note(&l, 5000);
    latency_note(&l, 5001);
    assert_int_equal(l.buckets[0], 2);
    assert_int_equal(l.buckets[1], 1);
    assert_int_equal(l.buckets[LATENCY_BOUNDS - 1], 1);
    assert_int_equal(l.buckets[LATENCY_BOUNDS], 1);
    assert_int_equal(l.count, 5);
    assert_int_equal(l.sum_ms, 10004);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_of_the_node_is_a_line_of_its_own),
        cmocka_unit_test(the_node_says_its_version_and_cluster),
        cmocka_unit_test(every_object_of_a_list_has_a_line_with_its_labels),
        cmocka_unit_test(a_negative_time_keeps_its_sign),
        cmocka_unit_test(the_buckets_of_a_histogram_add_up),
        cmocka_unit_test(text_cannot_break_out_of_a_label),
        cmocka_unit_test(what_the_status_lacks_is_left_out),
        cmocka_unit_test(a_time_is_counted_in_the_first_bucket_that_holds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
