#include "server/config/node_file.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "server/config/values.h"
#include "server/config/walk.h"

static const struct number_range node_range = { 1, UINT32_MAX };
static const struct number_range interface_length = { 1, IFNAMSIZ - 1 };
static const struct number_range socket_length = { 1, SOCKET_PATH_MAX };
static const struct number_range data_length = { 1, DATA_PATH_MAX };
static const struct number_range file_length = { 1, TLS_FILE_MAX };

static const char later_https[] = "this version serves its API on the unix socket only; leave the "
                                  "key out";

const char *node_text(struct bytes text)
{
    return text.at == NULL ? "" : (const char *)text.at;
}

static WALK_READER(read_endpoint)
{
    static const char expected[] = "an address with a port, like 10.0.0.1:6767";
    const char *text = walk_text(w, value, expected);
    struct ip4 address = IP4_ANY;
    uint16_t port = 0;

    if (text == NULL) {
        return;
    }
    if (!values_parse_endpoint(text, &address, &port)) {
        walk_not(w, value, "an address with a port", expected);
        return;
    }

    static const struct number_range any = { 1, MEMBER_ADDRESS_MAX - 1 };
    struct field as_string = { .name = f->name, .offset = f->offset, .detail = &any };

    walk_read_string(w, value, &as_string, record);
}

/* clang-format off */
static const struct field tls_fields[] = {
    { .name = "ca",
      .read = walk_read_string,
      .offset = offsetof(struct node_tls, ca),
      .detail = &file_length,
      .is_required = true },
    { .name = "certificate",
      .read = walk_read_string,
      .offset = offsetof(struct node_tls, certificate),
      .detail = &file_length,
      .is_required = true },
    { .name = "key",
      .read = walk_read_string,
      .offset = offsetof(struct node_tls, key),
      .detail = &file_length,
      .is_required = true },
    { .name = "crl",
      .read = walk_read_string,
      .offset = offsetof(struct node_tls, crl),
      .detail = &file_length },
};
/* clang-format on */

static const struct schema tls_schema = {
    .what = "the tls section",
    SCHEMA_FIELDS(tls_fields),
    .size = sizeof(struct node_tls),
};

/* A mapping with the files, or the word none. */
WALK_READER(node_read_tls)
{
    static const char expected[] = "ca, certificate and key, or the word none";
    struct node_config *c = walk_member(record, 0);
    const char *text;

    if (value->type == YAML_MAPPING_NODE) {
        walk_mapping(w, value, f->detail, &c->tls);
        return;
    }
    text = walk_text(w, value, expected);
    if (text != NULL && strcmp(text, "none") == 0) {
        c->is_plain = true;
    } else if (text != NULL) {
        walk_not(w, value, "a tls section", expected);
    }
}

/* clang-format off */
static const struct field member_fields[] = {
    { .name = "id",
      .read = walk_read_number,
      .offset = offsetof(struct node_member, id),
      .detail = &node_range,
      .is_required = true },
    { .name = "address",
      .read = read_endpoint,
      .offset = offsetof(struct node_member, address),
      .is_required = true },
};
/* clang-format on */

static const struct schema member_schema = {
    .what = "a member",
    SCHEMA_FIELDS(member_fields),
    .size = sizeof(struct node_member),
    .n_max = MEMBERS_MAX,
};

/* clang-format off */
static const struct field cluster_fields[] = {
    { .name = "name",
      .read = walk_read_name,
      .offset = offsetof(struct node_config, cluster),
      .is_required = true },
    { .name = "listen",
      .read = read_endpoint,
      .offset = offsetof(struct node_config, listen),
      .is_required = true },
    { .name = "members",
      .read = walk_read_list,
      .offset = offsetof(struct node_config, members),
      .count = offsetof(struct node_config, n_members),
      .detail = &member_schema,
      .is_required = true },
    { .name = "tls", .read = node_read_tls, .detail = &tls_schema },
    { .name = "insecure",
      .read = walk_read_bool,
      .offset = offsetof(struct node_config, is_insecure) },
};

/* clang-format on */

/* Two members with one id or one address. */
static void check_members(struct walk *w, yaml_node_t *list, const struct node_config *c)
{
    for (unsigned i = 1; i < c->n_members; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct node_member *a = &c->members[i];
            const struct node_member *b = &c->members[j];

            if (a->id != 0 && a->id == b->id) {
                walk_problem(w, walk_item(w, list, (int)i), "member %u stands here twice", a->id);
            }
            if (a->address.n > 0 && bytes_equal(a->address, b->address)) {
                walk_problem(
                    w,
                    walk_item(w, list, (int)i),
                    "members %u and %u have one address",
                    b->id,
                    a->id);
            }
        }
    }
}

static bool is_loopback(struct bytes endpoint)
{
    static const struct ip4_prefix loopback = { { 0x7f000000 }, 8 };
    struct ip4 address = IP4_ANY;
    uint16_t port = 0;

    return !values_parse_endpoint(node_text(endpoint), &address, &port) ||
           ip4_prefix_contains(loopback, address);
}

