#ifndef PROTO_COMMAND_ENTRY_H
#define PROTO_COMMAND_ENTRY_H

/* Command entry - the frame of a log entry, for the two halves of the command codec alone. */
enum {
    ENTRY_FORMAT = 1,
    ENTRY_HEADER = 8,
    ENTRY_ALIGN = 8,
};

#endif
