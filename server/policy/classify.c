#include "server/policy/classify.h"

#include <string.h>

#include "base/reader.h"
#include "proto/dhcp/agent_info.h"
#include "proto/dhcp/option.h"

static bool compare(const struct class_term *t, struct bytes value)
{
    switch (t->comparison) {
    case COMPARISON_PRESENT:
        return true;
    case COMPARISON_EQUALS:
        return bytes_equal(value, t->value);
    case COMPARISON_STARTS_WITH:
        return bytes_equal(bytes_slice(value, 0, t->value.n), t->value);
    case COMPARISON_CONTAINS:
        return value.n > 0 && memmem(value.at, value.n, t->value.at, t->value.n) != NULL;
    }
    return false;
}

static bool option_matches(const struct class_term *t, const struct message *message)
{
    uint8_t code = (uint8_t)t->number;

    return message_has(message, code) && compare(t, message_option(message, code));
}

static bool agent_info_matches(const struct class_term *t, struct bytes agent_info)
{
    struct bytes value = { 0 };

    return agent_info_find(agent_info, (uint8_t)t->number, &value) == 0 && compare(t, value);
}

/* Takes the next class off a list of lengths and texts (RFC 3004 4). False when it is none. */
static bool next_user_class(struct bytes *rest, struct bytes *ret_class)
{
    if (rest->n == 0 || rest->at[0] == 0 || rest->at[0] >= rest->n) {
        return false;
    }
    *ret_class = bytes_slice(*rest, 1, rest->at[0]);
    *rest = bytes_slice(*rest, 1 + ret_class->n, rest->n);
    return true;
}

/*
 * Many clients send one text instead of the list that RFC 3004 says, and nothing tells the two
 * apart for certain: both readings count.
 */
static bool user_class_matches(const struct class_term *t, struct bytes value)
{
    struct bytes class = { 0 };

    if (value.n > 0 && compare(t, value)) {
        return true;
    }
    while (next_user_class(&value, &class)) {
        if (compare(t, class)) {
            return true;
        }
    }
    return false;
}

/* Option 93 is a list of numbers, and one that is cut short lists none (RFC 4578 2.1). */
static bool architecture_matches(const struct class_term *t, struct bytes value)
{
    struct reader r = reader_of(value);

    for (size_t i = 0; value.n % 2 == 0 && i < value.n; i += 2) {
        if (reader_u16(&r) == t->number) {
            return true;
        }
    }
    return false;
}

static bool hardware_matches(const struct class_term *t, struct bytes address)
{
    size_t whole = t->number / 8;
    unsigned rest = t->number % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);

    if (address.n < t->value.n ||
        !bytes_equal(bytes_slice(address, 0, whole), bytes_slice(t->value, 0, whole))) {
        return false;
    }
    return rest == 0 || ((address.at[whole] ^ t->value.at[whole]) & mask) == 0;
}

static bool is_local(const struct hardware *hardware)
{
    return hardware->type == HARDWARE_ETHERNET && hardware->n == 6 &&
           (hardware->address[0] & 2) != 0;
}

static bool relay_matches(const struct class_term *t, struct ip4 relay)
{
    struct reader r = reader_of(t->value);
    struct ip4_prefix prefix = { ip4_of(reader_u32(&r)), (uint8_t)t->number };

    return !ip4_is_any(relay) && ip4_prefix_contains(prefix, relay);
}

/* One term that looks at the client. */
static bool matches(
    const struct class_term *t, const struct classify_facts *f, const struct class_set *classes)
{
    const struct message *message = f->request->message;
    const struct hardware *hardware = &message->header.hardware;

    switch (t->kind) {
    case TERM_CLASS:
        return class_set_has(classes, t->number);
    case TERM_OPTION:
        return option_matches(t, message);
    case TERM_AGENT_INFO:
        return agent_info_matches(t, f->request->agent_info);
    case TERM_USER_CLASS:
        return user_class_matches(t, f->request->user_class);
    case TERM_ARCHITECTURE:
        return architecture_matches(t, message_option(message, OPTION_CLIENT_SYSTEM));
    case TERM_HARDWARE:
        return hardware_matches(t, hardware_address(hardware));
    case TERM_LOCAL:
        return is_local(hardware);
    case TERM_RELAY:
        return relay_matches(t, f->relay);
    case TERM_KNOWN:
        return f->is_known;
    case TERM_NETWORK:
        return bytes_equal(f->network, t->value);
    case TERM_ALL:
    case TERM_ANY:
    case TERM_NOT:
        break;
    }
    return false;
}

/* The results so far are bits, the last one the lowest: there are never more than terms. */
_Static_assert(CLASS_TERMS_MAX <= 64, "the results of a condition fit into 64 bits");

static uint64_t last_results(uint64_t results, unsigned n)
{
    return results & ((UINT64_C(1) << n) - 1);
}

static bool is_in(
    const struct client_class *c, const struct classify_facts *f, const struct class_set *classes)
{
    uint64_t results = 0;

    for (unsigned i = 0; i < c->n_terms; i++) {
        const struct class_term *t = &c->terms[i];
        unsigned n = t->kind == TERM_ALL || t->kind == TERM_ANY ? t->number : 1;
        uint64_t taken = last_results(results, n);

        if (t->kind == TERM_ALL) {
            results = (results >> n) << 1 | (taken == last_results(UINT64_MAX, n));
        } else if (t->kind == TERM_ANY) {
            results = (results >> n) << 1 | (taken != 0);
        } else if (t->kind == TERM_NOT) {
            results ^= 1;
        } else {
            results = results << 1 | (matches(t, f, classes) ? 1 : 0);
        }
    }
    return (results & 1) != 0;
}

struct class_set classify(const struct settings *settings, const struct classify_facts *facts)
{
    struct class_set classes = { .bits = { 0 } };

    for (unsigned i = 0; i < settings->n_classes; i++) {
        if (is_in(&settings->classes[i], facts, &classes)) {
            class_set_add(&classes, i);
        }
    }
    return classes;
}

bool classify_is_blocked(const struct settings *settings, const struct class_set *classes)
{
    for (unsigned i = class_set_next(classes, 0); i < CLASSES_MAX;
         i = class_set_next(classes, i + 1)) {
        if (settings->classes[i].is_blocked) {
            return true;
        }
    }
    return false;
}
