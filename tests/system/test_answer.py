"""Who answers when nodes are stopped or gone: stale commands free nothing, known clients are served.

A RELEASE that a stopped node reads after the client was renewed elsewhere is refused, and nothing is
freed. A backup that answers says so within five seconds. The last of three nodes renews the clients it
knows inside their hold, and offers, binds and refuses nothing.
"""
import json
import signal

import pytest

from conftest import LEASEHOLD, equal_rows, network, no_crash, rows
from lab import Lab, wait_for
from rawclient import ACK, RELEASE, RawClient


@pytest.fixture(name="lab", scope="module")
def make_lab():
    with Lab(LEASEHOLD) as lab:
        lab.start(network())
        yield lab


def mac_of(lab, node):
    shown = json.loads(lab.ip(node.namespace, "-j", "link", "show", "lan0"))
    return bytes.fromhex(shown[0]["address"].replace(":", ""))


def reasons(node):
    """How often each kind of message came to each reason."""
    said = json.loads(node.ctl("status", "--json"))["messages"]
    return {(m["kind"], m["reason"]): m["count"] for m in said}


def renew(lab, client, node, seconds=1.0):
    """A REQUEST by unicast, as at T1; returns the answer of this node alone."""
    client.new_transaction()
    client.send(3, ciaddr=client.address, source=client.address, to=node.address,
                to_mac=mac_of(lab, node))
    return client.receive(seconds)


def test_a_release_that_a_stopped_node_reads_late_frees_nothing(lab):
    first, second, third = lab.nodes.values()
    client = RawClient(lab, lab.add_client("stale", "02:00:00:00:0a:01"))
    assert client.obtain(5).server_id == first.address
    first.signal(signal.SIGSTOP)
    client.new_transaction()
    client.send(RELEASE, [(54, bytes(map(int, first.address.split("."))))], ciaddr=client.address,
                source=client.address, to=first.address, to_mac=mac_of(lab, first))
    ack = wait_for(client.rebind, 15)
    assert ack and ack.type == ACK and ack.server_id != first.address
    assert wait_for(lambda: "event=backup-answering" in second.log_text() + third.log_text(), 5)
    first.signal(signal.SIGCONT)
    read = wait_for(lambda: [r for k, r in reasons(first) if k == "release"], 10)
    assert read and "RELEASED" not in read, read  # STALE by the log, or no majority when it woke
    assert wait_for(first.is_ready, 10)
    assert equal_rows(lab, 5)
    assert (client.address, "bound") in {row[:2] for row in rows(first)}
    assert not first.sql("select * from history where reason = 'released'")
    client.close()
    no_crash(lab)


def test_the_last_node_renews_whom_it_knows_and_nobody_else(lab):
    last = lab.nodes[1]
    known = RawClient(lab, lab.add_client("known", "02:00:00:00:0a:02"))
    assert known.obtain(5)
    assert equal_rows(lab, 5)
    lab.nodes[2].kill()
    lab.nodes[3].kill()
    assert wait_for(lambda: "event=quorum-lost" in last.log_text(), 10)
    ack = renew(lab, known, last)
    assert ack and ack.type == ACK and ack.yiaddr == known.address
    held = last.sql(f"select held_until_ms - expires_at_ms from leases where address = '{ack.yiaddr}'")
    assert 0 < ack.lease <= 600 and held[0][0] >= 300000
    stranger = RawClient(lab, lab.add_client("stranger", "02:00:00:00:0a:03"))
    assert stranger.obtain(3) is None
    stranger.address = "192.168.77.150"
    assert renew(lab, stranger, last) is None
    for number in (2, 3):
        lab.nodes[number].start()
    assert wait_for(lambda: all(n.is_ready() for n in lab.nodes.values()), 20)
    assert wait_for(lambda: "event=quorum-regained" in last.log_text(), 10)
    assert stranger.obtain(5)
    assert equal_rows(lab, 5)
    known.close()
    stranger.close()
    no_crash(lab)
