"""What operators do on any node is in force on all of them when the command returns."""
import json
import subprocess

import pytest
from conftest import LEASEHOLD, network, rows
from lab import wait_for
from rawclient import ACK, DISCOVER, NAK, OFFER, RawClient


class Roles:
    """The leader, the node on which things are changed, and the one that answers clients."""

    def __init__(self, cluster):
        self.leader = next(n for n in cluster.nodes.values() if status(n)["is_leader"])
        self.answerer, self.maker = [n for n in cluster.nodes.values() if n != self.leader]
        thresholds = ", ".join(
            f"{{node: {n.number}, value: {'none' if n == self.answerer else '20s'}}}"
            for n in cluster.nodes.values())
        self.network = network().replace(
            network()[network().index("[{node: 1"):network().index("]") + 1], f"[{thresholds}]")


def status(node):
    return json.loads(node.ctl("status", "--json"))


def ctl(node, *words):
    done = subprocess.run([LEASEHOLD, *words, "--socket", node.socket],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def do(node, *words):
    code, out, err = ctl(node, *words)
    assert code == 0 and err == "", (words, out, err)
    return out


def refused(node, *words):
    code, _, err = ctl(node, *words)
    assert code == 1, (words, code, err)
    return err


@pytest.fixture(scope="module")
def roles(cluster, tmp_path_factory):
    r = Roles(cluster)
    path = tmp_path_factory.mktemp("settings") / "network.yaml"
    path.write_text(r.network)
    do(r.maker, "settings", "apply", str(path))
    return r


@pytest.fixture(scope="module")
def namespace(cluster):
    return cluster.add_client("raw", "02:00:00:00:aa:aa")


@pytest.fixture
def client(cluster, namespace):
    c = RawClient(cluster, namespace)
    yield c
    c.close()


def offer(client, seconds=2):
    """The address of the offer to the next DISCOVER, and who made it; or None."""
    client.new_transaction()
    client.send(DISCOVER)
    reply = client.receive(seconds, (OFFER,))
    return (reply.yiaddr, reply.server_id) if reply else None


def test_settings_are_gone_by_on_another_node_at_once(roles, client):
    assert offer(client)[1] == roles.answerer.address


def test_a_reservation_is_honoured_by_another_node_for_the_next_discover(roles, client):
    mac = client.mac.hex(":")
    before = offer(client)[0]
    out = do(roles.maker, "reservation", "add", "192.168.77.55", "--hw-address", mac,
             "--hostname", "plotter", "--comment", "second floor", "--tag", "plot", "--tag", "big",
             "--option", "domain-name-servers=[192.168.77.1, 192.168.77.2]")
    assert out.startswith("added reservation ")
    assert offer(client) == ("192.168.77.55", roles.answerer.address) != before
    ack = client.obtain(5)
    assert ack.yiaddr == "192.168.77.55" and ack.options[12] == b"plotter"
    assert ack.options[6] == bytes([192, 168, 77, 1, 192, 168, 77, 2])
    for node in (roles.leader, roles.maker, roles.answerer):
        assert wait_for(lambda n=node: n.sql(
            "select hw_address, hostname, comment, tags, origin, author from reservations"
            " where address = '192.168.77.55'") == [
                (mac, "plotter", "second floor", "plot big", "command", "root")], 2)


def test_a_reservation_that_is_changed_moves_its_client(roles, client):
    do(roles.leader, "reservation", "add", "192.168.77.56", "--hw-address", client.mac.hex(":"),
       "--comment", "kept")
    assert client.obtain(5).yiaddr == "192.168.77.56"
    do(roles.maker, "reservation", "set", "192.168.77.56", "--address", "192.168.77.57")
    assert client.rebind(2).type == NAK
    assert client.obtain(5).yiaddr == "192.168.77.57"
    assert "kept" in do(roles.answerer, "reservation", "list")
    do(roles.maker, "reservation", "remove", "192.168.77.57")
    assert client.rebind(2).type == NAK  # it is in no pool
    assert client.obtain(5).yiaddr.split(".")[3] >= "100"


def test_of_two_edits_at_one_time_one_wins_and_the_other_is_refused(cluster, roles):
    do(roles.maker, "reservation", "add", "192.168.77.58", "--client-id", "0102")
    words = [LEASEHOLD, "reservation", "set", "192.168.77.58", "--comment"]
    both = [subprocess.Popen([*words, f"by node {n.number}", "--socket", n.socket],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for n in (roles.maker, roles.answerer)]
    ends = [(p.communicate(timeout=20)[1], p.returncode) for p in both]
    comments = {n.sql("select comment from reservations where address = '192.168.77.58'")[0][0]
                for n in cluster.nodes.values()}
    assert len(comments) == 1
    if sorted(code for _, code in ends) == [0, 1]:
        assert any("somebody else has changed it" in err for err, code in ends if code == 1)
    else:  # they came one after the other
        assert [code for _, code in ends] == [0, 0]


def test_what_does_not_fit_is_refused_with_the_reason_and_the_next_step(roles, client):
    ack = client.obtain(5)
    assert "192.168.77.9 is reserved for 02:00:00:00:00:99 by the settings" in refused(
        roles.maker, "reservation", "add", "192.168.77.9", "--hw-address", "02:00:00:00:00:01")
    assert "02:00:00:00:00:99 has in this subnet reserved 192.168.77.9 by the settings" in refused(
        roles.maker, "reservation", "add", "192.168.77.70", "--hw-address", "02:00:00:00:00:99")
    assert f"{ack.yiaddr} is held by client {client.mac.hex(':')} until" in refused(
        roles.answerer, "reservation", "add", ack.yiaddr, "--hw-address", "02:00:00:00:00:01")
    assert "10.9.9.9 is in no subnet of the settings" in refused(
        roles.answerer, "reservation", "add", "10.9.9.9", "--hw-address", "02:00:00:00:00:01")
    assert 'did you mean "domain-name"' in refused(
        roles.answerer, "reservation", "add", "192.168.77.71", "--hw-address",
        "02:00:00:00:00:01", "--option", "domain-nam=x")
    assert "this reservation is of the settings" in refused(
        roles.answerer, "reservation", "remove", "192.168.77.9")
    assert "no command has made" in refused(
        roles.answerer, "reservation", "remove", "192.168.77.72")
    assert ctl(roles.maker, "reservation", "add", "--nonsense")[0] == 2
    assert ctl(roles.maker, "block", "add")[0] == 2


def test_a_lease_becomes_a_reservation(roles, client):
    ack = client.obtain(5)
    do(roles.maker, "lease", "make-static", ack.yiaddr, "--comment", "stays")
    assert roles.maker.sql("select hw_address, comment from reservations where address = "
                           f"'{ack.yiaddr}'") == [(client.mac.hex(":"), "stays")]
    assert client.rebind(2).type == ACK
    assert f"{ack.yiaddr} is reserved for {client.mac.hex(':')}" in refused(
        roles.answerer, "lease", "make-static", ack.yiaddr)
    assert "no client holds this address" in refused(
        roles.answerer, "lease", "make-static", "192.168.77.250")


def test_a_revoked_lease_is_not_prolonged_and_its_address_stays_held(roles, client):
    ack = client.obtain(5)
    out = do(roles.maker, "lease", "revoke", ack.yiaddr)
    assert "the address is free at 20" in out
    assert "revoked" in do(roles.answerer, "lease", "show", ack.yiaddr)
    assert client.rebind(2).type == NAK
    other = client.obtain(5).yiaddr
    assert other != ack.yiaddr
    do(roles.answerer, "lease", "revoke", ack.yiaddr, "--force")
    assert "no client holds this address" in refused(roles.maker, "lease", "revoke", ack.yiaddr)
    do(roles.leader, "lease", "release", other)
    assert roles.leader.sql("select reason from history where ended_at is not null and address in "
                            f"('{ack.yiaddr}', '{other}') order by ended_at_ms, reason") == [
                                ("revoked",), ("released",)]


def test_a_blocked_client_is_not_answered_until_the_block_is_gone(roles, client):
    assert offer(client)
    do(roles.maker, "block", "add", "--hw-prefix", client.mac[:5].hex(":"), "--comment", "lost")
    assert offer(client, 1) is None
    assert "lost" in do(roles.leader, "block", "list")
    do(roles.answerer, "block", "remove", "--hw-prefix", client.mac[:5].hex(":"))
    assert offer(client)
    assert "there is no such block" in refused(
        roles.answerer, "block", "remove", "--hw-prefix", client.mac[:5].hex(":"))


def test_settings_that_do_not_go_with_a_reservation_of_a_command_are_refused(roles, tmp_path):
    do(roles.maker, "reservation", "add", "192.168.77.80", "--client-id", "0a0b")
    path = tmp_path / "network.yaml"
    path.write_text(roles.network.replace("192.168.77.9,", "192.168.77.80,"))
    err = refused(roles.answerer, "settings", "apply", str(path))
    assert "made by a command, does not go with these settings" in err
    assert "192.168.77.80 is reserved for 02:00:00:00:00:99 by the settings" in err


def test_settings_are_listed_compared_and_brought_back(roles, client, tmp_path):
    before = roles.maker.sql("select version from settings where in_force")[0][0]
    path = tmp_path / "network.yaml"
    path.write_text(roles.network.replace("domain-name: lab.example", "domain-name: new.example"))
    do(roles.maker, "settings", "apply", str(path), "--comment", "another name")
    assert client.obtain(5).options[15] == b"new.example"
    listed = do(roles.answerer, "settings", "history")
    assert "another name" in listed and "root" in listed and "first start" in listed
    assert "-    options: {domain-name-servers: [192.168.77.53], domain-name: lab.example}" in do(
        roles.answerer, "settings", "diff")
    do(roles.answerer, "settings", "rollback", str(before))
    assert client.obtain(5).options[15] == b"lab.example"
    assert do(roles.leader, "settings", "show") == roles.network
    assert f"back to version {before}" in do(roles.leader, "settings", "history")
    assert "are the same" in do(roles.leader, "settings", "diff", str(before))
    assert "no more" in refused(roles.leader, "settings", "show", "999")


def test_a_dry_run_says_what_would_become_of_the_clients(roles, client, tmp_path):
    ack = client.obtain(5)
    for node in (roles.maker, roles.answerer):  # the forecast reads the database
        assert wait_for(lambda n=node: [r for r in rows(n) if r[0] == ack.yiaddr], 2)
    path = tmp_path / "network.yaml"
    version = roles.maker.sql("select version from settings where in_force")
    path.write_text(roles.network.replace(
        "          - {hw-address", f"          - {{hw-address: '{client.mac.hex(':')}', "
        "address: 192.168.77.30}\n          - {hw-address", 1))
    out = do(roles.answerer, "settings", "apply", str(path), "--dry-run")
    assert "it moves 1," in out and f"{ack.yiaddr} moves to 192.168.77.30" in out
    path.write_text(roles.network.replace("192.168.77.100-192.168.77.200", "192.168.77.240"))
    assert f"{ack.yiaddr} is refused" in do(
        roles.maker, "settings", "apply", str(path), "--dry-run")
    assert roles.maker.sql("select version from settings where in_force") == version


def test_settings_that_change_under_load_lose_no_answer(roles, cluster, namespace, tmp_path):
    path = tmp_path / "network.yaml"
    clients = [RawClient(cluster, namespace) for _ in range(8)]
    for i, c in enumerate(clients * 3):
        path.write_text(roles.network + f"# {i}\n")
        apply = subprocess.Popen([LEASEHOLD, "settings", "apply", str(path), "--socket",
                                  roles.maker.socket], stdout=subprocess.DEVNULL)
        c.new_transaction()
        c.send(DISCOVER)  # once: no retransmission hides a lost answer
        offered = c.receive(5, (OFFER,))
        ack = c.request(offered, seconds=5) if offered else None
        assert ack and ack.type == ACK
        assert apply.wait(20) == 0
    for c in clients:
        c.close()


def test_every_node_holds_the_same_in_the_end(cluster):
    def state(node):
        return (node.sql("select applied_index, digest from cluster"), rows(node),
                node.sql("select id, version, comment from reservations order by id"),
                node.sql("select kind, value from blocks order by kind, value"))
    assert wait_for(lambda: len({repr(state(n)) for n in cluster.nodes.values()}) == 1, 5)
