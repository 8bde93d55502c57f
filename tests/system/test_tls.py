"""Between the nodes: who holds no certificate of the cluster gets nowhere, and a new one is taken at once."""
import os
import signal
import socket
import ssl
import threading
import time

import pytest
from conftest import LEASEHOLD, equal_rows, network, no_crash
from lab import Inside, Lab, run, wait_for
from rawclient import ACK, RawClient

PEER_PORT = 6767


@pytest.fixture(scope="module")
def lab():
    with Lab(LEASEHOLD) as made:
        made.start(network(pool="192.168.77.10-192.168.77.250"))
        yield made
        no_crash(made, killed=(3,))


def serial(node):
    """The serial number of the certificate that a node shows to whoever connects."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(os.path.join(node.lab.pki, "ca.pem"))
    context.load_cert_chain(node.certificate("pem"), node.certificate("key"))
    with Inside(node.namespace):
        connection = socket.create_connection((f"10.77.0.{node.number}", PEER_PORT), 5)
    with context.wrap_socket(connection) as session:
        return session.getpeercert()["serialNumber"]


class Load(threading.Thread):
    """A client after the other, each of whom must get an address, until it is told to stop."""

    def __init__(self, lab):
        super().__init__()
        self.lab, self.is_over, self.given, self.lost, self.longest = lab, False, set(), 0, 0.0
        self.namespace = lab.add_client("load", "02:00:00:00:bb:bb")

    def run(self):
        while not self.is_over:
            began = time.monotonic()
            client = RawClient(self.lab, self.namespace)
            ack = client.obtain(5)
            client.close()
            self.longest = max(self.longest, time.monotonic() - began)
            if ack is None or ack.type != ACK:
                self.lost += 1
            else:
                self.given.add(ack.yiaddr)
            time.sleep(0.1)


def knock(namespace):
    """A stranger: garbage, silence, and TLS without a certificate, again and again."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for n in range(120):
        with Inside(namespace):
            connection = socket.create_connection((f"10.77.0.{n % 3 + 1}", PEER_PORT), 5)
        connection.settimeout(5)
        try:
            if n % 2:
                connection.sendall(os.urandom(n * 31))
            else:
                with context.wrap_socket(connection) as session:
                    session.sendall(b"LH")
                    assert session.recv(64) == b"", "nothing is said to a stranger"
        except OSError:
            pass
        connection.close()


def test_a_stranger_knocks_and_a_certificate_is_renewed_under_load_without_a_lost_answer(lab):
    stranger = f"{lab.prefix}s"
    lab.add_namespace(stranger)
    lab.plug(stranger, "eth0", "peers", "10.77.0.99/24")
    load = Load(lab)
    load.start()
    try:
        knock(stranger)
        for node in lab.nodes.values():
            before = serial(node)
            run(LEASEHOLD, "pki", "renew", str(node.number), "--folder", lab.pki)
            node.signal(signal.SIGHUP)
            assert wait_for(lambda n=node, b=before: serial(n) != b, 5), node.log_text()[-2000:]
            time.sleep(1.5)  # while its connections are made anew
    finally:
        load.is_over = True
        load.join()
    print(f"{len(load.given)} clients, the longest waited {load.longest:.2f} s")
    assert load.lost == 0 and len(load.given) > 5
    for node in lab.nodes.values():
        text = node.log_text()
        assert "address=10.77.0.99" in text and "no certificate" in text + lab.nodes[1].log_text()
        assert text.count("address=10.77.0.99") <= 2, "a stranger gets one line a minute"
    assert equal_rows(lab, 3)


def test_a_revoked_node_is_shut_out_and_the_others_serve_on(lab):
    copy = {e: open(lab.nodes[3].certificate(e)).read() for e in ("pem", "key")}
    run(LEASEHOLD, "pki", "revoke", "3", "--folder", lab.pki)
    for number in (1, 2):
        lab.nodes[number].signal(signal.SIGHUP)
    assert wait_for(lambda: lab.nodes[3].get("/readyz") != 200, 10)
    assert "certificate revoked" in lab.nodes[1].log_text() + lab.nodes[2].log_text()
    raw = RawClient(lab, lab.add_client("raw", "02:00:00:00:aa:aa"))
    assert raw.obtain(10).type == ACK
    raw.close()
    lab.nodes[3].kill()
    for ending, text in copy.items():
        with open(lab.nodes[3].certificate(ending), "w", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text)
    lab.nodes[3].start()
    assert wait_for(lambda: "certificate revoked" in lab.nodes[3].log_text(), 10), \
        lab.nodes[3].log_text()[-2000:]
    assert wait_for(lambda: not lab.nodes[3].is_running(), 10)


def test_a_node_with_the_certificate_of_another_does_not_start(lab):
    node = lab.nodes[2]
    path = os.path.join(node.folder, "node.yaml")
    with open(path) as f:
        text = f.read()
    node.stop()
    for number, word in ((1, "it is of node 1, not of node 2"), (9, "No such file")):
        with open(path, "w") as f:
            f.write(text.replace("node-2.", f"node-{number}."))
        node.start()
        assert wait_for(lambda: not node.is_running(), 10)
        assert word in node.log_text(), node.log_text()[-2000:]
    with open(path, "w") as f:
        f.write(text)
    node.start()
    assert wait_for(node.is_ready, 20), node.log_text()[-2000:]
