#!/usr/bin/python3 -B
"""DORA per second of one node, of three nodes and of Kea, in one run and in turn.

perfdhcp stands behind a relay address on the LAN of network namespaces on this machine. The rate
of a server is the highest rate seen with at most 1 % of the exchanges without their ACK: offered
rates are raised by half until one fails, then the gap is halved. Every round asks each server; the
table shows the medians and the ratio to Kea of the same run. Kea (Debian's, memfile,
single-threaded, lease file written) does not wait for its disk; Leasehold acknowledges after a
majority has.

perfdhcp waits by spinning and takes more than a core for itself. Where it is at its end before
the server is, the rate is at least that (">="). With --share 30 all processes of a server
together have 30 % of one core while its rate is looked for: then no server is faster than its own
work, and the generator is not what is measured.
"""
import argparse
import json
import os
import re
import resource
import signal
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "deploy", "lab"))

from lab import Lab, run, wait_for  # noqa: E402

RELAY = "10.127.255.250"
POOL = "10.0.0.1-10.31.255.254"   # two million addresses
LOSS = 0.01
SNAPSHOT_SECONDS = 5              # longer than one of a million leases takes
NEAR = 1.05                       # two rates closer than this are the same
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


def generator_seconds():
    """CPU time of the generators so far: the servers are never waited for while they run."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Share:
    """with Share(percent, pids): a part of one core for these processes together, by the kernel's
    CPU controller; 0 is no limit."""

    PERIOD = 10000

    def __init__(self, percent, pids):
        self.quota = self.PERIOD * percent // 100
        self.pids = pids

    def __enter__(self):
        if self.quota == 0:
            return
        for self.root, settings in (
                ("/sys/fs/cgroup/cpu", {"cpu.cfs_period_us": self.PERIOD,
                                        "cpu.cfs_quota_us": self.quota}),
                ("/sys/fs/cgroup", {"cpu.max": f"{self.quota} {self.PERIOD}"})):
            if os.path.exists(os.path.join(self.root, "cgroup.procs")):
                break
        else:
            raise RuntimeError("--share: this machine has no CPU controller under /sys/fs/cgroup")
        self.folder = os.path.join(self.root, f"leasehold-bench-{os.getpid()}")
        os.mkdir(self.folder)
        for key, value in settings.items():
            self.write(self.folder, key, value)
        self.move(self.folder)

    def __exit__(self, *_):
        if self.quota != 0:
            self.move(self.root)
            os.rmdir(self.folder)

    def move(self, folder):
        for pid in self.pids:
            if os.path.exists(f"/proc/{pid}"):
                self.write(folder, "cgroup.procs", pid)

    @staticmethod
    def write(folder, key, value):
        with open(os.path.join(folder, key), "w") as f:
            f.write(str(value))


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
        self.is_kept_up_with = self.begun >= 0.95 * rate * seconds  # by the generator

    def answers(self):
        """(seconds since the start, delay in ms) of each answer."""
        pairs = re.findall(r"sent / received: (\d+\.\d+) / (\d+\.\d+)", self.text)
        return [(float(a), 1000 * (float(b) - float(a))) for a, b in pairs]

    def delays_ms(self):
        return sorted(delay for _, delay in self.answers())


def percentile(values, share):
    return values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


class Server:
    """Servers in a lab of their own, and the generator beside them."""

    def __init__(self, name, leasehold, nodes, tls=True):
        self.name = name
        self.lab = Lab(leasehold, nodes, tls)
        # frames through the lab's bridges are no business of the machine's firewall
        run("ip", "netns", "exec", self.lab.switch, "sysctl", "-qw",
            "net.bridge.bridge-nf-call-iptables=0", check=False)
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

    def close(self):
        self.lab.close()

    def best(self, start, options):
        """The fastest run within the allowed loss, as a Found."""
        with Share(options.share, self.pids()):
            return self.search(start, options.probes, options.seconds)

    def search(self, start, probes, seconds):
        low, high, found = 0, None, Found()
        rate = start
        for _ in range(probes):
            before, generator = self.cpu(), generator_seconds()
            seen = self.load(rate, seconds)
            if seen.loss <= LOSS and seen.rate > found.rate:
                done = max(1, seen.done)
                found = Found(seen.rate, 1e6 * (self.cpu() - before) / done,
                              1e6 * (generator_seconds() - generator) / done, found.is_generator)
            if seen.loss <= LOSS and seen.is_kept_up_with:
                low = rate
            else:
                high = rate
                found.is_generator = seen.loss <= LOSS
            rate = int((low + high) / 2) if high else int(rate * 1.5)
            if high and high < low * NEAR:
                break
        return found


class Found:
    """A rate, CPU microseconds per DORA of servers and generator, and whether the generator was
    what ended the search."""

    def __init__(self, rate=0.0, cost=0.0, generator=0.0, is_generator=False):
        self.rate, self.cost, self.generator = rate, cost, generator
        self.is_generator = is_generator

    def __str__(self):
        at_least = ">=" if self.is_generator else "  "
        return (f"{at_least}{self.rate:7.0f} DORA/s {self.cost:6.1f} us CPU"
                f" (generator {self.generator:.0f} us)")


class Leasehold(Server):
    def start(self):
        self.lab.start(NETWORK)


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
    delays = {name: [] for name in found}
    start = dict.fromkeys(found, options.start)
    for turn in range(options.rounds):
        for name, results in found.items():
            server = make(name, options.leasehold)
            try:
                results.append(server.best(start[name], options))
                start[name] = int(0.8 * results[-1].rate) or options.start
                delays[name] += server.load(1000, 3, timers=True).delays_ms()
            finally:
                server.close()
            print(f"round {turn + 1}  {name:<12} {results[-1]}", flush=True)
    table(found, delays)


def median(results, what):
    return statistics.median(getattr(r, what) for r in results)


def table(found, delays):
    kea_rate, kea_cost = median(found["kea"], "rate"), median(found["kea"], "cost")
    print(f"\n{'medians':<12} {'DORA/s':>9} {'ratio':>6}  {'CPU us/DORA':>12} {'ratio':>6}"
          f"   ms at 1000/s: {'p50':>6} {'p99':>6} {'p99.9':>6} {'max':>6}")
    for name, results in found.items():
        rate, cost = median(results, "rate"), median(results, "cost")
        at_least = ">=" if any(r.is_generator for r in results) else ""
        seen = sorted(delays[name])
        shown = " ".join(f"{percentile(seen, p):6.1f}" for p in (0.5, 0.99, 0.999, 1))
        print(f"{name:<12} {at_least + format(rate, '.0f'):>9} {rate / max(kea_rate, 1):6.2f}"
              f"  {cost:12.1f} {kea_cost / max(cost, 0.1):6.2f}   {'':<13} {shown}")


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


class Snapshots(threading.Thread):
    """Notes when snapshots were finished, in seconds since it was started."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.times, self.is_over = node, [], False
        self.began = time.monotonic()

    def count(self):
        return json.loads(self.node.ctl("status", "--json"))["counters"]["snapshots_taken"]

    def run(self):
        before = self.count()
        while not self.is_over:
            time.sleep(0.1)
            now = self.count()
            self.times += [time.monotonic() - self.began] * (now - before)
            before = now

    def end(self):
        self.is_over = True
        self.join()


