#!/usr/bin/python3 -B
"""The leader is killed at a random moment of an operator's change; nothing is half, nothing lost.

Three nodes. Each round makes one change on a random node (a reservation added, changed or removed,
a client blocked, settings applied) and kills the leader with kill -9 meanwhile. A change that was
told as done is there on every node; one that was refused or got no result is there on all of them
or on none; and the views of all nodes are equal after every round.
"""
import argparse
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from conftest import network  # noqa: E402
from lab import Lab, wait_for  # noqa: E402

FIRST_HOST, LAST_HOST = 20, 90


class Change:
    """One change: its command line, and how to see in a database whether it is in force."""

    def __init__(self, lab, serial):
        self.mac = f"02:00:00:01:{serial >> 8 & 255:02x}:{serial & 255:02x}"
        self.host = FIRST_HOST + serial % (LAST_HOST - FIRST_HOST)
        self.address = f"192.168.77.{self.host}"
        kinds = [self.add, self.block, self.settings]
        if self.is_reserved(next(iter(lab.nodes.values()))):
            kinds = [self.set, self.remove]
        self.serial, self.folder = serial, lab.folder
        random.choice(kinds)()

    def is_reserved(self, node):
        return node.sql("select count(*) from reservations where origin = 'command' and address = "
                        f"'{self.address}'") == [(1,)]

    def add(self):
        self.words = ["reservation", "add", self.address, "--hw-address", self.mac]
        self.is_in_force = self.is_reserved

    def set(self):
        self.words = ["reservation", "set", self.address, "--comment", f"change {self.serial}"]
        self.is_in_force = lambda node: node.sql(
            "select count(*) from reservations where comment = "
            f"'change {self.serial}' and address = '{self.address}'") == [(1,)]

    def remove(self):
        self.words = ["reservation", "remove", self.address]
        self.is_in_force = lambda node: not self.is_reserved(node)

    def block(self):
        self.words = ["block", "add", "--hw-address", self.mac]
        self.is_in_force = lambda node: node.sql(
            f"select count(*) from blocks where value = '{self.mac}'") == [(1,)]

    def settings(self):
        path = os.path.join(self.folder, "changed.yaml")
        with open(path, "w") as f:
            f.write(network() + f"# change {self.serial}\n")
        self.words = ["settings", "apply", path]
        self.is_in_force = lambda node: node.sql(
            "select count(*) from settings where instr(source, "
            f"'# change {self.serial}' || char(10)) > 0") == [(1,)]


def leader_of(lab):
    for node in lab.nodes.values():
        if '"is_leader":true' in subprocess.run(
                [lab.leasehold, "status", "--json", "--socket", node.socket],
                capture_output=True, text=True).stdout.replace(" ", ""):
            return node
    return None


def views(node):
    return (node.sql("select applied_index, digest from cluster"),
            node.sql("select id, version, address, comment from reservations order by id"),
            node.sql("select kind, value, version from blocks order by kind, value"),
            node.sql("select version, source from settings order by version"))


def fail(lab, text):
    logs = "".join(f"--- node {n.number}\n{n.log_text()[-1500:]}" for n in lab.nodes.values())
    raise SystemExit(f"{text}\n{logs}")


def one_round(lab, serial):
    """Returns the exit status of the command."""
    change = Change(lab, serial)
    leader = wait_for(lambda: leader_of(lab), 20) or fail(lab, "no leader")
    maker = random.choice(list(lab.nodes.values()))
    killer = threading.Timer(random.uniform(0, 0.12), leader.kill)
    killer.start()
    done = subprocess.run([lab.leasehold, *change.words, "--socket", maker.socket],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    killer.join()
    leader.start()
    for node in lab.nodes.values():
        if not wait_for(node.is_ready, 30):
            fail(lab, f"node {node.number} is not ready")
    if not wait_for(lambda: len({repr(views(n)) for n in lab.nodes.values()}) == 1, 20):
        fail(lab, f"round {serial}: the nodes differ after {change.words}")
    in_force = change.is_in_force(maker)
    if done.returncode == 0 and not in_force:
        fail(lab, f"round {serial}: told as done and lost: {change.words} {done.stdout}")
    return done.returncode, in_force


def campaign(lab, rounds, report=None):
    """Runs the rounds; returns how many were done, and how many in force without being told."""
    ends = []
    lab.start(network())
    for serial in range(rounds):
        ends.append(one_round(lab, serial))
        if report:
            report(serial + 1)
    return (sum(code == 0 for code, _ in ends),
            sum(code != 0 and in_force for code, in_force in ends))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leasehold", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    began = time.monotonic()

    def report(n):
        if n % 10 == 0:
            print(f"{n} kills, {time.monotonic() - began:.0f} s", flush=True)
    with Lab(options.leasehold) as lab:
        done, untold = campaign(lab, options.rounds, report)
    print(f"{options.rounds} kills of the leader during a change in {time.monotonic() - began:.0f}"
          f" s: {done} told as done and none of them lost, {untold} in force though the command"
          " could not tell; equal on all nodes after each")


if __name__ == "__main__":
    main()
