#ifndef SERVER_POLICY_CLASSIFY_H
#define SERVER_POLICY_CLASSIFY_H

#include "proto/dhcp/request.h"
#include "proto/settings.h"

/*
 * Classify - which classes of the settings a client is in
 *
 * Pure, and bounded by CLASS_TERMS_MAX for each class and SETTINGS_TERMS_MAX for all of them. The
 * conditions are those of settings that settings_check() has passed.
 */
struct classify_facts {
    const struct request *request;
    struct bytes network; /* its name */
    struct ip4 relay;     /* giaddr of the message, or of the lease it renews; IP4_ANY: none */
    bool is_known;        /* the client has a reservation in the network */
};

/* Classes are judged in the order of the document: a condition may name those before its own. */
struct class_set classify(const struct settings *settings, const struct classify_facts *facts);

/* True when one of @classes is blocked. */
bool classify_is_blocked(const struct settings *settings, const struct class_set *classes);

#endif
