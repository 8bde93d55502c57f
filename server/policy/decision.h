#ifndef SERVER_POLICY_DECISION_H
#define SERVER_POLICY_DECISION_H

#include "storage/network.h"

/*
 * Decision - what to do about a request, and why
 *
 * Every way out of an exchange has a reason; reasons.def is the one table that log lines,
 * counters and the operators' page come from.
 */
enum reason {

#define REASON(id, level, text) REASON_##id,
#include "server/policy/reasons.def"
#undef REASON
    REASON_COUNT,
};

/* As in base/log.h, which the pure parts do not know. */
enum reason_level {
    REASON_LEVEL_ERROR,
    REASON_LEVEL_WARNING,
    REASON_LEVEL_INFO,
    REASON_LEVEL_DEBUG,
};

struct reason_spec {
    const char *name; /* "LEASED_TO_OTHER" */
    enum reason_level level;
    const char *text; /* a sentence for operators */
};

const struct reason_spec *reason_spec(enum reason reason);

enum verdict {
    VERDICT_SILENT,
    VERDICT_OFFER,         /* at once */
    VERDICT_INFORM_ACK,    /* at once */
    VERDICT_NAK,           /* at once */
    VERDICT_REPEAT_ACK,    /* at once: the committed row promises it already */
    VERDICT_ACK_IN_HOLD,   /* at once: the committed hold covers the promise; nothing to propose */
    VERDICT_ACK_THEN_BIND, /* at once, for the same reason; a longer hold is proposed after it */
    VERDICT_PROPOSE_BIND,  /* ACK (or BOOTREPLY) after OUTCOME_DONE, and not before */
    VERDICT_PROPOSE_RELEASE, /* no reply */
    VERDICT_PROPOSE_DECLINE, /* no reply */
};

/* For the log and the counters: "silent", "offer", ... */
const char *verdict_name(enum verdict verdict);

struct decision {
    enum verdict verdict;
    enum reason reason;   /* of a PROPOSE_*: the reason when its outcome is DONE */
    struct ip4 address;   /* of all but SILENT and INFORM_ACK; may be set in those too */
    struct seconds lease; /* OFFER, PROPOSE_BIND and the ACKs of leases */
    struct seconds hold;  /* PROPOSE_BIND and ACK_THEN_BIND: >= lease */
    bool was_clients;     /* the client was the last one to have the address */
    bool is_known;        /* that, or the address is reserved for it: no stranger */
};

#endif
