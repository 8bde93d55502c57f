#!/usr/bin/python3 -B
"""DORA per second of one node, of three nodes and of Kea, in one run and in turn.

perfdhcp stands behind a relay address on the LAN of network namespaces on this machine. The rate
of a server is the highest offered rate at which at most 1 % of the exchanges stay without their
ACK. Every round asks each server; the table shows the medians and the ratio to Kea of the same
run. Kea (Debian's, memfile, single-threaded, lease file written) does not wait for its disk;
Leasehold acknowledges after a majority has.
"""
import argparse
import json
import os
import re
import signal
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "deploy", "lab"))

from lab import Lab, run, wait_for  # noqa: E402

RELAY = "10.127.255.250"
POOL = "10.0.0.1-10.31.255.254"   # two million addresses
LOSS = 0.01
NETWORK = f"""\
networks:
  - name: lan
    lease-time: {{default: 1h, min: 1m, max: 1d}}
    subnets:
      - {{subnet: 10.0.0.0/9, pools: [{{range: {POOL}}}]}}
"""


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid, what="VmRSS"):
    with open(f"/proc/{pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(what)) // 1024


class Load:
    """What one run of perfdhcp saw."""

    def __init__(self, lab, generator, target, rate, seconds, clients, timers=False, base=0):
        mac = f"mac=0c:01:{base >> 24 & 255:02x}:{base >> 16 & 255:02x}:" \
              f"{base >> 8 & 255:02x}:{base & 255:02x}"
        self.text = run(
            "ip", "netns", "exec", generator, "perfdhcp", "-4", "-l", RELAY, "-b", mac,
            "-r", str(rate), "-R", str(clients), "-p", str(seconds), "-W", "500000",
            "-xit" if timers else "-xi", *target, check=False)
        sent = [int(n) for n in re.findall(r"sent packets: (\d+)", self.text)]
        received = [int(n) for n in re.findall(r"received packets: (\d+)", self.text)]
        if len(sent) < 2:
            raise RuntimeError(self.text[-2000:])
        self.begun, self.done = sent[0], received[1]
        self.loss = 1 - self.done / max(1, self.begun)
        self.rate = self.done / seconds

    def delays_ms(self):
        pairs = re.findall(r"sent / received: (\d+\.\d+) / (\d+\.\d+)", self.text)
        return sorted(1000 * (float(b) - float(a)) for a, b in pairs)


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Server:
    """Servers in a lab of their own, and the generator beside them."""

    def __init__(self, name, leasehold, nodes, tls=True):
        self.name = name
        self.lab = Lab(leasehold, nodes, tls)
        for node in self.lab.nodes.values():
            self.lab.ip(node.namespace, "address", "add", f"10.127.255.{node.number}/9",
                        "brd", "+", "dev", "lan0")
            self.lab.ip(node.namespace, "address", "del", f"{node.address}/24", "dev", "lan0")
        self.generator = self.lab.add_client("gen", "02:00:00:00:ff:01")
        self.lab.ip(self.generator, "address", "add", f"{RELAY}/9", "brd", "+", "dev", "eth0")
        self.target = ["10.127.255.1"] if nodes == 1 else ["-B", "255.255.255.255"]
        self.next_client = 0
        try:
            self.start()
        except BaseException:
            self.lab.close()
            raise

    def pids(self):
        return [n.process.pid for n in self.lab.nodes.values()]

    def load(self, rate, seconds, timers=False, clients=1 << 20):
        """Every run brings clients that were never seen before."""
        base, self.next_client = self.next_client, self.next_client + int(rate * seconds * 1.2)
        return Load(self.lab, self.generator, self.target, rate, seconds, clients, timers, base)

    def cpu(self):
        return sum(cpu_seconds(pid) for pid in self.pids())

    def best(self, start, probes, seconds):
        """(DORA/s, CPU microseconds per DORA) of the fastest run within the allowed loss."""
        low, high, found = 0, None, (0.0, 0.0)
        rate = start
        for _ in range(probes):
            before = self.cpu()
            seen = self.load(rate, seconds)
            cost = 1e6 * (self.cpu() - before) / max(1, seen.done)
            if seen.loss <= LOSS:
                low, found = rate, max(found, (seen.rate, cost))
            if seen.loss > LOSS or seen.begun < 0.9 * rate * seconds:
                high = rate  # too much for the server, or for the generator itself
            rate = int((low + high) / 2) if high else int(rate * 1.5)
        return found


class Leasehold(Server):
    def start(self):
        self.lab.start(NETWORK)

    def close(self):
        self.lab.close()


class Kea(Server):
    def start(self):
        folder = self.lab.folder
        configuration = {"Dhcp4": {
            "interfaces-config": {"interfaces": ["lan0"], "dhcp-socket-type": "udp"},
            "lease-database": {"type": "memfile", "persist": True, "lfc-interval": 0,
                               "name": f"{folder}/kea.csv"},
            "multi-threading": {"enable-multi-threading": False},
            "valid-lifetime": 3600,
            "subnet4": [{"subnet": "10.0.0.0/9", "pools": [{"pool": POOL}]}],
            "loggers": [{"name": "kea-dhcp4", "severity": "ERROR",
                         "output_options": [{"output": f"{folder}/kea.log"}]}]}}
        with open(f"{folder}/kea.json", "w") as f:
            json.dump(configuration, f)
        node = self.lab.nodes[1]
        node.process = self.lab.spawn(
            node.namespace, "env", f"KEA_PIDFILE_DIR={folder}", f"KEA_LOCKFILE_DIR={folder}",
            "kea-dhcp4", "-c", f"{folder}/kea.json")
        if not wait_for(lambda: self.load(10, 1).done > 0, 15):
            raise RuntimeError("kea-dhcp4 does not answer")

    def close(self):
        self.lab.close()


class Buffers:
    """Larger socket buffers for everybody while the benchmark runs: with the default ones the
    generator drops replies on two cores before a server is at its end."""

    PATH = "/proc/sys/net/core/rmem_default"

    def __enter__(self):
        with open(self.PATH) as f:
            self.before = f.read()
        self.write(str(8 << 20))
        print(f"net.core.rmem_default is {8 << 20} for the run and {self.before.strip()} after it")

    def __exit__(self, *_):
        self.write(self.before)

    def write(self, value):
        with open(self.PATH, "w") as f:
            f.write(value)


def make(name, leasehold):
    if name == "kea":
        return Kea(name, leasehold, 1)
    return Leasehold(name, leasehold, 3 if name == "three nodes" else 1)


def compare(options):
    found = {name: [] for name in ("kea", "one node", "three nodes")}
    delays = {}
    for turn in range(options.rounds):
        for name, results in found.items():
            server = make(name, options.leasehold)
            try:
                results.append(server.best(options.start, options.probes, options.seconds))
                if turn == 0:
                    delays[name] = server.load(1000, 5, timers=True).delays_ms()
            finally:
                server.close()
            print(f"round {turn + 1}  {name:<12} {results[-1][0]:8.0f} DORA/s"
                  f" {results[-1][1]:6.0f} us CPU", flush=True)
    table(found, delays)


def table(found, delays):
    kea = statistics.median(r[0] for r in found["kea"])
    print(f"\n{'':<12} {'DORA/s':>8} {'ratio':>6} {'CPU us/DORA':>12}"
          f"   ms at 1000/s: {'p50':>6} {'p99':>6} {'p99.9':>6} {'max':>6}")
    for name, results in found.items():
        rate = statistics.median(r[0] for r in results)
        cost = statistics.median(r[1] for r in results)
        shown = " ".join(f"{percentile(delays[name], p):6.1f}" for p in (0.5, 0.99, 0.999, 1))
        print(f"{name:<12} {rate:8.0f} {rate / max(kea, 1):6.2f} {cost:12.0f}   {'':<13} {shown}")


def tls(options):
    """What TLS between three nodes costs: CPU at one rate, with it and without it in turn."""
    found = {"with TLS": [], "without": []}
    for _ in range(options.rounds):
        for name, costs in found.items():
            server = Leasehold(name, options.leasehold, 3, tls=name == "with TLS")
            try:
                server.load(options.start, 1)
                before = server.cpu()
                seen = server.load(options.start, options.seconds)
                costs.append(1e6 * (server.cpu() - before) / max(1, seen.done))
                print(f"{name:<9} {costs[-1]:6.0f} us CPU of three nodes per DORA,"
                      f" {seen.rate:.0f} DORA/s", flush=True)
            finally:
                server.close()
    costs = {name: statistics.median(values) for name, values in found.items()}
    print(f"medians {costs['with TLS']:.0f} and {costs['without']:.0f} us:"
          f" ratio {costs['with TLS'] / costs['without']:.2f}")


def fill(server, leases, rate):
    """Gives out leases until there are so many; returns how many there are."""
    node = server.lab.nodes[1]
    count = 0
    while count < leases:
        server.load(rate, 5)
        count = node.sql("select count(*) from lease")[0][0]
        print(f"  {count} leases", end="\r", flush=True)
    print()
    return count


def restart(server):
    node = server.lab.nodes[1]
    node.kill()
    began = time.monotonic()
    node.start()
    if not wait_for(node.is_ready, 60):
        raise RuntimeError(node.log_text()[-2000:])
    return time.monotonic() - began


def snapshots_taken(node):
    return json.loads(node.ctl("status", "--json"))["counters"]["snapshots_taken"]


def million(options):
    server = make("one node", options.leasehold)
    node = server.lab.nodes[1]
    try:
        fill(server, 1000, 500)
        small = [server.best(options.start, options.probes, options.seconds)
                 for _ in range(options.rounds)]
        print("filling", flush=True)
        count = fill(server, options.leases, options.fill_rate)
        large = [server.best(options.start, options.probes, options.seconds)
                 for _ in range(options.rounds)]
        before = statistics.median(r[0] for r in small)
        after = statistics.median(r[0] for r in large)
        print(f"rate with a few leases {before:.0f}/s, with {count} leases {after:.0f}/s:"
              f" ratio {after / before:.2f}")
        print(f"memory with {count} leases: {memory_mb(node.process.pid)} MB now,"
              f" {memory_mb(node.process.pid, 'VmHWM')} MB at most")
        print(f"kill -9 to answering again: {restart(server):.1f} s,"
              f" memory then {memory_mb(node.process.pid)} MB")
        before = snapshots_taken(node)
        delays = server.load(2000, 30, timers=True).delays_ms()
        print("ms while snapshots are taken, at 2000/s: "
              + ", ".join(f"p{100 * p:g} {percentile(delays, p):.1f}"
                          for p in (0.5, 0.99, 0.999, 0.9999)) + f", max {delays[-1]:.1f}")
        print(f"snapshots in that time: {snapshots_taken(node) - before}")
    finally:
        server.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leasehold", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="rounds, at least 3 for a median")
    parser.add_argument("--start", type=int, default=4000, help="first rate offered")
    parser.add_argument("--probes", type=int, default=6, help="runs to find a rate")
    parser.add_argument("--seconds", type=int, default=3, help="length of a run")
    parser.add_argument("--million", action="store_true",
                        help="instead: one node as its leases grow to a million")
    parser.add_argument("--tls", action="store_true",
                        help="instead: the CPU of three nodes with TLS between them and without")
    parser.add_argument("--leases", type=int, default=1000000)
    parser.add_argument("--fill-rate", type=int, default=6000)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Buffers():
        (million if options.million else tls if options.tls else compare)(options)


if __name__ == "__main__":
    main()
