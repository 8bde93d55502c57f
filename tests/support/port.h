#ifndef TESTS_SUPPORT_PORT_H
#define TESTS_SUPPORT_PORT_H

/*
 * A TCP port of 127.0.0.1 that is free now. It is below those that the kernel gives to whoever
 * connects, so that no connection of another test takes it before it is listened on.
 */
unsigned port_find(void);

#endif
