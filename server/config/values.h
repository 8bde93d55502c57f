#ifndef CONFIG_VALUES_H
#define CONFIG_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip4.h"

/* Values - the texts of the configuration files that are no plain words or numbers; pure */

#define VALUES_DURATION_MAX_S 0xfffffffdu /* all DHCP can carry but the largest two values */

/*
 * Reads "10m", "1h30m", "1w2d", "500ms" or "0": numbers with units, the larger unit first, each
 * once. A bare number but zero is refused, for nobody can see its unit.
 */
bool values_parse_duration(const char *text, uint64_t *ret_ms);

/* Reads "10.0.0.1-10.0.0.9", with or without spaces around the dash, or one address. */
bool values_parse_range(const char *text, struct ip4_range *ret_range);

/* Reads "ADDRESS:PORT"; neither may be zero. */
bool values_parse_endpoint(const char *text, struct ip4 *ret_address, uint16_t *ret_port);

/* Reads "50%" or "87.5%", below 100%. */
bool values_parse_permille(const char *text, uint32_t *ret_permille);

/* True for 1 to 63 characters a-z, 0-9, '-', '_' and '.'. */
bool values_is_name(const char *text);

/* Reads a decimal number up to @max, nothing before or after it. */
bool values_parse_number(const char *text, uint64_t max, uint64_t *ret_number);

#endif
