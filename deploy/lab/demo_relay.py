#!/usr/bin/python3 -B
"""A client behind a relay, a machine that boots from the network, and a kill -9 in between.

Usage: deploy/demo --relay [--keep]

  --keep   leave the cluster up and say how to talk to it; Ctrl-C ends it

The nodes stand in network namespaces of this machine. Nothing outside of them is touched, and
all is removed at the end, also after Ctrl-C.
"""
import sys
import time

from lab import client_words, wait_for
from machine import Machine
from story import Story, run_story

LEASE_S = 20
NETWORK = f"""\
classes:
  - {{name: ipxe, match: {{user-class: iPXE}}, boot-file: boot/demo.ipxe}}
networks:
  - name: lan
    lease-time: {{default: {LEASE_S}s, min: 10s, max: 1h}}
    next-server: 192.168.77.60
    boot-file: ipxe.pxe
    subnets:
      - subnet: 192.168.77.0/24
        pools: [{{range: 192.168.77.100-192.168.77.200}}]
        options: {{routers: [192.168.77.254]}}
  - name: branch
    lease-time: {{default: {LEASE_S}s, min: 10s, max: 1h}}
    headroom: 10s
    subnets:
      - subnet: 10.88.0.0/24
        pools: [{{range: 10.88.0.100-10.88.0.200}}]
        options: {{routers: [10.88.0.1]}}
"""
TABLE = ("select address, network, hw_address, relay, circuit_id, node from leases "
         "where state = 'bound' order by address_n")


class RelayDemo(Story):
    def start(self):
        self.head("Starting three nodes on the LAN, and a router to a branch network with ISC's dhcrelay on it")
        self.lab.add_bridge("branch")
        self.lab.add_router("relay", "branch", "192.168.77.250", "10.88.0.1/24")
        self.lab.start(NETWORK)
        self.say("no node has an interface in the branch; the relay sends each message to all three")

    def branch_client(self, name, mac):
        """A real client in the branch; it gets the default route that option 3 would give it."""
        namespace = self.lab.add_client(name, mac, bridge="branch")
        self.lab.spawn(namespace, *client_words("udhcpc", self.lab, namespace))
        address = self.wait_address(f"udhcpc in the branch ({name})", namespace)
        self.lab.ip(namespace, "route", "add", "default", "via", "10.88.0.1")
        self.say(f"udhcpc in the branch has {address}")
        return namespace, address

    def lease(self, address):
        """(when it ends, who answered) as the first running node has it."""
        node = next(n for n in self.lab.nodes.values() if n.is_running())
        found = node.sql(f"select expires_at_ms, node from leases where address = '{address}'")
        return found[0] if found else (0, 0)

    def behind_the_relay(self):
        self.head("A client in the branch asks for an address")
        first = self.branch_client("first", "02:00:00:00:08:01")
        self.show_sql(TABLE, [first[1]])
        return first

    def kill_and_see(self, namespace, address):
        before, node = self.lease(address)
        self.head(f"kill -9 of node {node}, the one that answered")
        self.lab.nodes[node].kill()
        self.branch_client("second", "02:00:00:00:08:02")
        self.say(f"waiting for the client of {address} to renew (its lease is {LEASE_S} s)")
        if not wait_for(lambda: self.lease(address)[0] > before, LEASE_S + 10):
            self.die(f"the lease of {address} was not renewed")
        if self.address_of(namespace) != address:
            self.die("the client lost its address")
        self.say(f"{address} is renewed by node {self.lease(address)[1]}; the client kept its address")
        self.lab.nodes[node].start()
        if not wait_for(self.lab.nodes[node].is_ready, 20):
            self.die(f"node {node} did not come back")
        self.say(f"node {node} is back")

    def boot(self):
        self.head("A virtual machine on the LAN boots from the network; its iPXE is in a class with a boot file")
        machine = Machine(self.lab, "vm", "02:00:00:00:08:03")
        began = time.monotonic()
        machine.start()
        told = machine.booted_from(60)
        if not told:
            self.die("\n".join(["the machine got no boot file; its screen:", *machine.screen()[-10:]]))
        self.show("\n".join(line.split(" -- ")[0] for line in machine.screen()
                            if line.startswith(("iPXE 1", "net0: 192", "Next server", "Filename"))))
        self.say(f"after {time.monotonic() - began:.1f} s it is told to fetch {told[1]} from {told[0]}")
        self.show_sql(TABLE, [])

    def tell(self):
        self.start()
        namespace, address = self.behind_the_relay()
        self.kill_and_see(namespace, address)
        self.boot()


if __name__ == "__main__":
    sys.exit(run_story(sys.argv[1:], __doc__, RelayDemo))
