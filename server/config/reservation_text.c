#include "server/config/reservation_text.h"

static int read_single(struct walk *w, yaml_node_t *root, void *data)
{
    walk_mapping(w, root, &single_reservation_schema, data);
    return 0;
}

int reservation_text_parse(
    struct bytes text,
    struct arena *arena,
    struct config_problems *problems,
    struct single_reservation *ret_reservation)
{
    struct single_reservation r = { .subnet = { .length = 0 } };
    const struct walk_reader reader = { .read = read_single, .data = &r };
    int rv = walk_document(text, arena, problems, &reader);

    if (rv != 0) {
        return rv == WALK_INVALID ? RESERVATION_TEXT_INVALID : rv;
    }
    *ret_reservation = r;
    return 0;
}
