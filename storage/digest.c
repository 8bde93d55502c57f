#include "storage/digest.h"

#include "base/check.h"
#include "base/writer.h"
#include "proto/peer.h"

enum {
    MEMBER_LEASE = 'L',
    MEMBER_ORIGIN = 'O',
    MEMBER_NODE = 'N',
    MEMBER_SETTING = 'S',
    MEMBER_CLUSTER = 'C',
    MEMBER_RESERVATION = 'R',
    MEMBER_BLOCK = 'B',
};

static struct bytes lease_form(const struct lease *l, uint8_t buf[LEASE_DIGEST_MAX + 1])
{
    buf[0] = MEMBER_LEASE;
    return bytes_of(buf, 1 + lease_digest_form(l, buf + 1));
}

void digest_add_lease(struct digest *d, const struct lease *l)
{
    uint8_t buf[LEASE_DIGEST_MAX + 1];

    digest_add(d, lease_form(l, buf));
}

void digest_subtract_lease(struct digest *d, const struct lease *l)
{
    uint8_t buf[LEASE_DIGEST_MAX + 1];

    digest_subtract(d, lease_form(l, buf));
}

enum { ORIGIN_FORM = 1 + 4 + 8 + 8 + ORIGIN_WINDOW / 8 };

static struct bytes origin_form(const struct origin *o, uint8_t buf[ORIGIN_FORM])
{
    struct writer w = writer_of(buf, ORIGIN_FORM);

    writer_u8(&w, MEMBER_ORIGIN);
    writer_u32(&w, o->node);
    writer_u64(&w, o->boot_id);
    writer_u64(&w, o->max_sequence);
    writer_bytes(&w, bytes_of(o->seen, sizeof o->seen));
    ensure(!w.overrun);
    return writer_done(&w);
}

void digest_add_origin(struct digest *d, const struct origin *o)
{
    uint8_t buf[ORIGIN_FORM];

    digest_add(d, origin_form(o, buf));
}

void digest_subtract_origin(struct digest *d, const struct origin *o)
{
    uint8_t buf[ORIGIN_FORM];

    digest_subtract(d, origin_form(o, buf));
}

enum { NODE_FORM = 1 + 4 + 8 + MEMBER_ADDRESS_MAX };

static struct bytes node_form(
    uint32_t node, uint64_t incarnation, struct bytes address, uint8_t buf[NODE_FORM])
{
    struct writer w = writer_of(buf, NODE_FORM);

    writer_u8(&w, MEMBER_NODE);
    writer_u32(&w, node);
    writer_u64(&w, incarnation);
    writer_bytes(&w, address);
    ensure(!w.overrun);
    return writer_done(&w);
}

void digest_add_node(struct digest *d, uint32_t node, uint64_t incarnation, struct bytes address)
{
    uint8_t buf[NODE_FORM];

    digest_add(d, node_form(node, incarnation, address, buf));
}

void digest_subtract_node(
    struct digest *d, uint32_t node, uint64_t incarnation, struct bytes address)
{
    uint8_t buf[NODE_FORM];

    digest_subtract(d, node_form(node, incarnation, address, buf));
}

enum { SETTING_FORM = 1 + 3 * 8 + 2 * 16 };

static struct bytes setting_form(const struct digest_setting *s, uint8_t buf[SETTING_FORM])
{
    struct writer w = writer_of(buf, SETTING_FORM);

    writer_u8(&w, MEMBER_SETTING);
    writer_u64(&w, s->version);
    writer_u64(&w, s->applied_index);
    writer_u64(&w, (uint64_t)s->applied_at.ms);
    writer_u64(&w, s->document.high);
    writer_u64(&w, s->document.low);
    writer_u64(&w, s->source.high);
    writer_u64(&w, s->source.low);
    ensure(!w.overrun);
    return writer_done(&w);
}

void digest_add_setting(struct digest *d, const struct digest_setting *s)
{
    uint8_t buf[SETTING_FORM];

    if (s->version > 0) {
        digest_add(d, setting_form(s, buf));
    }
}

