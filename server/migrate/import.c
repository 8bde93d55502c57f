#include "server/migrate/import.h"

#include <string.h>

const struct import_format import_formats[] = {
    {"rsc",      "RouterOS: what /export wrote",                    import_rsc    },
    { "kea",     "Kea: the configuration of kea-dhcp4 (JSON)",      import_kea    },
    { "dhcpd",   "ISC dhcpd: dhcpd.conf",                           import_dhcpd  },
    { "dnsmasq", "dnsmasq: its configuration, or a dhcp-hostsfile", import_dnsmasq},
};

const unsigned import_n_formats = ARRAY_LENGTH(import_formats);

const struct import_format *import_format_by_name(const char *name)
{
    for (unsigned i = 0; i < import_n_formats; i++) {
        if (strcmp(import_formats[i].name, name) == 0) {
            return &import_formats[i];
        }
    }
    return NULL;
}

const char *import_name(struct plan *p, const struct import_options *options, const char *theirs)
{
    size_t n = strlen(theirs);

    for (unsigned i = 0; i < options->n_map; i++) {
        if (strncmp(options->map[i], theirs, n) == 0 && options->map[i][n] == '=') {
            return plan_name(p, options->map[i] + n + 1);
        }
    }
    return plan_name(p, theirs);
}
