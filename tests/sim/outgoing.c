#include "sim/outgoing.h"

#include "base/check.h"
#include "base/writer.h"

enum { COOKIE = 0x63825363, LENGTH_MIN = 300 };

static void write_header(struct writer *w, const struct outgoing *o)
{
    writer_u32(w, 0x01010600);
    writer_u32(w, o->xid);
    writer_u16(w, o->secs);
    writer_u16(w, 0);
    writer_u32(w, o->ciaddr.value);
    writer_fill(w, 0, 12); /* yiaddr, siaddr, giaddr */
    writer_u32(w, 0x02000000);
    writer_u16(w, (uint16_t)o->client);
    writer_fill(w, 0, 10 + 64 + 128);
    writer_u32(w, COOKIE);
}

static void write_u32_option(struct writer *w, uint8_t code, uint32_t value)
{
    if (value != 0) {
        writer_u8(w, code);
        writer_u8(w, 4);
        writer_u32(w, value);
    }
}

size_t outgoing_build(const struct outgoing *o, uint8_t *out)
{
    struct writer w = writer_of(out, OUTGOING_MAX);

    write_header(&w, o);
    writer_u8(&w, 53);
    writer_u8(&w, 1);
    writer_u8(&w, (uint8_t)o->type);
    if (o->client_id.n > 0) {
        writer_u8(&w, 61);
        writer_u8(&w, (uint8_t)o->client_id.n);
        writer_bytes(&w, o->client_id);
    }
    if (o->wants_rapid_commit) {
        writer_u8(&w, 80);
        writer_u8(&w, 0);
    }
    write_u32_option(&w, 50, o->wanted.value);
    write_u32_option(&w, 54, o->server_id.value);
    write_u32_option(&w, 51, o->lease);
    writer_u8(&w, 255);
    writer_fill(&w, 0, w.n < LENGTH_MIN ? LENGTH_MIN - w.n : 0);
    ensure(!w.overrun);
    return w.n;
}