void digest_subtract_setting(struct digest *d, const struct digest_setting *s)
{
    uint8_t buf[SETTING_FORM];

    if (s->version > 0) {
        digest_subtract(d, setting_form(s, buf));
    }
}

enum { RESERVATION_FORM = 1 + 3 * 8 + 4 + 16 + AUTHOR_MAX };

static struct bytes reservation_form(
    const struct kept_reservation *r, uint8_t buf[RESERVATION_FORM])
{
    struct writer w = writer_of(buf, RESERVATION_FORM);
    struct digest encoded = { 0, 0 };

    digest_add(&encoded, r->encoded);
    writer_u8(&w, MEMBER_RESERVATION);
    writer_u64(&w, r->id);
    writer_u64(&w, r->version);
    writer_u64(&w, (uint64_t)r->put_at.ms);
    writer_u64(&w, encoded.high);
    writer_u64(&w, encoded.low);
    writer_u32(&w, r->subnet_id);
    writer_bytes(&w, r->author);
    ensure(!w.overrun);
    return writer_done(&w);
}

void digest_add_reservation(struct digest *d, const struct kept_reservation *r)
{
    uint8_t buf[RESERVATION_FORM];

    digest_add(d, reservation_form(r, buf));
}

void digest_subtract_reservation(struct digest *d, const struct kept_reservation *r)
{
    uint8_t buf[RESERVATION_FORM];

    digest_subtract(d, reservation_form(r, buf));
}

enum { BLOCK_FORM = 1 + 1 + 2 * 8 + 3 * 2 + CLIENT_KEY_MAX + BLOCK_COMMENT_MAX + AUTHOR_MAX };

static void write_counted(struct writer *w, struct bytes b)
{
    writer_u16(w, (uint16_t)b.n);
    writer_bytes(w, b);
}

static struct bytes block_form(const struct block *b, uint8_t buf[BLOCK_FORM])
{
    struct writer w = writer_of(buf, BLOCK_FORM);

    writer_u8(&w, MEMBER_BLOCK);
    writer_u8(&w, (uint8_t)b->subject.kind);
    writer_u64(&w, b->version);
    writer_u64(&w, (uint64_t)b->put_at.ms);
    write_counted(&w, b->subject.value);
    write_counted(&w, b->comment);
    write_counted(&w, b->author);
    ensure(!w.overrun);
    return writer_done(&w);
}

void digest_add_block(struct digest *d, const struct block *b)
{
    uint8_t buf[BLOCK_FORM];

    digest_add(d, block_form(b, buf));
}

void digest_subtract_block(struct digest *d, const struct block *b)
{
    uint8_t buf[BLOCK_FORM];

    digest_subtract(d, block_form(b, buf));
}

void digest_add_cluster_id(struct digest *d, uint64_t cluster_id)
{
    uint8_t buf[9];
    struct writer w = writer_of(buf, sizeof buf);

    writer_u8(&w, MEMBER_CLUSTER);
    writer_u64(&w, cluster_id);
    digest_add(d, writer_done(&w));
}

void digest_ring_put(struct digest_ring *r, uint64_t index, struct digest digest)
{
    require(index > 0);
    r->at[r->next].index = index;
    r->at[r->next].digest = digest;
    r->next = (r->next + 1) % DIGEST_RING;
}

bool digest_ring_find(const struct digest_ring *r, uint64_t index, struct digest *ret_digest)
{
    /* Newest first: that is what leaders name. */
    for (unsigned back = 1; back <= DIGEST_RING; back++) {
        unsigned i = (r->next + DIGEST_RING - back) % DIGEST_RING;

        if (r->at[i].index == index) {
            *ret_digest = r->at[i].digest;
            return true;
        }
        if (r->at[i].index < index) {
            return false; /* indexes only grow, and an unused place has 0 */
        }
    }
    return false;
}
