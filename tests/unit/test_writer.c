#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "support/test.h"

TEST(writes_big_endian)
{
    uint8_t buffer[32];
    struct writer w = writer_of(buffer, sizeof buffer);

    writer_u8(&w, 1);
    writer_u16(&w, 0x0203);
    writer_u32(&w, 0x04050607);
    writer_u64(&w, 0x08090a0b0c0d0e0f);
    writer_bytes(&w, bytes_of_text("ab"));
    writer_fill(&w, 0xee, 2);
    assert_true(bytes_equal(
        writer_done(&w),
        bytes_of(
            "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
            "ab\xee\xee",
            19)));
    assert_false(w.overrun);
}

TEST(what_does_not_fit_writes_nothing_and_latches)
{
    uint8_t buffer[8];
    struct writer w = writer_of(buffer, 3);

    memset(buffer, 0x55, sizeof buffer);
    writer_u16(&w, 1);
    writer_u16(&w, 2);
    assert_true(w.overrun);
    assert_int_equal(w.n, 2);
    writer_u8(&w, 3); /* would fit, but the structure is spoilt already */
    assert_int_equal(w.n, 2);
    for (size_t i = 2; i < sizeof buffer; i++) {
        assert_int_equal(buffer[i], 0x55);
    }
}

TEST(every_kind_of_write_is_bounded)
{
    uint8_t buffer[1];

    for (int kind = 0; kind < 5; kind++) {
        struct writer w = writer_of(buffer, kind == 0 ? 0 : 1);

        switch (kind) {
        case 0:
            writer_u8(&w, 1);
            break;
        case 1:
            writer_u32(&w, 1);
            break;
        case 2:
            writer_u64(&w, 1);
            break;
        case 3:
            writer_bytes(&w, bytes_of_text("ab"));
            break;
        default:
            writer_fill(&w, 0, SIZE_MAX);
            break;
        }
        assert_true(w.overrun);
        assert_int_equal(w.n, 0);
    }
}

TEST(a_buffer_can_be_filled_to_its_last_byte)
{
    uint8_t buffer[4];
    struct writer w = writer_of(buffer, sizeof buffer);

    writer_u32(&w, 0xffffffff);
    writer_bytes(&w, (struct bytes){ 0 });
    writer_fill(&w, 0, 0);
    assert_false(w.overrun);
    assert_int_equal(writer_done(&w).n, 4);
}

TEST(a_reader_reads_what_a_writer_wrote)
{
    uint8_t buffer[15];
    struct writer w = writer_of(buffer, sizeof buffer);

    writer_u8(&w, 0xfe);
    writer_u16(&w, 0xfedc);
    writer_u32(&w, 0xfedcba98);
    writer_u64(&w, 0xfedcba9876543210);

    struct reader r = reader_of(writer_done(&w));

    assert_int_equal(reader_u8(&r), 0xfe);
    assert_int_equal(reader_u16(&r), 0xfedc);
    assert_int_equal(reader_u32(&r), 0xfedcba98);
    assert_true(reader_u64(&r) == 0xfedcba9876543210);
    assert_false(r.overrun);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_big_endian),
        cmocka_unit_test(what_does_not_fit_writes_nothing_and_latches),
        cmocka_unit_test(every_kind_of_write_is_bounded),
        cmocka_unit_test(a_buffer_can_be_filled_to_its_last_byte),
        cmocka_unit_test(a_reader_reads_what_a_writer_wrote),
    };

    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
