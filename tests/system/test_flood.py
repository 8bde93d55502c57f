"""A flood of messages from invented clients takes neither memory nor the service of those that are known."""
import collections
import json
import os
import socket
import threading
import time

import pytest
from conftest import LEASEHOLD, network, no_crash
from lab import Lab, wait_for
from rawclient import ACK, DECLINE, DISCOVER, REQUEST, RawClient

N = 20000
MEMORY_MAX = 48 * 1024  # KiB that a flood of N may add: every table of clients is bounded
LIMITS = "    limits: {low-percent: 30, new-clients-when-low: 1}\n    subnets:"


@pytest.fixture(scope="module")
def cluster():
    with Lab(LEASEHOLD) as lab:
        lab.start(network().replace("    subnets:", LIMITS))
        yield lab
        no_crash(lab)


def pid_of(node):
    """The server itself, not the `ip netns exec` around it: that one has become it."""
    return node.process.pid


def memory(node):
    with open(f"/proc/{pid_of(node)}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def flood(cluster, namespace, n):
    """A third each of DISCOVER, REQUEST for any address of node 1, and DECLINE; new MACs all."""
    server = (54, socket.inet_aton(cluster.nodes[1].address))
    sender = RawClient(cluster, namespace)
    for i in range(n):
        sender.mac = sender.hardware = bytes([2]) + os.urandom(5)
        wanted = (50, socket.inet_aton(f"192.168.77.{100 + i % 101}"))
        kind = (DISCOVER, REQUEST, DECLINE)[i % 3]
        sender.send(kind, [wanted] if kind == DISCOVER else [wanted, server])
        if i % 200 == 199:
            time.sleep(0.005)  # what a cable would do: the queue of a veth is short
    sender.close()


def reasons(node):
    """How often each reason was given, whatever the kind of the message."""
    found = collections.Counter()
    for row in json.loads(node.ctl("status", "--json"))["messages"]:
        found[row["reason"]] += row["count"]
    return found


def test_known_clients_renew_in_a_flood_and_memory_stays(cluster):
    namespace = cluster.add_client("known", "02:00:00:00:06:01")
    known = [RawClient(cluster, namespace) for _ in range(5)]
    leases = {client: client.obtain(5).yiaddr for client in known}
    attackers = cluster.add_client("flood", "02:00:00:00:06:02")
    flood(cluster, attackers, 2000)  # what is made once is there now
    before = {n: memory(node) for n, node in cluster.nodes.items()}
    thread = threading.Thread(target=flood, args=(cluster, attackers, N))
    thread.start()
    n_renewed = 0
    while thread.is_alive() or n_renewed == 0:
        for client in known:
            answer = wait_for(lambda c=client: c.rebind(1.0), 5, interval=0)
            assert answer and answer.type == ACK and answer.yiaddr == leases[client]
            n_renewed += 1
    thread.join()
    for n, node in cluster.nodes.items():
        assert memory(node) - before[n] < MEMORY_MAX, f"node {n}"
        assert node.is_running()
    counted = sum(reasons(cluster.nodes[1]).values())
    assert counted > N / 2, "the flood did not arrive"
    for client in known:
        client.close()


def test_strangers_were_kept_from_emptying_the_pool(cluster):
    seen = reasons(cluster.nodes[1])
    assert seen["LIMITED"] > 200, seen
    attackers = cluster.add_client("again", "02:00:00:00:06:03")
    for node in cluster.nodes.values():
        def is_told(n=node):
            flood(cluster, attackers, 300)
            return "event=pool-nearly-full network=lan" in n.log_text()
        assert wait_for(is_told, 20, interval=0.2), f"node {node.number}"
    assert cluster.nodes[1].sql("select count(*) from active_leases")[0][0] < 101
    declined = cluster.nodes[1].sql("select count(*) from leases where state = 'declined'")
    assert declined[0][0] < 10, "a DECLINE of what was neither given nor offered counts for nothing"