def stalls(server, options):
    """Answers at 2000/s while snapshots are taken, and the longest within each of them."""
    snapshots = Snapshots(server.lab.nodes[1])
    snapshots.start()
    answers = server.load(2000, options.window, timers=True).answers()
    snapshots.end()
    delays = sorted(delay for _, delay in answers)
    print("ms at 2000/s: " + ", ".join(f"p{100 * p:g} {percentile(delays, p):.1f}"
                                       for p in (0.5, 0.99, 0.999, 0.9999))
          + f", max {delays[-1]:.1f}")
    for at in snapshots.times:
        inside = [delay for sent, delay in answers if at - SNAPSHOT_SECONDS <= sent <= at + 0.5]
        print(f"snapshot finished at {at:.1f} s of {options.window}: longest answer from"
              f" {SNAPSHOT_SECONDS} s before {max(inside, default=float('nan')):.1f} ms")
    if not snapshots.times:
        raise RuntimeError("no snapshot was taken in that time: --window is too short")


def million(options):
    server = make("one node", options.leasehold)
    node = server.lab.nodes[1]
    try:
        fill(server, 1000, 500)
        small = [server.best(options.start, options) for _ in range(options.rounds)]
        for result in small:
            print(f"few leases    {result}")
        filled = make_million(server, options)
        large = [server.best(options.start, options) for _ in range(options.rounds)]
        for result in large:
            print(f"many leases   {result}")
        print(f"with a few leases {median(small, 'rate'):.0f}/s at {median(small, 'cost'):.1f} us,"
              f" with {filled} and more {median(large, 'rate'):.0f}/s at"
              f" {median(large, 'cost'):.1f} us: rates"
              f" {median(large, 'rate') / median(small, 'rate'):.2f},"
              f" costs {median(small, 'cost') / median(large, 'cost'):.2f}")
        print(f"memory: {memory_mb(node.process.pid)} MB now,"
              f" {memory_mb(node.process.pid, 'VmHWM')} MB at most")
        stalls(server, options)
        print(f"kill -9 to answering again: {restart(server):.1f} s,"
              f" memory then {memory_mb(node.process.pid)} MB")
    finally:
        server.close()


def make_million(server, options):
    began = time.monotonic()
    count = fill(server, options.leases, options.fill_rate)
    print(f"filled to {count} leases in {time.monotonic() - began:.0f} s", flush=True)
    return count


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leasehold", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3, help="rounds, at least 3 for a median")
    parser.add_argument("--start", type=int, default=4000, help="first rate offered")
    parser.add_argument("--probes", type=int, default=8, help="runs to find a rate, at most")
    parser.add_argument("--seconds", type=int, default=2, help="length of a run")
    parser.add_argument("--share", type=int, default=0, metavar="PERCENT",
                        help="of one core for all processes of a server (default: no limit)")
    parser.add_argument("--million", action="store_true",
                        help="instead: one node as its leases grow to a million")
    parser.add_argument("--tls", action="store_true",
                        help="instead: the CPU of three nodes with TLS between them and without")
    parser.add_argument("--leases", type=int, default=1000000)
    parser.add_argument("--fill-rate", type=int, default=10000)
    parser.add_argument("--window", type=int, default=20,
                        help="seconds of answers in which a snapshot has to be seen")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Buffers():
        (million if options.million else tls if options.tls else compare)(options)


if __name__ == "__main__":
    main()
