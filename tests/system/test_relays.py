"""Relays, rapid commit and BOOTP: who is answered where, byte for byte, by a cluster of three."""
import socket

import pytest
from conftest import LEASEHOLD, equal_rows, no_crash
from lab import Lab, wait_for
from rawclient import ACK, BOOTP, DISCOVER, NAK, OFFER, REQUEST, RawClient

# Network lan is one link with two subnets; network far is behind a relay on that link.
NETWORK = """\
networks:
  - name: lan
    rapid-commit: yes
    bootp: dynamic
    lease-time: 10m
    subnets:
      - subnet: 192.168.77.0/24
        pools: [{range: 192.168.77.100-192.168.77.200}]
  - name: far
    lease-time: 10m
    subnets:
      - subnet: 10.9.0.0/24
        pools: [{range: 10.9.0.100-10.9.0.100}]
        reservations:
          - {circuit-id: port 7, address: 10.9.0.7, hostname: lamp}
      - subnet: 10.9.1.0/24
        pools: [{range: 10.9.1.100-10.9.1.200}]
"""
RELAYS = ("192.168.77.240", "192.168.77.241")


def sub_options(*items):
    return b"".join(bytes([code, len(value)]) + value for code, value in items)


def packed(address):
    return socket.inet_aton(address)


@pytest.fixture(scope="module")
def lab():
    with Lab(LEASEHOLD) as lab:
        lab.start(NETWORK)
        for node in lab.nodes.values():
            lab.ip(node.namespace, "route", "add", "10.9.0.0/16", "via", RELAYS[0], "dev", "lan0")
        yield lab
        no_crash(lab)


@pytest.fixture(scope="module")
def namespace(lab):
    """Where the relays are: their addresses answer ARP there."""
    namespace = lab.add_client("relay", "02:00:00:00:aa:aa")
    for address in RELAYS:
        lab.ip(namespace, "address", "add", f"{address}/24", "dev", "eth0")
    return namespace


@pytest.fixture
def client(lab, namespace):
    c = RawClient(lab, namespace)
    yield c
    c.close()


def node_mac(lab, number):
    shown = lab.ip(lab.nodes[number].namespace, "link", "show", "lan0")
    return bytes.fromhex(next(line.split()[1] for line in shown.splitlines()
                              if "link/ether" in line).replace(":", ""))


def relay(lab, client, kind, options=(), agent=(), relay_address=RELAYS[0], port=67):
    """What a relay passes on, by unicast to every node."""
    every = list(options)
    if agent:
        every.append((82, sub_options(*agent)))
    for number, node in lab.nodes.items():
        client.send(kind, every, giaddr=relay_address, source=relay_address, ports=(port, 67),
                    to=node.address, to_mac=node_mac(lab, number))


def dora(lab, client, agent, **how):
    """OFFER and ACK by way of the relay."""
    client.new_transaction()
    relay(lab, client, DISCOVER, agent=agent, **how)
    offer = client.receive(3, (OFFER,))
    assert offer, "no OFFER"
    relay(lab, client, REQUEST, [(50, packed(offer.yiaddr)), (54, offer.options[54])], agent, **how)
    ack = client.receive(3, (ACK, NAK))
    assert ack and ack.type == ACK
    return offer, ack


FAR = (5, packed("10.9.0.0"))  # link selection (RFC 3527)


def test_rule_45_and_30_link_selection_and_the_identifier_that_the_relay_dictates(lab, client):
    agent = ((1, b"port 1"), FAR, (11, packed("10.9.0.1")), (151, b"\x00x"))
    offer, ack = dora(lab, client, agent)
    assert offer.yiaddr == ack.yiaddr and ack.yiaddr.startswith("10.9.")
    assert ack.server_id == "10.9.0.1"
    assert (ack.destination, ack.port) == (RELAYS[0], 67)
    assert ack.order[-1] == 82 and ack.options[82] == sub_options(*agent)
    query = f"select circuit_id, relay from leases where address = '{ack.yiaddr}'"
    assert wait_for(lambda: lab.nodes[3].sql(query) == [("port 1", RELAYS[0])], 2)


