#ifndef REPLICATION_IDENTITY_H
#define REPLICATION_IDENTITY_H

#include "proto/peer.h"

/*
 * Identity - which node of which cluster a data folder belongs to
 *
 * The file `identity` in the folder: a few lines of key=value, replaced as a whole and synced at
 * every start. `incarnation` is drawn once, when the folder is first used; `boot` grows with every
 * start. The open identity locks the folder against a second process.
 */
enum {
    IDENTITY_FORMAT = 1,
    IDENTITY_TEXT_MAX = 512,
};

struct identity {
    char cluster[CLUSTER_NAME_MAX];
    uint32_t node;
    uint64_t incarnation; /* not 0 */
    uint64_t boot_id;     /* greater than that of every earlier start */
    bool is_formed;       /* a log was begun in this folder: it must not be begun again */
    bool is_new;          /* made by this start */
    int lock;             /* a file descriptor, -1: none */
};

enum identity_outcome {
    IDENTITY_OTHER_CLUSTER = 1,
    IDENTITY_OTHER_NODE = 2,
    IDENTITY_NEWER_FORMAT = 3, /* written by a newer program */
    IDENTITY_UNREADABLE = 4,   /* there, but not what we wrote */
    IDENTITY_IN_USE = 5,       /* by another process */
    IDENTITY_NOT_WRITABLE = 6,
};

/* A sentence with the next step, for the operator. */
const char *identity_outcome_text(int outcome);

/*
 * Opens the identity in @folder, which must exist, or makes one, for node @node of @cluster, and
 * writes its next boot id: the wall clock's milliseconds, or more when that went back.
 * Returns 0, ERR_* or an outcome.
 */
struct identity_options {
    const char *folder;
    const char *cluster;
    uint32_t node;
    struct instant wall;
};

int identity_open(struct identity *ret_identity, const struct identity_options *options);
void identity_close(struct identity *id);

/* Notes that the folder has its log now. Returns 0, ERR_IO. */
int identity_set_formed(struct identity *id, const char *folder);

/* The file's text; pure. */
size_t identity_format(const struct identity *id, char out[IDENTITY_TEXT_MAX]);

/* Returns 0, IDENTITY_NEWER_FORMAT or IDENTITY_UNREADABLE. */
int identity_parse(struct bytes text, struct identity *ret_identity);

#endif
