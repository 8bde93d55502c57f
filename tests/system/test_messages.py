"""The messages of RFC 2131, sent as raw frames to a cluster of three."""
import socket
import time

import pytest
from conftest import equal_rows, rows
from lab import wait_for
from rawclient import ACK, DISCOVER, INFORM, NAK, OFFER, RELEASE, REQUEST, RawClient


@pytest.fixture(scope="module")
def namespace(cluster):
    return cluster.add_client("raw", "02:00:00:00:aa:aa")


@pytest.fixture
def client(cluster, namespace):
    c = RawClient(cluster, namespace)
    yield c
    c.close()


def row(cluster, address, node=1):
    found = [r for r in rows(cluster.nodes[node]) if r[0] == address]
    return found[0] if found else None


def obtain(cluster, client):
    """An ACK that every node knows of."""
    ack = client.obtain(5)
    assert ack and wait_for(lambda: all(row(cluster, ack.yiaddr, n) for n in (1, 2, 3)), 1)
    return ack


def test_an_acknowledged_lease_is_on_every_node(cluster, client):
    ack = client.obtain(5)
    assert ack and ack.lease == 600
    assert ack.options[1] == socket.inet_aton("255.255.255.0")
    assert wait_for(lambda: all(row(cluster, ack.yiaddr, n) for n in (1, 2, 3)), 1)
    assert equal_rows(cluster)


def test_one_client_is_offered_one_address_by_one_node(cluster, client):
    client.new_transaction()
    client.send(DISCOVER)
    first = client.receive(2, (OFFER,))
    assert first and first.server_id == "192.168.77.1"  # the node without a threshold
    assert client.receive(1, (OFFER,)) is None


def test_the_same_address_is_offered_again(cluster, client):
    ack = obtain(cluster, client)
    client.new_transaction()
    client.send(DISCOVER)
    assert client.receive(2, (OFFER,)).yiaddr == ack.yiaddr


def test_a_reservation_is_given_to_its_client(cluster, namespace):
    client = RawClient(cluster, namespace, mac=bytes.fromhex("020000000099"))
    ack = obtain(cluster, client)
    assert ack.yiaddr == "192.168.77.9"
    client.send(DISCOVER, [(55, bytes([12]))])
    assert client.receive(2, (OFFER,)).options[12] == b"printer"
    client.close()


def test_init_reboot_is_acknowledged_and_a_foreign_address_is_refused(cluster, client, namespace):
    ack = obtain(cluster, client)
    again = client.reboot()
    assert again and again.type == ACK and again.yiaddr == ack.yiaddr
    other = RawClient(cluster, namespace)
    obtain(cluster, other)
    assert other.reboot(ack.yiaddr, secs=3).type == NAK
    other.close()


def test_a_refusal_is_broadcast_and_carries_no_lease(cluster, client):
    nak = client.reboot("10.99.99.99", secs=3)
    assert nak.type == NAK and nak.yiaddr == "0.0.0.0" and 51 not in nak.options


def test_rebinding_extends_the_lease(cluster, client):
    ack = obtain(cluster, client)
    before = row(cluster, ack.yiaddr)
    time.sleep(1.1)
    assert client.rebind().type == ACK
    assert wait_for(lambda: row(cluster, ack.yiaddr)[4] > before[4], 1)


def test_renewing_by_unicast_is_answered(cluster, client):
    ack = obtain(cluster, client)
    mac = next(line.split()[1] for line in
               cluster.ip(cluster.nodes[1].namespace, "link", "show", "lan0").splitlines()
               if "link/ether" in line)
    client.new_transaction()
    client.send(REQUEST, ciaddr=ack.yiaddr, source=ack.yiaddr, to="192.168.77.1",
                to_mac=bytes.fromhex(mac.replace(":", "")))
    answer = client.receive(2, (ACK, NAK))
    assert answer and answer.type == ACK and answer.ciaddr == ack.yiaddr


def release(client, address, server, server_id):
    client.new_transaction()
    client.send(RELEASE, [(54, socket.inet_aton(server_id))], ciaddr=address, source=address)