/* What goes over a network goes encrypted, or somebody has said twice that it need not. */
static void check_tls(struct walk *w, yaml_node_t *node, const struct node_config *c)
{
    const yaml_node_t *tls = walk_find(w, node, "tls");
    bool is_local = is_loopback(c->listen);

    for (unsigned i = 0; i < c->n_members; i++) {
        is_local = is_local && is_loopback(c->members[i].address);
    }
    if (tls == NULL) {
        walk_problem(
            w,
            node,
            "the cluster section needs the key \"tls\", with certificates that `leasehold pki "
            "init` "
            "and `leasehold pki issue` make");
    } else if (c->is_plain && !is_local && !c->is_insecure) {
        walk_problem(
            w,
            tls,
            "without TLS anybody who reaches the peer port can give addresses away; make "
            "certificates with `leasehold pki init`, or add \"insecure: yes\"");
    }
}

static void finish_cluster(struct walk *w, yaml_node_t *node, void *record)
{
    check_members(w, walk_find(w, node, "members"), record);
    check_tls(w, node, record);
}

/* The keys of `cluster` are members of node_config itself. */
static const struct schema cluster_schema = {
    .what = "the cluster section",
    SCHEMA_FIELDS(cluster_fields),
    .size = sizeof(struct node_config),
    .finish = finish_cluster,
};

/* clang-format off */
static const struct field link_fields[] = {
    { .name = "interface",
      .read = walk_read_string,
      .offset = offsetof(struct node_link, interface),
      .detail = &interface_length,
      .is_required = true },
    { .name = "network",
      .read = walk_read_name,
      .offset = offsetof(struct node_link, network),
      .is_required = true },
};
/* clang-format on */

static const struct schema link_schema = {
    .what = "a link",
    SCHEMA_FIELDS(link_fields),
    .size = sizeof(struct node_link),
    .n_max = LINKS_MAX,
};

/* clang-format off */
static const struct field api_fields[] = {
    { .name = "socket",
      .read = walk_read_string,
      .offset = offsetof(struct node_config, socket),
      .detail = &socket_length },
    { .name = "https", .detail = later_https },
};
/* clang-format on */

static const struct schema api_schema = {
    .what = "the api section",
    SCHEMA_FIELDS(api_fields),
    .size = sizeof(struct node_config),
};

/* clang-format off */
static const struct field node_fields[] = {
    { .name = "node",
      .read = walk_read_number,
      .offset = offsetof(struct node_config, node),
      .detail = &node_range,
      .is_required = true },
    { .name = "data",
      .read = walk_read_string,
      .offset = offsetof(struct node_config, data),
      .detail = &data_length,
      .is_required = true },
    { .name = "cluster", .read = walk_read_mapping, .detail = &cluster_schema, .is_required = true },
    { .name = "links",
      .read = walk_read_list,
      .offset = offsetof(struct node_config, links),
      .count = offsetof(struct node_config, n_links),
      .detail = &link_schema,
      .is_required = true },
    { .name = "api", .read = walk_read_mapping, .detail = &api_schema },
};

/* clang-format on */

static bool is_member(const struct node_config *c)
{
    for (unsigned i = 0; i < c->n_members; i++) {
        if (c->members[i].id == c->node) {
            return true;
        }
    }
    return false;
}

static void check_links(struct walk *w, yaml_node_t *list, const struct node_config *c)
{
    for (unsigned i = 1; i < c->n_links; i++) {
        for (unsigned j = 0; j < i; j++) {
            yaml_node_t *at = walk_item(w, list, (int)i);

            if (c->links[i].interface.n > 0 &&
                bytes_equal(c->links[i].interface, c->links[j].interface)) {
                walk_problem(
                    w, at, "interface %s stands here twice", node_text(c->links[i].interface));
            }
            if (c->links[i].network.n > 0 &&
                bytes_equal(c->links[i].network, c->links[j].network)) {
                walk_problem(
                    w,
                    at,
                    "network %s is on two interfaces; one link for each network",
                    node_text(c->links[i].network));
            }
        }
    }
}

static void finish_node(struct walk *w, yaml_node_t *node, void *record)
{
    const struct node_config *c = record;
    yaml_node_t *members = walk_find(w, walk_find(w, node, "cluster"), "members");

    if (c->node != 0 && c->n_members > 0 && !is_member(c)) {
        walk_problem(w, members, "node %u is not among the members", c->node);
    }
    check_links(w, walk_find(w, node, "links"), c);
}

static const struct node_config node_defaults = {
    .socket = {(const uint8_t *)NODE_FILE_SOCKET, sizeof NODE_FILE_SOCKET - 1},
};

const struct schema node_schema = {
    .what = "a node file",
    SCHEMA_FIELDS(node_fields),
    .size = sizeof(struct node_config),
    .defaults = &node_defaults,
    .finish = finish_node,
};

static int read_node(struct walk *w, yaml_node_t *root, void *data)
{
    walk_mapping(w, root, &node_schema, data);
    return 0;
}

int node_file_parse(
    struct bytes text, struct config_problems *problems, struct node_file **ret_file)
{
    CLEANUP(node_file_freep) struct node_file *file = calloc(1, sizeof *file);
    struct walk_reader reader = { .read = read_node };

    if (file == NULL) {
        return ERR_NOMEM;
    }
    arena_init(&file->arena);
    reader.data = &file->value;

    int rv = walk_document(text, &file->arena, problems, &reader);

    if (rv != 0) {
        return rv == WALK_INVALID ? NODE_FILE_INVALID : rv;
    }
    *ret_file = file;
    file = NULL;
    return 0;
}

struct node_file *node_file_free(struct node_file *f)
{
    if (f != NULL) {
        arena_deinit(&f->arena);
        free(f);
    }
    return NULL;
}
