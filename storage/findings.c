#include "storage/findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/dhcp/message.h"

struct settings_problem findings_nowhere(void)
{
    return (struct settings_problem){ -1, -1, -1, -1, -1, -1, "" };
}

void findings_add(struct findings *f, const char *format, ...)
{
    if (f->n < f->max) {
        struct settings_problem *p = &f->problems[f->n];
        va_list arguments;

        *p = f->here;
        va_start(arguments, format);
        (void)vsnprintf(p->text, sizeof p->text, format, arguments);
        va_end(arguments);
    }
    f->n++;
}

struct address_text address_text_of(struct ip4 a)
{
    struct address_text t;

    (void)ip4_format(a, t.text);
    return t;
}

bool address_is_unicast(struct ip4 a)
{
    uint32_t octet = a.value >> 24;

    return octet != 0 && octet != 127 && octet < 224;
}

void findings_check_options(struct findings *f, struct option_list options)
{
    for (unsigned i = 0; i < options.n; i++) {
        const struct option_value *o = &options.at[i];

        f->here.option = (int)i;
        if (o->code == 0 || o->code == UINT8_MAX) {
            findings_add(f, "option %u cannot be set: expected 1 to 254", (unsigned)o->code);
        }
        if (i > 0 && o->code <= o[-1].code) {
            findings_add(
                f, "option %u: expected each code once, in ascending order", (unsigned)o->code);
        }
        if (o->value.n > OPTION_VALUE_MAX) {
            findings_add(
                f,
                "option %u has %zu octets: expected at most %d",
                (unsigned)o->code,
                o->value.n,
                OPTION_VALUE_MAX);
        }
    }
    f->here.option = -1;
}

void findings_check_boot(struct findings *f, const struct boot_settings *b)
{
    if (b->server_name.n >= MESSAGE_SNAME_SIZE) {
        findings_add(f, "the boot server's name is too long: expected at most 63 octets");
    }
    if (b->file.n >= MESSAGE_FILE_SIZE) {
        findings_add(f, "the boot file's name is too long: expected at most 127 octets");
    }
}

static struct lease_moment moment_of(struct lease_moment m, uint32_t default_permille)
{
    if (m.time.value == 0 && m.permille == 0) {
        m.permille = default_permille;
    }
    return m;
}

void findings_check_moments(struct findings *f, const struct lease_times *t)
{
    struct lease_moment renew = moment_of(t->renew, LEASE_RENEW_PERMILLE);
    struct lease_moment rebind = moment_of(t->rebind, LEASE_REBIND_PERMILLE);
    bool are_parts = renew.time.value == 0 && rebind.time.value == 0;
    bool are_times = renew.time.value > 0 && rebind.time.value > 0;

    if (renew.permille >= 1000 || rebind.permille >= 1000 ||
        (are_parts && renew.permille >= rebind.permille) ||
        (are_times && renew.time.value >= rebind.time.value)) {
        findings_add(
            f, "renew and rebind time: expected renew before rebind, and both before the end");
    }
}
