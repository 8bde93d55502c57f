#ifndef STORAGE_FINDINGS_H
#define STORAGE_FINDINGS_H

#include "storage/network.h"

/* Findings - what a check of settings has found so far; private to settings_check(). */
struct findings {
    const struct settings *settings;
    struct settings_problem *problems;
    unsigned max, n;
    struct settings_problem here; /* the place that is being looked at */
    bool is_out_of_memory;
};

struct settings_problem findings_nowhere(void);

/* Adds a problem at the present place. */
void findings_add(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A name as networks and classes have it: 1 to 63 characters a-z 0-9 - _ . */
bool findings_name_is_good(struct bytes name);

void findings_check_options(struct findings *f, struct option_list options);
void findings_check_boot(struct findings *f, const struct boot_settings *b);

void findings_check_classes(struct findings *f);
void findings_check_reservation(
    struct findings *f, const struct subnet *s, const struct reservation *r);

/* Returns how many addresses the pools of @s have. */
uint64_t findings_check_subnet(struct findings *f, const struct subnet *s);

/* T1 before T2, where the two can be compared without knowing the lease time (RFC 2131 4.4.5). */
void findings_check_moments(struct findings *f, const struct lease_times *t);

void findings_check_reservations(struct findings *f, const struct subnet *s);

/* In @s, and neither its network address nor its broadcast address (RFC 3021: /31 has none). */
bool subnet_has_host(const struct subnet *s, struct ip4 a);

/* An address as text, as a value: one sentence can hold several. */
struct address_text {
    char text[IP4_TEXT_MAX];
};

struct address_text address_text_of(struct ip4 a);

/* Can a host have it? Not 0/8, 127/8, multicast or above. */
bool address_is_unicast(struct ip4 a);

#endif
