#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "server/ctl/command.h"

#define BIT(id) (1u << CTL_OPTION_##id)
#define RESERVATION_OPTIONS                                                                      \
    (BIT(SOCKET) | BIT(JSON) | BIT(SUBNET) | BIT(HW_ADDRESS) | BIT(HW_TYPE) | BIT(CLIENT_ID) |   \
     BIT(DUID) | BIT(CIRCUIT_ID) | BIT(REMOTE_ID) | BIT(HOSTNAME) | BIT(OPTION) | BIT(COMMENT) | \
     BIT(TAG))
#define BLOCK_OPTIONS \
    (BIT(SOCKET) | BIT(JSON) | BIT(CLIENT_ID) | BIT(HW_ADDRESS) | BIT(HW_PREFIX) | BIT(ADDRESS))

static const char import_more[] =
    "Needs no server and changes nothing: look at what was made, then\n"
    "leasehold settings apply. What is not taken over is told line by line on standard\n"
    "error, with the reason. A file with a line that cannot be read gives nothing (exit 1).";

/* clang-format off */
const struct ctl_command ctl_commands[] = {
    {
        .name = "serve",
        .text = "run a node until SIGTERM",
        .more = "Reads node.yaml and joins its cluster. A file network.yaml in the same folder is\n"
                "applied once, by the first leader, when the cluster has no settings.",
        .options = BIT(CONFIG) | BIT(LOG_LEVEL),
        .run = ctl_serve,
    },
    {
        .name = "status",
        .text = "one screen: nodes, leader, networks, who answers, pools",
        .options = BIT(SOCKET) | BIT(FORMAT) | BIT(JSON),
        .run = ctl_status,
    },
    {
        .name = "lease list",
        .text = "list the leases",
        .more =
            "Keys of --where: address, network, state, hw-address, client-id, hostname (* stands\n"
            "for anything), node. Several must all hold.",
        .options = BIT(SOCKET) | BIT(FORMAT) | BIT(JSON) | BIT(WHERE) | BIT(LIMIT),
        .run = ctl_lease_list,
    },
    {
        .name = "lease show",
        .arguments = "ADDRESS",
        .text = "everything that is known of a lease",
        .options = BIT(SOCKET) | BIT(JSON),
        .run = ctl_lease_show,
    },
    {
        .name = "lease release",
        .arguments = "ADDRESS",
        .text = "free an address whose client is gone, as if it had given it back",
        .more = "The address is free at once: be sure that nobody uses it any more.",
        .options = BIT(SOCKET) | BIT(JSON),
        .run = ctl_lease_release,
    },
    {
        .name = "lease revoke",
        .arguments = "ADDRESS",
        .text = "prolong a lease no more",
        .more = "The client is refused when it wants to renew, and the address is free when its hold\n"
                "ends. With --force it is free at once; a client that is still there may then share\n"
                "it with another.",
        .options = BIT(SOCKET) | BIT(JSON) | BIT(FORCE),
        .run = ctl_lease_revoke,
    },
    {
        .name = "lease make-static",
        .arguments = "ADDRESS",
        .text = "reserve an address for the client that holds it",
        .more = "The reservation matches the client's hardware address, which it keeps when its\n"
                "system is installed anew; --by client-id takes what the lease is known by.",
        .options = BIT(SOCKET) | BIT(JSON) | BIT(BY) | BIT(COMMENT),
        .run = ctl_lease_make_static,
    },
    {
        .name = "reservation list",
        .text = "list the reservations, those of the settings too",
        .options = BIT(SOCKET) | BIT(FORMAT) | BIT(JSON),
        .run = ctl_reservation_list,
    },
    {
        .name = "reservation add",
        .arguments = "[ADDRESS]",
        .text = "reserve an address for a client, on every node",
        .more = "The client is who has every mark that is given: --hw-address, --client-id, --duid,\n"
                "--circuit-id, --remote-id. Without an address, --subnet says where the client is\n"
                "given its name and options.",
        .options = RESERVATION_OPTIONS,
        .run = ctl_reservation_add,
    },
    {
        .name = "reservation set",
        .arguments = "ADDRESS|ID",
        .text = "change a reservation that was added",
        .more = "What is not given stays as it is; an empty value takes it away. --address moves it.\n"
                "When somebody else changes it at the same time, one of the two is refused.",
        .options = RESERVATION_OPTIONS | BIT(ADDRESS),
        .run = ctl_reservation_set,
    },
    {
        .name = "reservation remove",
        .arguments = "ADDRESS|ID",
        .text = "take a reservation away that was added",
        .more = "The client keeps the address as a lease until that ends.",
        .options = BIT(SOCKET) | BIT(JSON),
        .run = ctl_reservation_remove,
    },
    {
        .name = "block list",
        .text = "list the clients that get nothing, and the addresses that nobody gets",
        .options = BIT(SOCKET) | BIT(FORMAT) | BIT(JSON),
        .run = ctl_block_list,
    },
    {
        .name = "block add",
        .text = "give nothing to a client, or an address to nobody",
        .more = "One of --client-id, --hw-address, --hw-prefix, --address. What the client holds stays\n"
                "its own until its lease ends.",
        .options = BLOCK_OPTIONS | BIT(COMMENT),
        .run = ctl_block_add,
    },
    {
        .name = "block remove",
        .text = "take a block away",
        .options = BLOCK_OPTIONS,
        .run = ctl_block_remove,
    },
    {
        .name = "sql",
        .arguments = "STATEMENT",
        .text = "ask the node's database, read-only",
        .more = "Views: leases, active_leases, history, reservations, blocks, pools, networks,\n"
                "settings, nodes, cluster. At most 10000 rows and 5 seconds.",
        .options = BIT(SOCKET) | BIT(FORMAT) | BIT(JSON) | BIT(LIMIT),
        .run = ctl_sql,
    },
    {
        .name = "pki init",
        .arguments = "CLUSTER",
        .text = "make a CA for the certificates between nodes",
        .more = "CLUSTER is the cluster's name in node.yaml. The key of the CA, ca.key, is needed only\n"
                "to issue, renew and revoke: keep the folder off the nodes, and keep a copy. A CA is\n"
                "valid for 3650 days when --days does not say otherwise.",
        .options = BIT(FOLDER) | BIT(DAYS) | BIT(FORCE),
        .run = ctl_pki_init,
    },
    {
        .name = "pki issue",
        .arguments = "NODE",
        .text = "make a key and a certificate for a node",
        .more = "Valid for 730 days when --days does not say otherwise. A node warns 14 days before.",
        .options = BIT(FOLDER) | BIT(DAYS) | BIT(FORCE),
        .run = ctl_pki_issue,
    },
    {
        .name = "pki renew",
        .arguments = "NODE",
        .text = "make a new certificate for the key of a node",
        .more = "Only the certificate has to be brought to the node, which takes it within a minute,\n"
                "or at once on SIGHUP. What it had before stays valid to its end.",
        .options = BIT(FOLDER) | BIT(DAYS),
        .run = ctl_pki_renew,
    },
    {
        .name = "pki revoke",
        .arguments = "NODE",
        .text = "put all certificates of a node on the revocation list",
        .more = "Bring crl.pem to every other node, which then ends its connections to this one\n"
                "within a minute, or at once on SIGHUP. The node's files here are removed.",
        .options = BIT(FOLDER),
        .run = ctl_pki_revoke,
    },
    {
        .name = "settings check",
        .arguments = "FILE",
        .text = "tell every mistake of a settings file; needs no server",
        .run = ctl_settings_check,
    },
    {
        .name = "settings schema",
        .arguments = "[network|node]",
        .text = "print the JSON Schema of a configuration file, for editors; needs no server",
        .run = ctl_settings_schema,
    },
    {
        .name = "settings apply",
        .arguments = "FILE",
        .text = "bring a settings file into force on every node",
        .more = "With --dry-run nothing is changed: it says which clients would be moved to another\n"
                "address, refused at their next renewal, or no longer served.",
        .options = BIT(SOCKET) | BIT(JSON) | BIT(COMMENT) | BIT(DRY_RUN),
        .run = ctl_settings_apply,
    },
    {
        .name = "settings show",
        .arguments = "[VERSION]",
        .text = "print the settings file that is in force, or that of a version",
        .options = BIT(SOCKET) | BIT(JSON),
        .run = ctl_settings_show,
    },
    {
        .name = "settings history",
        .text = "list the last settings: when, by whom and why",
        .options = BIT(SOCKET) | BIT(FORMAT) | BIT(JSON),
        .run = ctl_settings_history,
    },
    {
        .name = "settings diff",
        .arguments = "[VERSION|FILE]",
        .text = "compare the settings in force with the ones before, a version or a file",
        .options = BIT(SOCKET),
        .run = ctl_settings_diff,
    },
    {
        .name = "settings rollback",
        .arguments = "VERSION",
        .text = "bring the settings of a version into force again, as a new version",
        .options = BIT(SOCKET) | BIT(JSON) | BIT(COMMENT) | BIT(DRY_RUN),
        .run = ctl_settings_rollback,
    },
    {
        .name = "import rsc",
        .arguments = "FILE",
        .text = "make a network.yaml of a RouterOS export (/export)",
        .more = import_more,
        .options = BIT(MAP) | BIT(CHARSET) | BIT(OUTPUT),
        .run = ctl_import,
    },
    {
        .name = "import kea",
        .arguments = "FILE",
        .text = "make a network.yaml of a configuration of kea-dhcp4",
        .more = import_more,
        .options = BIT(MAP) | BIT(CHARSET) | BIT(OUTPUT),
        .run = ctl_import,
    },
    {
        .name = "import dhcpd",
        .arguments = "FILE",
        .text = "make a network.yaml of a dhcpd.conf of ISC dhcpd",
        .more = import_more,
        .options = BIT(MAP) | BIT(CHARSET) | BIT(OUTPUT),
        .run = ctl_import,
    },
    {
        .name = "import dnsmasq",
        .arguments = "FILE",
        .text = "make a network.yaml of a configuration of dnsmasq",
        .more = import_more,
        .options = BIT(MAP) | BIT(CHARSET) | BIT(OUTPUT),
        .run = ctl_import,
    },
};
/* clang-format on */

const unsigned ctl_n_commands = ARRAY_LENGTH(ctl_commands);

static bool set_log_level(const char *name)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {
        {"error",    LOG_ERROR  },
        { "warning", LOG_WARNING},
        { "info",    LOG_INFO   },
        { "debug",   LOG_DEBUG  },
    };

    for (unsigned i = 0; i < ARRAY_LENGTH(levels); i++) {
        if (strcmp(name, levels[i].name) == 0) {
            log_set_level(levels[i].level);
            return true;
        }
    }
    return false;
}

int ctl_serve(const struct ctl_line *line)
{
    const char *config = line->values[CTL_OPTION_CONFIG];
    const char *level = line->values[CTL_OPTION_LOG_LEVEL];

    if (config == NULL) {
        return ctl_fail(CTL_USAGE, "serve needs --config FILE");
    }
    if (level != NULL && !set_log_level(level)) {
        return ctl_fail(CTL_USAGE, "--log-level: expected error, warning, info or debug");
    }
    return line->serve(config);
}
