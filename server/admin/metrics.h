#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include <jansson.h>

/*
 * Metrics - a node's status in the text format of Prometheus (version 0.0.4)
 *
 * Pure: metrics.def says which value of the status is which metric, so that what is scraped and
 * what `leasehold status --json` shows are the same.
 */

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Renders @status, as GET /v1/status answers it. Returns a malloc()ed text, or NULL when out of
 * memory. What the status lacks is left out. */
char *metrics_render(const json_t *status);

#endif
