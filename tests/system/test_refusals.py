"""What an operator gets wrong, and what a machine does wrong: a clear sentence, and nothing lost."""
import os
import shutil
import sqlite3
import subprocess
import time

import pytest
from conftest import LEASEHOLD, equal_rows, network, no_crash, rows
from lab import Lab, wait_for
from rawclient import ACK, RawClient


@pytest.fixture
def lab():
    with Lab(LEASEHOLD) as made:
        yield made


def start(lab, **change):
    lab.start(network(**change))


def ends_with(node, *words):
    """The process ends by itself with a failure, and its last words contain these."""
    assert wait_for(lambda: not node.is_running(), 15), node.log_text()[-2000:]
    assert node.process.returncode != 0
    for word in words:
        assert word in node.log_text(), node.log_text()[-2000:]


def rewrite(node, old, new):
    path = os.path.join(node.folder, "node.yaml")
    with open(path) as f:
        text = f.read()
    assert old in text
    with open(path, "w") as f:
        f.write(text.replace(old, new))


def test_a_mistake_in_the_file_is_told_with_its_place(lab):
    node = lab.nodes[1]
    node.configure(lab.nodes, network())
    rewrite(node, "links:", "linkz:")
    node.start()
    ends_with(node, "node.yaml:", "linkz", "links")


def test_a_folder_that_cannot_be_written_is_named(lab):
    node = lab.nodes[1]
    node.configure(lab.nodes, network())
    data = os.path.join(node.folder, "data")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", data], check=True)
    try:
        node.start()
        ends_with(node, data)
    finally:
        subprocess.run(["umount", data], check=True)


def test_another_clusters_name_is_refused(lab):
    start(lab)
    node = lab.nodes[3]
    node.stop()
    before = rows(lab.nodes[1])
    rewrite(node, "name: lab", "name: other")
    node.start()
    ends_with(node, "other", "lab")
    rewrite(node, "name: other", "name: lab")
    node.start()
    assert wait_for(node.is_ready, 20), node.log_text()[-2000:]
    assert rows(node) == before


def test_another_nodes_folder_is_refused(lab):
    start(lab)
    node = lab.nodes[3]
    node.stop()
    rewrite(node, "node: 3", "node: 2")
    node.start()
    ends_with(node, "node")


def test_a_node_id_used_twice_is_refused_and_the_cluster_serves_on(lab):
    start(lab)
    twin = lab.nodes[3]
    twin.stop()
    shutil.rmtree(os.path.join(twin.folder, "data"))
    os.makedirs(os.path.join(twin.folder, "data"))
    twin.start()
    ends_with(twin, "node 3")
    raw = RawClient(lab, lab.add_client("raw", "02:00:00:00:aa:aa"))
    assert raw.obtain(10).type == ACK
    raw.close()
    no_crash(lab, killed=(3,))


def test_a_database_of_a_newer_version_is_left_alone(lab):
    start(lab)
    node = lab.nodes[2]
    node.stop()
    connection = sqlite3.connect(node.database)
    version = connection.execute("pragma user_version").fetchone()[0]
    connection.execute("pragma user_version = 9999")
    connection.close()
    node.start()
    ends_with(node, "newer")
    connection = sqlite3.connect(node.database)
    assert connection.execute("pragma user_version").fetchone()[0] == 9999
    connection.execute(f"pragma user_version = {version}")
    connection.close()
    node.start()
    assert wait_for(node.is_ready, 20), node.log_text()[-2000:]


def test_a_database_of_another_cluster_is_refused(lab):
    start(lab)
    node = lab.nodes[2]
    node.stop()
    foreign = os.path.join(lab.folder, "foreign")
    shutil.copytree(os.path.join(node.folder, "data"), foreign)
    connection = sqlite3.connect(node.database)
    connection.execute("update meta set cluster = 'elsewhere'")
    connection.commit()
    connection.close()
    node.start()
    ends_with(node, "cluster")


