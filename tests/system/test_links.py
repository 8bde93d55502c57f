"""Interfaces that lose their cable, their address or themselves: others answer, and it comes back."""
import json

from conftest import no_crash
from lab import wait_for
from rawclient import RawClient


def lan_of(node):
    return json.loads(node.ctl("status", "--json"))["networks"][0]


def is_serving(asked, about):
    return {n["node"]: n["serving"] for n in lan_of(asked)["nodes"]}[about.number]


def server_of_a_new_client(lab, namespace, seconds=3):
    """Who answers a client that was never seen before, or None."""
    client = RawClient(lab, namespace)
    ack = client.obtain(seconds)
    client.close()
    return ack and ack.server_id


def port_of(lab, node):
    """The switch's end of the node's LAN cable: ports are numbered as nodes are plugged in."""
    return f"p{2 * node.number - 1}"


def test_a_pulled_cable_hands_over_and_comes_back(cluster):
    first, second = cluster.nodes[1], cluster.nodes[2]
    namespace = cluster.add_client("cable", "02:00:00:00:04:01")
    assert server_of_a_new_client(cluster, namespace) == first.address
    cluster.ip(cluster.switch, "link", "set", port_of(cluster, first), "down")
    assert wait_for(lambda: not lan_of(first)["up"], 2)
    assert wait_for(lambda: not is_serving(second, first), 2)
    assert server_of_a_new_client(cluster, namespace) == second.address
    cluster.ip(cluster.switch, "link", "set", port_of(cluster, first), "up")
    assert wait_for(lambda: is_serving(second, first), 5)
    assert server_of_a_new_client(cluster, namespace) == first.address


def test_an_interface_that_vanishes_and_returns_serves_again(cluster):
    first, second = cluster.nodes[1], cluster.nodes[2]
    namespace = cluster.add_client("vanish", "02:00:00:00:04:02")
    cluster.ip(first.namespace, "link", "del", "lan0")
    assert wait_for(lambda: not lan_of(first)["open"], 2)
    assert wait_for(lambda: not is_serving(second, first), 2)
    assert server_of_a_new_client(cluster, namespace) == second.address
    cluster.plug(first.namespace, "lan0", "lan", f"{first.address}/24")
    assert wait_for(lambda: is_serving(second, first), 5)
    assert server_of_a_new_client(cluster, namespace) == first.address
    no_crash(cluster)


def test_an_address_that_goes_closes_the_link_until_there_is_one(cluster):
    third = cluster.nodes[3]
    cluster.ip(third.namespace, "address", "flush", "dev", "lan0")
    assert wait_for(lambda: not lan_of(third)["open"], 2)
    cluster.ip(third.namespace, "address", "add", "10.9.9.9/24", "dev", "lan0")
    assert wait_for(lambda: lan_of(third)["address"] == "10.9.9.9", 2)
    cluster.ip(third.namespace, "address", "add", f"{third.address}/24", "dev", "lan0")
    assert wait_for(lambda: lan_of(third)["address"] == third.address, 2), \
        "of several addresses the one of the network's subnet is used"
    cluster.ip(third.namespace, "address", "del", "10.9.9.9/24", "dev", "lan0")
    assert wait_for(lambda: lan_of(third)["open"], 2)
