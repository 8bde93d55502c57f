#!/usr/bin/python3 -B
"""Three nodes, real clients, a kill -9, and the same leases in SQLite on every node.

Usage: deploy/demo [--relay] [--keep]

  --relay  another story: a client behind a relay, and a machine that boots from the network
  --keep   leave the cluster up and say how to talk to it; Ctrl-C ends it

The nodes stand in network namespaces of this machine. Nothing outside of them is touched, and
all is removed at the end, also after Ctrl-C.
"""
import sys
import time

from lab import client_words, wait_for
from story import Story, run_story

LEASE_S = 20
NETWORK = f"""\
networks:
  - name: lan
    delay-threshold: [{{node: 1, value: none}}, {{node: 2, value: 10s}}, {{node: 3, value: 20s}}]
    lease-time: {{default: {LEASE_S}s, min: 10s, max: 1h}}
    headroom: 10s
    options: {{domain-name-servers: [192.168.77.53], domain-name: demo.example}}
    subnets:
      - subnet: 192.168.77.0/24
        pools: [{{range: 192.168.77.100-192.168.77.200}}]
        options: {{routers: [192.168.77.254]}}
        reservations:
          - {{hw-address: "02:00:00:00:00:03", address: 192.168.77.10, hostname: printer}}
"""
TABLE = "select address, state, hw_address, client_id, expires_at from leases order by address"


class Demo(Story):
    # -- clients

    def add_client(self, program, mac):
        namespace = self.lab.add_client(program[:6], mac)
        self.lab.spawn(namespace, *client_words(program, self.lab, namespace))
        return namespace

    # -- what the nodes hold

    def expiry(self, address):
        """(when it ends, who answered) as the first running node has it."""
        node = next(n for n in self.lab.nodes.values() if n.is_running())
        found = node.sql("select expires_at_ms, node from leases where address = '%s'" % address)
        return found[0] if found else (0, 0)

    # -- the story

    def start(self):
        self.head("Starting three nodes; node 1 answers at once, node 2 waits 10 s, node 3 20 s")
        self.lab.start(NETWORK)
        self.say("the cluster has formed: a majority stores every lease before it is given")

    def first_leases(self):
        self.head("Three real clients ask for an address: dhclient, udhcpc, dhcpcd")
        macs = {"dhclient": "02:00:00:00:00:01", "udhcpc": "02:00:00:00:00:02",
                "dhcpcd": "02:00:00:00:00:03"}
        spaces = {p: self.add_client(p, mac) for p, mac in macs.items()}
        self.given = {p: self.wait_address(p, namespace) for p, namespace in spaces.items()}
        for program, address in self.given.items():
            self.say(f"{program:<9} has {address}" + ("  (reserved for it)" if program == "dhcpcd" else ""))
        self.show_sql(TABLE, self.given.values())
        return spaces

    def kill_and_see(self, spaces):
        old = self.address_of(spaces["udhcpc"])
        before = self.expiry(old)[0]
        self.head("kill -9 of node 1, the one that answers")
        self.lab.nodes[1].kill()
        began = time.monotonic()
        new = self.lab.add_client("new", "02:00:00:00:00:04")
        self.lab.spawn(new, *client_words("udhcpc", self.lab, new))
        address = self.wait_address("a new client", new)
        took = time.monotonic() - began
        node = wait_for(lambda: self.expiry(address)[1], 3)
        self.say(f"a new client has {address} from node {node}, {took:.1f} s after the kill")
        self.say(f"waiting for the client of {old} to renew (its lease is {LEASE_S} s)")
        if not wait_for(lambda: self.expiry(old)[0] > before, LEASE_S + 5):
            self.die(f"the lease of {old} was not renewed")
        if self.address_of(spaces["udhcpc"]) != old:
            self.die("the client lost its address")
        self.say(f"{old} is renewed by node {self.expiry(old)[1]}; the client kept its address")

    def return_of_the_killed(self):
        self.head("Node 1 comes back")
        began = time.monotonic()
        self.lab.nodes[1].start()
        if not wait_for(self.lab.nodes[1].is_ready, 20):
            self.die("node 1 did not come back")
        self.say(f"it has caught up and serves again after {time.monotonic() - began:.1f} s")
        self.show_sql(TABLE, self.given.values())

    def tell(self):
        self.start()
        spaces = self.first_leases()
        self.kill_and_see(spaces)
        self.return_of_the_killed()


if __name__ == "__main__":
    sys.exit(run_story(sys.argv[1:], __doc__, Demo))