def test_a_damaged_database_is_rebuilt_without_a_hand(lab):
    start(lab)
    raw = RawClient(lab, lab.add_client("raw", "02:00:00:00:aa:aa"))
    given = raw.obtain(10)
    node = lab.nodes[2]
    node.stop()
    connection = sqlite3.connect(node.database)
    connection.execute("pragma wal_checkpoint(truncate)")  # so that the file is what is read
    connection.close()
    with open(node.database, "r+b") as f:
        f.seek(4096)
        f.write(os.urandom(os.path.getsize(node.database) - 4096))
    node.start()
    assert wait_for(node.is_ready, 20), node.log_text()[-2000:]
    assert equal_rows(lab, 3)
    assert given.yiaddr in {r[0] for r in rows(node)}
    kept = [f for f in os.listdir(os.path.dirname(node.database)) if "damaged" in f]
    assert kept, "the damaged file is kept for inspection"
    raw.close()


def test_a_full_disk_loses_nothing_and_the_others_serve_on():
    with Lab(LEASEHOLD) as lab:
        node = lab.nodes[1]
        data = os.path.join(node.folder, "data")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "none", data], check=True)
        try:
            start(lab)
            raw = RawClient(lab, lab.add_client("raw", "02:00:00:00:aa:aa"))
            first = raw.obtain(10)
            filler = os.path.join(data, "filler")
            with open(filler, "wb") as f:
                try:
                    while True:
                        f.write(bytes(1 << 20))
                except OSError:
                    pass
            given = {first.yiaddr}
            for _ in range(5):
                client = RawClient(lab, raw.namespace)
                ack = client.obtain(10)
                assert ack and ack.yiaddr not in given
                given.add(ack.yiaddr)
                client.close()
            os.remove(filler)
            if not node.is_running():
                node.start()
            assert wait_for(node.is_ready, 30), node.log_text()[-3000:]
            assert wait_for(lambda: given <= {r[0] for r in rows(node)}, 5)
            assert equal_rows(lab, 3)
            raw.close()
        finally:
            if node.is_running():
                node.kill()
            subprocess.run(["umount", data], check=True)


def test_a_clean_stop_answers_sigterm_at_once_and_keeps_all(lab):
    start(lab)
    raw = RawClient(lab, lab.add_client("raw", "02:00:00:00:aa:aa"))
    given = raw.obtain(10)
    for node in lab.nodes.values():
        began = time.monotonic()
        assert node.stop() == 0, node.log_text()[-2000:]
        assert time.monotonic() - began < 8
        node.start()
        assert wait_for(node.is_ready, 20), node.log_text()[-2000:]
    assert equal_rows(lab, 3)
    assert given.yiaddr in {r[0] for r in rows(lab.nodes[1])}
    raw.close()


def test_garbage_on_both_ports_leaves_a_running_server(lab, monkeypatch):
    monkeypatch.setenv("LEASEHOLD_LOG_LEVEL", "debug")  # what is written of it is garbage too
    start(lab)
    namespace = lab.add_client("raw", "02:00:00:00:aa:aa")
    raw = RawClient(lab, namespace)
    from rawclient import udp_frame
    for n in range(500):
        junk = os.urandom(n % 700)
        raw.socket.send(udp_frame(raw.mac, b"\xff" * 6, "0.0.0.0", "255.255.255.255",
                                  (68, 67), junk))
        head = b"\x01\x01\x06\x00" + os.urandom(232) + b"\x63\x82\x53\x63" + junk
        raw.socket.send(udp_frame(raw.mac, b"\xff" * 6, "0.0.0.0", "255.255.255.255",
                                  (68, 67), head))
    feeder = ("import os, socket\n"
              "for n in range(200):\n"
              "    s = socket.create_connection(('10.77.0.1', 6767))\n"
              "    s.sendall(os.urandom(n * 37))\n"
              "    s.close()\n")
    subprocess.run(["ip", "netns", "exec", lab.nodes[2].namespace, "/usr/bin/python3", "-c",
                    feeder], stdin=subprocess.DEVNULL, capture_output=True)
    assert raw.obtain(10).type == ACK
    no_crash(lab)
    raw.close()
