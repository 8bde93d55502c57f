"""Real clients get addresses, and every node shows the same leases in SQL."""
import re
import subprocess

import pytest
from conftest import equal_rows, rows
from lab import client_words, run, wait_for



def address_of(lab, namespace):
    found = re.search(r"inet (192\.168\.77\.\d+)", lab.ip(namespace, "-4", "address", "show"))
    return found and found.group(1)


def is_bound(node, address):
    return any(r[0] == address and r[1] == "bound" for r in rows(node))


@pytest.mark.parametrize("client", ["dhclient", "udhcpc", "dhcpcd"])
def test_a_real_client_gets_an_address(cluster, client):
    number = {"dhclient": 1, "udhcpc": 2, "dhcpcd": 3}[client]
    mac = f"02:00:00:00:01:0{number}"
    namespace = cluster.add_client(client[:6], mac)
    cluster.spawn(namespace, *client_words(client, cluster, namespace))
    address = wait_for(lambda: address_of(cluster, namespace), 20)
    assert address, "no address after 20 s"
    for node in cluster.nodes.values():
        assert wait_for(lambda n=node: is_bound(n, address), 1), f"node {node.number} lacks it"
    assert equal_rows(cluster)


def test_sqlite3_reads_every_view_while_the_server_runs(cluster):
    for node in cluster.nodes.values():
        for view in ("leases", "active_leases", "history", "cluster"):
            done = subprocess.run(
                ["sqlite3", "-readonly", node.database, f"select * from {view}"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


def test_the_command_line_shows_the_leases(cluster):
    listed = cluster.nodes[3].ctl("lease", "list", "--format", "csv")
    assert "192.168.77.1" in listed
    assert "192.168.77.1" in cluster.nodes[1].ctl("sql", "select address from active_leases")
    status = cluster.nodes[2].ctl("status")
    assert "leader" in status
    assert run(cluster.leasehold, "--version").startswith("leasehold")
