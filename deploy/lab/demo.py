#!/usr/bin/python3 -B
"""Three nodes, real clients, a kill -9, and the same leases in SQLite on every node.

Usage: deploy/demo [--keep]

  --keep   leave the cluster up and say how to talk to it; Ctrl-C ends it

The nodes stand in network namespaces of this machine. Nothing outside of them is touched, and
all is removed at the end, also after Ctrl-C.
"""
import re
import signal
import sys
import time

from lab import Lab, client_words, run, wait_for

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


class Demo:
    def __init__(self, lab):
        self.lab, self.began = lab, time.monotonic()
        self.bold, self.plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def head(self, text):
        self.say(f"{self.bold}{text}{self.plain}")

    def show(self, text):
        for line in text.rstrip().splitlines():
            print(f"          {line}", flush=True)

    def die(self, text):
        self.say(text)
        for node in self.lab.nodes.values():
            self.show(f"-- end of the log of node {node.number}\n" + node.log_text()[-1500:])
        raise SystemExit(1)

    # -- clients

    def add_client(self, program, mac):
        namespace = self.lab.add_client(program[:6], mac)
        self.lab.spawn(namespace, *client_words(program, self.lab, namespace))
        return namespace

    def address_of(self, namespace):
        listed = self.lab.ip(namespace, "-4", "address", "show", "dev", "eth0")
        found = re.search(r"inet (\S+)/", listed)
        return found and found.group(1)

    def wait_address(self, program, namespace, seconds=20):
        address = wait_for(lambda: self.address_of(namespace), seconds)
        if not address:
            self.die(f"{program} got no address within {seconds} s")
        return address

    # -- what the nodes hold

    def expiry(self, address):
        """(when it ends, who answered) as the first running node has it."""
        node = next(n for n in self.lab.nodes.values() if n.is_running())
        found = node.sql("select expires_at_ms, node from leases where address = '%s'" % address)
        return found[0] if found else (0, 0)

    def equal(self, seconds=3):
        nodes = [n for n in self.lab.nodes.values() if n.is_running()]
        return wait_for(lambda: len({repr(n.sql(TABLE)) for n in nodes}) == 1, seconds)

    def show_sql(self):
        if not self.equal():
            self.die("the nodes differ")
        nodes = [n for n in self.lab.nodes.values() if n.is_running()]
        self.show(run("sqlite3", "-readonly", "-column", "-header", nodes[0].database, TABLE))
        names = ", ".join(f"node {n.number}" for n in nodes)
        self.say(f"the same rows in leases.db on {names}")

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
        for program, namespace in spaces.items():
            self.say(f"{program:<9} has {self.wait_address(program, namespace)}"
                     + ("  (reserved for it)" if program == "dhcpcd" else ""))
        self.show_sql()
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
        self.show_sql()

    def keep(self):
        self.head("The cluster stays up. Ctrl-C ends it.")
        server, node = self.lab.leasehold, self.lab.nodes[2]
        self.show(f"{server} status --socket {node.socket}\n"
                  f"{server} lease list --socket {node.socket}\n"
                  f"sqlite3 -readonly {node.database} 'select * from active_leases'\n"
                  f"ip netns exec {self.lab.namespaces[-1]} ip address   # a client\n"
                  f"kill -9 {self.lab.nodes[1].process.pid}   # node 1\n"
                  f"logs: {self.lab.folder}/node*/log")
        while True:
            signal.pause()


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    words = sys.argv[1:]
    if "--help" in words or "-h" in words:
        print(__doc__.strip())
        return 0
    unknown = [w for w in words[:-1] if w != "--keep"]
    if unknown or not words:
        print(f"demo: unknown option {' '.join(unknown)}; see deploy/demo --help", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        with Lab(words[-1]) as lab:
            demo = Demo(lab)
            demo.start()
            spaces = demo.first_leases()
            demo.kill_and_see(spaces)
            demo.return_of_the_killed()
            if "--keep" in words:
                demo.keep()
            demo.head("Done. Everything is removed again.")
    except KeyboardInterrupt:
        print("\nInterrupted; everything is removed again.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