def test_a_full_subnet_is_followed_by_the_next_of_its_network(lab, namespace):
    addresses = set()
    for _ in range(3):
        client = RawClient(lab, namespace)
        addresses.add(dora(lab, client, (FAR,))[1].yiaddr)
        client.close()
    assert len(addresses) == 3 and sum(a.startswith("10.9.0.") for a in addresses) <= 1


def test_rule_15_a_circuit_keeps_its_address_when_the_client_renews_by_unicast(lab, client):
    _, ack = dora(lab, client, ((1, b"port 7"), FAR))
    assert ack.yiaddr == "10.9.0.7"
    for number in lab.nodes:  # whichever node gets it
        client.new_transaction()
        client.send(REQUEST, [(55, bytes([12]))], ciaddr="10.9.0.7", source="10.9.0.7",
                    to=lab.nodes[number].address, to_mac=node_mac(lab, number))
        renewed = client.receive(3, (ACK, NAK))
        assert renewed and renewed.type == ACK and renewed.destination == "10.9.0.7"
        assert renewed.options[12] == b"lamp" and 82 not in renewed.options
    assert equal_rows(lab)


def test_rule_23_a_relay_is_answered_on_the_port_it_asks_for(lab, client):
    """RFC 8357"""
    _, ack = dora(lab, client, (FAR, (19, b"")), port=1067)
    assert ack.port == 1067 and ack.options[82] == sub_options(FAR, (19, b""))


def test_rule_27_a_nak_through_a_relay_asks_it_to_broadcast(lab, client):
    _, ack = dora(lab, client, (FAR,))
    other = RawClient(lab, client.namespace)
    relay(lab, other, REQUEST, [(50, packed(ack.yiaddr)), (54, ack.options[54])], (FAR,))
    nak = other.receive(3, (ACK, NAK))
    assert nak.type == NAK and nak.flags & 0x8000 and nak.destination == RELAYS[0]
    other.close()


def test_rule_66_two_relays_get_one_offer_and_a_copy_gets_none(lab, client):
    client.new_transaction()
    for address in (RELAYS[0], RELAYS[0], RELAYS[1]):
        relay(lab, client, DISCOVER, relay_address=address, agent=(FAR,))
    offers = [client.receive(2, (OFFER,)), client.receive(2, (OFFER,))]
    assert client.receive(0.5, (OFFER,)) is None
    assert len({offer.yiaddr for offer in offers}) == 1
    assert {offer.giaddr for offer in offers} == set(RELAYS)


def test_rule_43_a_rapid_commit_is_one_answer_and_a_lease_on_every_node(lab, client):
    """RFC 4039"""
    client.new_transaction()
    client.send(DISCOVER, [(80, b"")])
    ack = client.receive(3, (OFFER, ACK))
    assert ack.type == ACK and ack.options[80] == b""
    query = f"select state from leases where address = '{ack.yiaddr}'"
    assert wait_for(lambda: all(n.sql(query) == [("bound",)] for n in lab.nodes.values()), 2)
    assert client.receive(1, (OFFER, ACK, NAK)) is None  # no other node answers


def test_rule_59_bootp_gets_an_address_for_ever_in_300_octets(lab, client):
    """RFC 1534"""
    client.new_transaction()
    client.send(BOOTP)
    reply = client.receive(3, (BOOTP,))
    assert reply.yiaddr.startswith("192.168.77.") and len(reply.raw) == 300
    assert not {51, 53, 54} & set(reply.options)
    query = f"select expires_at from leases where address = '{reply.yiaddr}'"
    assert wait_for(lambda: all(n.sql(query) == [("never",)] for n in lab.nodes.values()), 2)
