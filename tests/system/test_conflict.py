"""An address that somebody uses without a lease is offered to nobody, on no node."""
import json
import socket
import time

from conftest import equal_rows, network, no_crash
from lab import wait_for
from rawclient import ACK, DISCOVER, OFFER, RawClient

SQUATTED = "192.168.77.150"


def state_of(node, address):
    found = node.sql(f"select state, hw_address from leases where address = '{address}'")
    return found[0] if found else None


def squat(cluster, name, mac, address):
    """A host of the LAN that has given itself an address; its kernel answers ARP and echo."""
    namespace = cluster.add_client(name, mac)
    cluster.ip(namespace, "address", "add", f"{address}/24", "dev", "eth0")
    return namespace


def counters(node):
    return json.loads(node.ctl("status", "--json"))["counters"]


def offer_of(client, wanted):
    """What a DISCOVER with option 50 is offered, and after how long."""
    client.new_transaction()
    began = time.monotonic()
    client.send(DISCOVER, [(50, socket.inet_aton(wanted))])
    offer = client.receive(2, (OFFER,))
    return offer, time.monotonic() - began


def test_a_squatted_address_is_passed_over_within_500_ms_and_quarantined_everywhere(cluster):
    namespace = cluster.add_client("asker", "02:00:00:00:05:01")
    squat(cluster, "squatter", "02:00:00:00:05:02", SQUATTED)
    client = RawClient(cluster, namespace)
    offer, seconds = offer_of(client, SQUATTED)
    assert offer and offer.yiaddr != SQUATTED
    assert seconds < 0.5
    for node in cluster.nodes.values():
        assert wait_for(lambda n=node: state_of(n, SQUATTED), 2), f"node {node.number}"
        assert state_of(node, SQUATTED) == ("declined", "02:00:00:00:05:02")
    assert client.request(offer).type == ACK
    assert "event=address-conflict address=192.168.77.150" in cluster.nodes[1].log_text()
    assert counters(cluster.nodes[1])["quarantined"] == 1
    assert equal_rows(cluster, 2)
    client.close()


def test_the_own_address_of_a_node_is_in_use(cluster):
    cluster.ip(cluster.nodes[1].namespace, "address", "add", "192.168.77.160/24", "dev", "lan0")
    cluster.ip(cluster.nodes[2].namespace, "address", "add", "192.168.77.161/24", "dev", "lan0")
    time.sleep(0.6)  # two looks at the interfaces
    namespace = cluster.add_client("own", "02:00:00:00:05:03")
    for address in ("192.168.77.160", "192.168.77.161"):
        client = RawClient(cluster, namespace)
        offer, _ = offer_of(client, address)
        assert offer and offer.yiaddr != address
        assert wait_for(lambda a=address: state_of(cluster.nodes[3], a), 2)
        client.close()
    cluster.ip(cluster.nodes[1].namespace, "address", "del", "192.168.77.160/24", "dev", "lan0")
    cluster.ip(cluster.nodes[2].namespace, "address", "del", "192.168.77.161/24", "dev", "lan0")


def test_a_client_that_answers_for_its_own_lease_keeps_it(cluster):
    namespace = cluster.add_client("holder", "02:00:00:00:05:04")
    holder = RawClient(cluster, namespace, mac=bytes.fromhex("020000000504"))
    ack = holder.obtain(5)
    cluster.ip(namespace, "address", "add", f"{ack.yiaddr}/24", "dev", "eth0")
    before = counters(cluster.nodes[1])["probes"]
    offer, _ = offer_of(holder, ack.yiaddr)
    assert offer.yiaddr == ack.yiaddr
    assert counters(cluster.nodes[1])["probes"] == before
    assert wait_for(lambda: state_of(cluster.nodes[2], ack.yiaddr), 2)[0] == "bound"
    holder.close()


def test_with_icmp_a_host_is_found_by_echo_and_with_no_it_is_not(cluster):
    wanted = {"icmp": "192.168.77.170", "no": "192.168.77.171"}
    namespace = cluster.add_client("echo", "02:00:00:00:05:05")
    for how, address in wanted.items():
        squat(cluster, f"sq{how}", f"02:00:00:00:05:1{len(how)}", address)
        path = f"{cluster.folder}/{how}.yaml"
        text = network().replace("        pools:", f"        conflict-detection: {how}\n        pools:")
        with open(path, "w") as f:
            f.write(text)
        cluster.nodes[1].ctl("settings", "apply", path)
        client = RawClient(cluster, namespace)
        offer, seconds = offer_of(client, address)
        assert offer and (offer.yiaddr == address) == (how == "no")
        assert seconds < 0.5
        client.close()
    no_crash(cluster)


def test_a_server_that_is_no_member_is_reported_by_every_node_once(cluster):
    namespace = cluster.add_client("rogue", "02:00:00:00:05:fe")
    rogue = RawClient(cluster, namespace, mac=bytes.fromhex("0200000005fe"))
    for _ in range(3):
        rogue.answer(OFFER, "192.168.77.99", server="192.168.77.66")
    line = "event=rogue-server server=192.168.77.66 source=192.168.77.66 " \
           "hardware=02:00:00:00:05:fe network=lan"
    for node in cluster.nodes.values():
        assert wait_for(lambda n=node: line in n.log_text(), 2), f"node {node.number}"
        assert wait_for(lambda n=node: counters(n)["rogue_replies"] == 3, 2)
        assert node.log_text().count("event=rogue-server") == 1
    client = RawClient(cluster, namespace)
    assert client.obtain(5)  # and what members send is no rogue's
    assert all(counters(n)["rogue_replies"] == 3 for n in cluster.nodes.values())
    client.close()
    rogue.close()
