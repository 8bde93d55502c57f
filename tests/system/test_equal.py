"""All three nodes give one client the same options (RFC 2131 4.3.1), byte for byte."""
import os
import socket

import pytest
from conftest import LEASEHOLD, no_crash
from lab import Lab, wait_for
from rawclient import ACK, DISCOVER, INFORM, NAK, OFFER, REQUEST, RawClient

SETTINGS = """\
networks:
  - name: lan
    delay-threshold: [{{node: 1, value: {t[1]}}}, {{node: 2, value: {t[2]}}}, {{node: 3, value: {t[3]}}}]
    authoritative: yes
    server-identifier: {identifier}
    lease-time: {{default: 10m, min: 5s, max: 1d}}
    next-server: 192.168.77.60
    boot-file: boot/loader.efi
    options:
      domain-name-servers: [192.168.77.53, 192.168.77.54]
      domain-name: lab.example
      domain-search: [lab.example, office.lab.example, example]
      ntp-servers: {{value: [192.168.77.123], force: yes}}
      log-servers: [192.168.77.20, 192.168.77.21]
      classless-static-routes: ["10.0.0.0/8 192.168.77.254", "0.0.0.0/0 192.168.77.254"]
      option-224: 0x{filler}
    subnets:
      - subnet: 192.168.77.0/24
        pools: [{{range: 192.168.77.100-192.168.77.200}}]
        options: {{routers: [192.168.77.254]}}
        reservations:
          - {{hw-address: "02:00:00:00:00:99", address: 192.168.77.9, hostname: printer}}
"""
ASKED = bytes([12, 3, 1, 6, 15, 119, 7, 121, 224, 28, 51, 58, 59, 42, 66, 67])
MORE = [(55, ASKED), (61, b"\1\2\0\0\0\0\x99"), (12, b"desk"), (81, b"\5\0\0\4desk"),
        (118, socket.inet_aton("192.168.77.0"))]


@pytest.fixture(scope="module")
def lab():
    with Lab(LEASEHOLD) as lab:
        lab.start(settings(1, "own"))
        yield lab
        no_crash(lab)


def settings(first, identifier):
    """Node @first answers at once, the others would wait."""
    thresholds = {n: "none" if n == first else "1m" for n in (1, 2, 3)}
    return SETTINGS.format(t=thresholds, identifier=identifier, filler="ab" * 100)


def apply(lab, first, identifier):
    path = os.path.join(lab.folder, "network.yaml")
    with open(path, "w") as f:
        f.write(settings(first, identifier))
    lab.nodes[1].ctl("settings", "apply", path)
    version = lab.nodes[1].sql("select version from settings")[0][0]
    for node in lab.nodes.values():
        assert wait_for(lambda n=node: n.sql("select version from settings")[0][0] >= version, 5)


def answers(client, node, mac):
    """What this node answers to each kind of message of one client: kind -> bytes and source."""
    found = {}

    def ask(name, kind, wanted, **more):
        options = more.pop("options", [])
        client.send(kind, [*options, *MORE], **more)
        reply = client.receive(3, wanted)
        assert reply, (name, node.number)
        found[name] = reply
        return reply

    offer = ask("offer", DISCOVER, (OFFER,))
    chosen = [(50, socket.inet_aton(offer.yiaddr)), (54, offer.options[54])]
    ask("ack", REQUEST, (ACK, NAK), options=chosen)
    client.address = offer.yiaddr
    ask("reboot", REQUEST, (ACK, NAK), options=chosen[:1])
    ask("nak", REQUEST, (ACK, NAK), options=[(50, socket.inet_aton("10.9.9.9"))])
    here = {"ciaddr": offer.yiaddr, "source": offer.yiaddr, "to": node.address, "to_mac": mac}
    ask("renewal", REQUEST, (ACK, NAK), **here)
    ask("inform", INFORM, (ACK,), **here)
    assert [found[name].type for name in ("ack", "reboot", "nak", "renewal")] == [ACK, ACK, NAK, ACK]
    return found


def mac_of(lab, node):
    listed = lab.ip(node.namespace, "link", "show", "lan0")
    return bytes.fromhex(listed.split("link/ether ")[1].split()[0].replace(":", ""))


def without_identifier(raw):
    """The message with zeroes in option 54, which is the fourth byte after 53 and its value."""
    assert raw[240:245] == b"\x35\x01" + raw[242:243] + b"\x36\x04"
    return raw[:245] + b"\0\0\0\0" + raw[249:]


@pytest.mark.parametrize("identifier", ["own", "192.168.77.250"])
def test_rule_75_all_nodes_answer_one_client_with_the_same_bytes(lab, identifier):
    client = RawClient(lab, lab.add_client(f"eq{len(identifier)}", "02:00:00:00:00:77"),
                       mac=bytes.fromhex("020000000099"))
    told = {}
    for number, node in lab.nodes.items():
        apply(lab, number, identifier)
        told[number] = answers(client, node, mac_of(lab, node))
        for name, reply in told[number].items():
            assert reply.source == node.address, name
            assert reply.server_id == (node.address if identifier == "own" else identifier)
    for name in told[1]:
        seen = {without_identifier(t[name].raw) if identifier == "own" else t[name].raw
                for t in told.values()}
        assert len(seen) == 1, (name, [raw.hex() for raw in seen])
    assert told[1]["ack"].yiaddr == "192.168.77.9" and told[1]["ack"].options[12] == b"printer"
    assert len(told[1]["ack"].raw) > 400 and 224 in told[1]["ack"].options
    client.close()
