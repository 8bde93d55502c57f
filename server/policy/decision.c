#include "server/policy/decision.h"

#include "base/check.h"

static const struct reason_spec reasons[REASON_COUNT] = {
#define REASON(id, level, text) { #id, REASON_LEVEL_##level, text },
#include "server/policy/reasons.def"
#undef REASON
};

const struct reason_spec *reason_spec(enum reason reason)
{
    require(reason < REASON_COUNT);
    return &reasons[reason];
}

const char *verdict_name(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_SILENT:
        return "silent";
    case VERDICT_OFFER:
        return "offer";
    case VERDICT_NAK:
        return "nak";
    case VERDICT_INFORM_ACK:
    case VERDICT_REPEAT_ACK:
    case VERDICT_ACK_IN_HOLD:
    case VERDICT_ACK_THEN_BIND:
    case VERDICT_PROPOSE_BIND:
        return "ack";
    case VERDICT_PROPOSE_RELEASE:
    case VERDICT_PROPOSE_DECLINE:
        return "none";
    }
    return "";
}
