#include <string.h>

#include "replication/peer/frame.h"
#include "support/test.h"

static struct frame_reader reader;

static int fresh(void **state)
{
    (void)state;
    frame_reader_init(&reader, 1000000);
    return 0;
}

static int done(void **state)
{
    (void)state;
    frame_reader_deinit(&reader);
    return 0;
}

static void feed(const void *bytes, size_t n)
{
    const uint8_t *from = bytes;

    while (n > 0) {
        uint8_t *at;
        size_t room;

        assert_int_equal(frame_reader_room(&reader, &at, &room), 0);
        room = room < n ? room : n;
        memcpy(at, from, room);
        frame_reader_filled(&reader, room);
        from += room;
        n -= room;
    }
}

static size_t build(uint8_t *out, const void *message, size_t n)
{
    frame_write_header(out, n);
    memcpy(out + FRAME_HEADER, message, n);
    return FRAME_HEADER + n;
}

TEST(a_frame_that_was_written_is_read)
{
    uint8_t bytes[64];
    struct bytes message;

    feed(bytes, build(bytes, "hello", 5));
    assert_int_equal(frame_reader_next(&reader, &message), 0);
    assert_true(bytes_equal(message, bytes_of_text("hello")));
    assert_int_equal(frame_reader_next(&reader, &message), FRAME_MORE);
}

TEST(a_frame_may_come_byte_by_byte)
{
    uint8_t bytes[64];
    size_t n = build(bytes, "hello", 5);
    struct bytes message;

    for (size_t i = 0; i + 1 < n; i++) {
        feed(bytes + i, 1);
        assert_int_equal(frame_reader_next(&reader, &message), FRAME_MORE);
    }
    feed(bytes + n - 1, 1);
    assert_int_equal(frame_reader_next(&reader, &message), 0);
    assert_true(bytes_equal(message, bytes_of_text("hello")));
}

TEST(many_frames_may_come_at_once_and_half_of_one_more)
{
    uint8_t bytes[256];
    struct bytes message;
    size_t n = 0;

    for (char c = 'a'; c < 'f'; c++) {
        n += build(bytes + n, &c, 1);
    }
    feed(bytes, n - 1);
    for (char c = 'a'; c < 'e'; c++) {
        assert_int_equal(frame_reader_next(&reader, &message), 0);
        assert_int_equal(message.at[0], c);
    }
    assert_int_equal(frame_reader_next(&reader, &message), FRAME_MORE);
    feed(bytes + n - 1, 1);
    assert_int_equal(frame_reader_next(&reader, &message), 0);
    assert_int_equal(message.at[0], 'e');
}

TEST(garbage_is_known_by_its_first_byte)
{
    struct bytes message;

    feed("G", 1);
    assert_int_equal(frame_reader_next(&reader, &message), FRAME_GARBAGE);
}

TEST(another_version_or_type_is_garbage)
{
    static const uint8_t others[][8] = {
        {'L',  'H', 2, 1},
        { 'L', 'H', 1, 2},
        { 'L', 'X', 1, 1}
    };

    for (unsigned i = 0; i < 3; i++) {
        struct bytes message;

        frame_reader_deinit(&reader);
        frame_reader_init(&reader, 1000000);
        feed(others[i], 8);
        assert_int_equal(frame_reader_next(&reader, &message), FRAME_GARBAGE);
    }
}

TEST(a_length_of_two_gigabytes_is_garbage_and_allocates_nothing)
{
    static const uint8_t header[] = { 'L', 'H', 1, 1, 0x7f, 0xff, 0xff, 0xff };
    struct bytes message;

    feed(header, sizeof header);
    assert_int_equal(frame_reader_next(&reader, &message), FRAME_GARBAGE);
    assert_true(reader.size <= FRAME_READ_MAX);
}

TEST(memory_follows_what_arrived_not_what_was_announced)
{
    static const uint8_t header[] = { 'L', 'H', 1, 1, 0, 0x0f, 0, 0 };
    struct bytes message;

    feed(header, sizeof header);
    assert_int_equal(frame_reader_next(&reader, &message), FRAME_MORE);
    assert_true(reader.size <= FRAME_READ_MAX);
}

TEST(a_stranger_gets_little_room_and_a_short_message)
{
    uint8_t bytes[FRAME_HEADER];
    struct bytes message;

    frame_reader_deinit(&reader);
    frame_reader_init(&reader, FRAME_STRANGER_MAX);
    frame_write_header(bytes, FRAME_STRANGER_MAX + 1);
    feed(bytes, sizeof bytes);
    assert_int_equal(reader.size, FRAME_READ_MIN);
    assert_int_equal(frame_reader_next(&reader, &message), FRAME_GARBAGE);
}

TEST(large_frames_pass_and_their_memory_is_given_back)
{
    static uint8_t big[900000], bytes[900000 + FRAME_HEADER];
    struct bytes message;
    uint8_t *at;
    size_t room;

    memset(big, 7, sizeof big);
    feed(bytes, build(bytes, big, sizeof big));
    assert_int_equal(frame_reader_next(&reader, &message), 0);
    assert_true(bytes_equal(message, bytes_of(big, sizeof big)));
    assert_int_equal(frame_reader_room(&reader, &at, &room), 0);
    assert_int_equal(reader.size, FRAME_READ_MAX);
}

TEST(an_empty_message_is_a_frame)
{
    uint8_t bytes[FRAME_HEADER];
    struct bytes message;

    frame_write_header(bytes, 0);
    feed(bytes, sizeof bytes);
    assert_int_equal(frame_reader_next(&reader, &message), 0);
    assert_int_equal(message.n, 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_frame_that_was_written_is_read),
        CASE(a_frame_may_come_byte_by_byte),
        CASE(many_frames_may_come_at_once_and_half_of_one_more),
        CASE(garbage_is_known_by_its_first_byte),
        CASE(another_version_or_type_is_garbage),
        CASE(a_length_of_two_gigabytes_is_garbage_and_allocates_nothing),
        CASE(memory_follows_what_arrived_not_what_was_announced),
        CASE(a_stranger_gets_little_room_and_a_short_message),
        CASE(large_frames_pass_and_their_memory_is_given_back),
        CASE(an_empty_message_is_a_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
