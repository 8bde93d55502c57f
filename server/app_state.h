#ifndef SERVER_APP_STATE_H
#define SERVER_APP_STATE_H

#include <uv.h>

#include "replication/peer/host.h"
#include "server/admin/admin.h"
#include "server/app.h"
#include "server/config/settings_file.h"
#include "server/exchange.h"
#include "server/io/neighbour.h"
#include "server/io/udp.h"
#include "server/io/watch.h"

/* App state - what app.c and app_settings.c share. Private to them. */

/* network.yaml beside node.yaml, on its way into a cluster that has no settings yet. */
struct first_settings {
    bool is_over;    /* there are settings, or the file cannot give any */
    bool is_waiting; /* proposed */
    struct settings_file *file;
    uint8_t *text;
    size_t n_text;
    struct proposal proposal;
};

struct app {
    const char *config_path;
    struct node_file *file;
    char database[DATA_PATH_MAX + 16];
    uv_loop_t loop;
    uv_signal_t terminate, interrupt, hangup;
    uv_timer_t tick;

    struct store *store;
    struct udp *udp;
    struct neighbours *neighbours;
    struct watch *watch;
    struct host *host;
    struct exchanges *exchanges;
    struct admin *admin;

    struct first_settings first;
    uint64_t settings_version; /* that was logged last */
    unsigned n_ticks;
    bool is_stopping;
    struct instant stop_began;
};

struct instant app_monotonic(void *data);

/* app_settings.c; every tick: says what settings are in force, and begins with network.yaml. */
void app_settings_tick(struct app *a);

#endif
