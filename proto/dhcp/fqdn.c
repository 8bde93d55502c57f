#include "proto/dhcp/fqdn.h"

#include <string.h>

#include "base/reader.h"
#include "proto/dhcp/domain.h"

enum {
    HEAD_SIZE = 3,        /* flags, RCODE1, RCODE2 */
    RCODE = 255,          /* both of them, in every reply (RFC 4702 2.2) */
    LABELS_SIZE_MAX = 255 /* RFC 1035 2.3.4 */
};

/* Takes a label off @r as text and a dot behind it: a dot or a NUL inside would make two of it. */
static bool take_label(struct reader *r, size_t n, struct writer *text)
{
    struct bytes label = reader_take(r, n);

    if (n > TEXT_LABEL_MAX || r->overrun) {
        return false; /* above 63: a pointer, and there is nothing to point to */
    }
    for (size_t i = 0; i < label.n; i++) {
        if (label.at[i] != '.' && label.at[i] != '\0') {
            writer_u8(text, label.at[i]);
        }
    }
    writer_u8(text, '.');
    return true;
}

static int parse_labels(struct bytes labels, struct fqdn *f)
{
    uint8_t buffer[LABELS_SIZE_MAX + 1];
    struct writer text = writer_of(buffer, sizeof buffer);
    struct reader r = reader_of(labels);

    if (labels.n > LABELS_SIZE_MAX) {
        return FQDN_MALFORMED;
    }
    while (r.rest.n > 0) {
        size_t n = reader_u8(&r);

        if (n == 0) {
            f->is_complete = true;
            break;
        }
        if (!take_label(&r, n, &text)) {
            return FQDN_MALFORMED;
        }
    }
    (void)text_host_name((struct bytes){ buffer, text.n }, f->name);
    return 0;
}

static int parse_ascii(struct bytes ascii, struct fqdn *f)
{
    if (ascii.n > LABELS_SIZE_MAX) {
        return FQDN_MALFORMED;
    }
    f->is_complete = ascii.n > 0 && ascii.at[ascii.n - 1] == '.';
    (void)text_host_name(ascii, f->name);
    return 0;
}

int fqdn_parse(struct bytes option, struct fqdn *ret_fqdn)
{
    struct fqdn f = { 0 };
    struct bytes name = bytes_slice(option, HEAD_SIZE, option.n);
    int r = 0;

    if (option.n < HEAD_SIZE) {
        return FQDN_MALFORMED;
    }
    f.flags =
        option.at[0] & (FQDN_SERVER_UPDATES | FQDN_OVERRIDDEN | FQDN_IN_LABELS | FQDN_NO_UPDATES);
    if ((f.flags & FQDN_SERVER_UPDATES) != 0) {
        f.flags &= (uint8_t)~FQDN_NO_UPDATES; /* both make no sense together */
    }
    r = (f.flags & FQDN_IN_LABELS) != 0 ? parse_labels(name, &f) : parse_ascii(name, &f);
    if (r == 0) {
        *ret_fqdn = f;
    }
    return r;
}

static void build_name(const char *name, bool in_labels, bool is_complete, struct writer *out)
{
    if (in_labels) {
        (void)(is_complete ? domain_build(name, out) : domain_build_partial(name, out));
        return;
    }
    writer_bytes(out, bytes_of_text(name));
    if (is_complete) {
        writer_u8(out, '.');
    }
}

void fqdn_answer(const struct fqdn *client, struct bytes given, struct writer *out)
{
    bool wanted_updates = (client->flags & FQDN_SERVER_UPDATES) != 0;
    bool in_labels = (client->flags & FQDN_IN_LABELS) != 0;
    bool is_complete = client->is_complete;
    char name[TEXT_HOST_NAME_MAX];

    if (given.n > 0) {
        (void)text_host_name(given, name);
        is_complete = strchr(name, '.') != NULL;
    } else {
        memcpy(name, client->name, sizeof name);
    }
    writer_u8(
        out,
        (uint8_t)(FQDN_NO_UPDATES | (wanted_updates ? FQDN_OVERRIDDEN : 0) | (in_labels ? FQDN_IN_LABELS : 0)));
    writer_u8(out, RCODE);
    writer_u8(out, RCODE);
    if (name[0] != '\0') {
        build_name(name, in_labels, is_complete, out);
    }
}
