"""What every scenario shares: where the server is, the lab, and the network's settings."""
import http.client
import os
import socket
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "deploy", "lab"))

from lab import Lab, wait_for  # noqa: E402

LEASEHOLD = os.environ.get("LEASEHOLD", os.path.join(ROOT, "build/dev/server/leasehold"))

NETWORK = """\
networks:
  - name: lan
    delay-threshold: [{{node: 1, value: none}}, {{node: 2, value: 10s}}, {{node: 3, value: 20s}}]
    authoritative: {authoritative}
    lease-time: {{default: {lease}, min: 5s, max: 1d}}
    headroom: {headroom}
    probation: 1m
    options: {{domain-name-servers: [192.168.77.53], domain-name: lab.example}}
    subnets:
      - subnet: 192.168.77.0/24
        pools: [{{range: {pool}}}]
        options: {{routers: [192.168.77.254]}}
        reservations:
          - {{hw-address: "02:00:00:00:00:99", address: 192.168.77.9, hostname: printer}}
"""


def network(lease="10m", headroom="5m", pool="192.168.77.100-192.168.77.200",
            authoritative="after-2s"):
    return NETWORK.format(lease=lease, headroom=headroom, pool=pool, authoritative=authoritative)


def rows(node):
    """Every lease of a node as SQL shows it, in order."""
    return node.sql("select address, state, client_id, hw_address, expires_at_ms, held_until_ms "
                    "from leases order by address")


def equal_rows(lab, seconds=1.0):
    """True when all nodes that run show the same rows within the time."""
    def same():
        seen = [rows(n) for n in lab.nodes.values() if n.is_running()]
        return all(s == seen[0] for s in seen)
    return wait_for(same, seconds)


def no_crash(lab, killed=()):
    """No process of the lab ended by itself, and no log tells of a failed check."""
    for node in lab.nodes.values():
        assert node.number in killed or node.is_running(), node.log_text()[-3000:]
        for word in ("require(", "ensure(", "AddressSanitizer", "runtime error"):
            assert word not in node.log_text(), node.log_text()[-3000:]


def ask_for_text(node, method, path, body=None, headers=None):
    """Status, headers and body of one request."""
    connection = http.client.HTTPConnection("localhost", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(10)
    connection.sock.connect(node.socket)
    connection.request(method, path, body=body, headers=headers or {})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers, text.decode()


@pytest.fixture(scope="module")
def cluster():
    """Three nodes that serve; one for all tests of a file."""
    with Lab(LEASEHOLD) as lab:
        lab.start(network())
        yield lab
        no_crash(lab)
