#include "server/migrate/import_rsc_parts.h"
#include "server/migrate/rsc_value.h"

/* A comma list of option names, each defined under /ip dhcp-server option. */
static void take_named(
    struct rsc_import *in,
    const struct rsc_command *c,
    const char *names,
    struct plan_option **list)
{
    const struct rsc_names known = { .gateway = rsc_text(in, c, "gateway") };
    const char *items[PLAN_ITEMS_MAX];
    unsigned n = names == NULL ? 0 : plan_split(in->plan, names, ",", items);

    for (unsigned i = 0; i < n; i++) {
        const struct rsc_record *option = rsc_by_name(in->dhcp_options, items[i]);
        const struct bytes *value = option == NULL ? NULL : rsc_value(&option->command, "value");
        const char *code = option == NULL ? NULL : rsc_text(in, &option->command, "code");
        const char *why = option == NULL ? "it is not defined in the file" : "it has no value";
        const char *hex = value == NULL ? NULL : rsc_option_value(in->plan, *value, &known, &why);

        if (hex == NULL || code == NULL) {
            plan_note(in->plan, PLAN_LEFT_OUT, c->line, "dhcp-option %s: %s", items[i], why);
            continue;
        }

        struct plan_option *o =
            plan_set_option(in->plan, list, plan_text(in->plan, "option-%s", code), &hex, 1);

        if (o != NULL) {
            o->is_forced = rsc_is_yes(&option->command, "force");
        }
    }
}

static void take_option_set(
    struct rsc_import *in, const struct rsc_command *c, struct plan_option **list)
{
    const char *name = rsc_text(in, c, "dhcp-option-set");
    const struct rsc_record *set = name == NULL ? NULL : rsc_by_name(in->option_sets, name);

    if (set != NULL) {
        take_named(in, c, rsc_text(in, &set->command, "options"), list);
    } else if (name != NULL) {
        plan_note(
            in->plan,
            PLAN_LEFT_OUT,
            c->line,
            "dhcp-option-set %s is not defined in the file",
            name);
    }
}

void rsc_take_options(struct rsc_import *in, const struct rsc_command *c, struct plan_option **list)
{
    take_named(in, c, rsc_text(in, c, "dhcp-option"), list);
    take_option_set(in, c, list);
}
