#ifndef SAMPLE_LEASE_H
#define SAMPLE_LEASE_H

#include "storage/lease/lease.h"

/* A bound lease with something in every field; its texts are literals. */
static inline struct lease sample_lease(uint32_t address, const char *client)
{
    return (struct lease){
        .address = { address },
        .state = LEASE_BOUND,
        .subnet_id = 0x0a000000,
        .client_key = bytes_of_text(client),
        .hw_type = 1,
        .hw_address = bytes_of("\x02\x00\x00\x00\x00\x01", 6),
        .started_at = { 1000 },
        .renewed_at = { 2000 },
        .expires_at = { 60000 },
        .held_until = { 90000 },
        .node = 3,
        .server_id = { 0x0a000001 },
        .relay = { 0x0a000002 },
        .hostname = bytes_of_text("printer"),
        .agent_info = bytes_of("\x01\x02\x00\x07", 4),
        .vendor_class = bytes_of_text("PXEClient"),
        .user_class = bytes_of_text("lab"),
    };
}

static inline bool leases_are_equal(const struct lease *a, const struct lease *b)
{
    uint8_t form_a[LEASE_DIGEST_MAX];
    uint8_t form_b[LEASE_DIGEST_MAX];
    size_t n_a = lease_digest_form(a, form_a);
    size_t n_b = lease_digest_form(b, form_b);

    return bytes_equal(bytes_of(form_a, n_a), bytes_of(form_b, n_b));
}

#endif