def test_a_release_ends_the_lease_and_the_memory_stays(cluster, client):
    ack = obtain(cluster, client)
    release(client, ack.yiaddr, None, ack.server_id)
    assert wait_for(lambda: row(cluster, ack.yiaddr)[1] == "released", 2)
    assert client.obtain(5).yiaddr == ack.yiaddr


def test_a_stranger_cannot_release(cluster, client, namespace):
    ack = obtain(cluster, client)
    stranger = RawClient(cluster, namespace)
    release(stranger, ack.yiaddr, None, ack.server_id)
    time.sleep(0.5)
    assert row(cluster, ack.yiaddr)[1] == "bound"
    stranger.close()


def test_a_declined_address_is_not_given_out(cluster, client):
    ack = obtain(cluster, client)
    client.decline()
    assert wait_for(lambda: row(cluster, ack.yiaddr)[1] == "declined", 2)
    again = client.obtain(5)
    assert again and again.yiaddr != ack.yiaddr


def test_a_stranger_cannot_decline(cluster, client, namespace):
    ack = obtain(cluster, client)
    stranger = RawClient(cluster, namespace)
    stranger.address, stranger.server = ack.yiaddr, ack.server_id
    stranger.decline()
    time.sleep(0.5)
    assert row(cluster, ack.yiaddr)[1] == "bound"
    stranger.close()


def test_inform_gets_parameters_and_makes_no_lease(cluster, client):
    before = len(rows(cluster.nodes[1]))
    client.new_transaction()
    client.address = "192.168.77.77"
    client.send(INFORM, [(55, bytes([6, 15]))], ciaddr="192.168.77.77", source="192.168.77.77")
    ack = client.receive(2, (ACK,))
    assert ack and ack.yiaddr == "0.0.0.0" and 51 not in ack.options
    assert ack.options[6] == socket.inet_aton("192.168.77.53")
    assert len(rows(cluster.nodes[1])) == before


def test_a_request_that_names_a_strange_server_is_met_with_silence(cluster, client):
    client.new_transaction()
    client.send(DISCOVER)
    offer = client.receive(2, (OFFER,))
    client.send(REQUEST, [(50, socket.inet_aton(offer.yiaddr)),
                          (54, socket.inet_aton("192.168.77.250"))])
    assert client.receive(1.5, (ACK, NAK)) is None


def test_a_request_that_names_one_node_is_answered_by_it_alone(cluster, client):
    client.new_transaction()
    client.send(DISCOVER)
    offer = client.receive(2, (OFFER,))
    ack = client.request(offer)
    assert ack.type == ACK and ack.server_id == offer.server_id
    assert client.receive(1, (ACK, NAK)) is None


def test_rule_29_a_frame_is_answered_once_and_a_damaged_one_never(cluster, client):
    def offers(damage):
        client.new_transaction()
        client.send(DISCOVER, damage=damage)
        return [client.receive(seconds, (OFFER,)) is not None for seconds in (0.5, 0.3)]
    assert offers(None) == [True, False]
    assert offers(lambda checksum: checksum ^ 0x0101) == [False, False]
    assert offers(lambda checksum: 0) == [True, False]  # it has none (RFC 768)


def test_a_relayed_request_is_answered_to_the_relay(cluster, namespace):
    relay = RawClient(cluster, namespace)
    cluster.ip(namespace, "address", "add", "192.168.77.240/24", "dev", "eth0")
    agent_info = bytes.fromhex("0104c1ac00010203aabbcc")
    mac = relay.mac
    for n in (1, 2, 3):  # the relay answers ARP from the namespace's interface
        cluster.ip(cluster.nodes[n].namespace, "neighbour", "flush", "dev", "lan0")
    relay.send(DISCOVER, [(82, agent_info)], giaddr="192.168.77.240", source="192.168.77.240",
               ports=(67, 67))
    offer = relay.receive(3, (OFFER,))
    cluster.ip(namespace, "address", "del", "192.168.77.240/24", "dev", "eth0")
    assert offer and offer.giaddr == "192.168.77.240" and offer.chaddr == mac
    assert offer.order[-1] == 82 and offer.options[82] == agent_info
    relay.close()
