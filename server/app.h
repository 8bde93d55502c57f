#ifndef SERVER_APP_H
#define SERVER_APP_H

/*
 * App - one node: builds everything in order, runs the loop, and ends
 *
 * Crash-only inside: whatever cannot go on is logged and ends the process, and the next start
 * replays. A stop that was asked for says so to the peers first.
 */
enum app_exit {
    APP_STOPPED = 0,
    APP_REFUSED = 1,   /* the configuration or the data folder; the reason is printed */
    APP_INTERNAL = 70, /* an error of this machine or of ours; the reason is logged */
};

/* Runs the node of node.yaml at @config_path until SIGTERM or SIGINT. Returns an app_exit. */
int app_serve(const char *config_path);

#endif
