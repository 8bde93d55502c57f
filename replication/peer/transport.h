#ifndef REPLICATION_PEER_TRANSPORT_H
#define REPLICATION_PEER_TRANSPORT_H

#include <uv.h>

#include "base/bytes.h"

/*
 * Transport - what stands between a connection's frames and its socket
 *
 * Plain TCP: nothing. This is the seam for mutual TLS: connection.c reads and writes through
 * these functions alone, so a transport that keeps a session per stream, decrypts in
 * transport_read() and encrypts in transport_write() changes no other file.
 */

/* Sets what every peer socket needs: no delay, an end to unacknowledged data. Returns 0 or ERR_IO. */
int transport_prepare(uv_tcp_t *tcp);

/* Starts to read: @room lends memory, @read says how much of it was filled. Returns 0 or ERR_IO. */
int transport_read(uv_tcp_t *tcp, uv_alloc_cb room, uv_read_cb read);

/* Writes @b, which stays valid until @written. Returns 0 or ERR_IO. */
int transport_write(uv_write_t *request, uv_tcp_t *tcp, struct bytes b, uv_write_cb written);

#endif
