#include "base/reader.h"

struct reader reader_of(struct bytes b)
{
    return (struct reader){ .rest = b };
}

struct bytes reader_take(struct reader *r, size_t n)
{
    if (r->overrun || n > r->rest.n) {
        *r = (struct reader){ .overrun = true };
        return (struct bytes){ 0 };
    }

    struct bytes taken = { r->rest.at, n };

    r->rest.at += n;
    r->rest.n -= n;
    return taken;
}

uint8_t reader_u8(struct reader *r)
{
    struct bytes b = reader_take(r, 1);

    return b.n == 0 ? 0 : b.at[0];
}

uint16_t reader_u16(struct reader *r)
{
    struct bytes b = reader_take(r, 2);

    return b.n == 0 ? 0 : (uint16_t)(b.at[0] << 8 | b.at[1]);
}

uint32_t reader_u32(struct reader *r)
{
    uint32_t high = reader_u16(r);

    return high << 16 | reader_u16(r);
}

uint64_t reader_u64(struct reader *r)
{
    uint64_t high = reader_u32(r);

    return high << 32 | reader_u32(r);
}
