#!/usr/bin/python3 -B
"""Random kill -9 of random nodes under load; then all nodes hold the same rows and digest.

Three nodes, more clients than addresses, short leases. Every few hundred milliseconds a random
node is killed and started again a moment later; sometimes two at a time. No address is given to
two clients at one time; at the end the digests and rows of all nodes are equal, and no lease that
was acknowledged and has not ended is missing.
"""
import argparse
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conftest import network, rows  # noqa: E402
from lab import Lab, wait_for  # noqa: E402
from rawclient import ACK, RawClient  # noqa: E402

LEASE_S = 60


class Ledger:
    """Who believes in which address until when; two at once is the failure we look for."""

    def __init__(self):
        self.lock, self.held = threading.Lock(), {}
        self.acks, self.twice = 0, []

    def give(self, address, client, until):
        with self.lock:
            owner, end = self.held.get(address, (None, 0))
            if owner not in (None, client) and end > time.monotonic():
                self.twice.append((address, owner, client))
            self.acks += 1
            self.held[address] = (client, until)

    def current(self):
        with self.lock:
            now = time.monotonic()
            return {(a, c) for a, (c, end) in self.held.items() if end > now}


def clients(lab, namespace, ledger, stop, n):
    """Keeps n clients busy: each obtains, and then rebinds or begins anew."""
    own = [RawClient(lab, namespace) for _ in range(n)]
    while not stop.is_set():
        client = random.choice(own)
        asked = time.monotonic()
        if client.address and random.random() < 0.5:
            ack = client.rebind(0.5)
        else:
            ack = client.obtain(1.0, retry=0.5)
        if ack and ack.type == ACK:
            ledger.give(ack.yiaddr, client.mac.hex(":"), asked + ack.lease)
    for client in own:
        client.close()


def kill_and_start(lab, n_victims):
    victims = random.sample(list(lab.nodes.values()), n_victims)
    for node in victims:
        if not node.is_running():
            raise SystemExit(f"node {node.number} ended by itself:\n{node.log_text()[-3000:]}")
        node.kill()
    time.sleep(random.uniform(0, 0.6))
    for node in victims:
        node.start()
    time.sleep(random.uniform(0.05, 1.0))


def check(lab, ledger):
    if ledger.twice:
        raise SystemExit(f"given twice: {ledger.twice[:5]}")
    for node in lab.nodes.values():
        if not wait_for(node.is_ready, 60):
            raise SystemExit(f"node {node.number} is not ready:\n{node.log_text()[-3000:]}")

    def state(node):
        return (node.sql("select applied_index, digest from cluster"), rows(node))

    def same():
        seen = [state(n) for n in lab.nodes.values()]
        return seen[0] if all(s == seen[0] for s in seen) else None
    seen = wait_for(same, 20)
    if not seen:
        raise SystemExit("the nodes differ: " + repr([state(n)[0] for n in lab.nodes.values()]))
    bound = {(r[0], r[3]) for r in seen[1] if r[1] == "bound"}
    lost = ledger.current() - bound
    if lost:
        raise SystemExit(f"acknowledged and lost: {sorted(lost)[:5]}")
    return seen


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leasehold", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    ledger, stop = Ledger(), threading.Event()
    began = time.monotonic()
    with Lab(options.leasehold) as lab:
        lab.start(network(lease=f"{LEASE_S}s", headroom="5s",
                          pool="192.168.77.100-192.168.77.159"))
        namespace = lab.add_client("raw", "02:00:00:00:aa:aa")
        threads = [threading.Thread(target=clients, args=(lab, namespace, ledger, stop, 20))
                   for _ in range(4)]
        for t in threads:
            t.start()
        try:
            killed = 0
            while killed < options.kills:
                n = 2 if random.random() < 0.15 else 1
                kill_and_start(lab, n)
                killed += n
                if sys.stdout.isatty() or killed % 50 < n:
                    print(f"{killed} kills, {ledger.acks} ACKs,"
                          f" {time.monotonic() - began:.0f} s", flush=True)
        finally:
            time.sleep(3)
            stop.set()
            for t in threads:
                t.join()
        state, held = check(lab, ledger)
        print(f"{killed} kills of random nodes in {time.monotonic() - began:.0f} s,"
              f" {ledger.acks} ACKs, none given twice, none lost;"
              f" index and digest {state[0]} and {len(held)} rows equal on all nodes")


if __name__ == "__main__":
    main()
