"""The HTTP API and the command line: what they answer, and what they refuse."""
import fcntl
import json
import os
import pty
import re
import socket
import stat
import struct
import subprocess
import termios

from conftest import LEASEHOLD, ask_for_text, network, rows
from lab import wait_for
from rawclient import RawClient


def ask(node, *words, **more):
    """Status, headers and JSON of one request."""
    status, headers, text = ask_for_text(node, *words, **more)
    return status, headers, json.loads(text)


def sql(node, statement, **more):
    return ask(node, "POST", "/v1/sql", json.dumps({"sql": statement, **more}))


def ctl(*words, socket_path=None):
    where = ["--socket", socket_path] if socket_path else []
    return subprocess.run([LEASEHOLD, *words, *where], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)


def version(node):
    return ask(node, "GET", "/v1/status")[2]["settings_version"]


def test_the_socket_is_for_owner_and_group_alone(cluster):
    for node in cluster.nodes.values():
        assert stat.S_IMODE(os.stat(node.socket).st_mode) == 0o660


def test_status_tells_of_members_networks_and_pools(cluster):
    for node in cluster.nodes.values():
        status, headers, body = ask(node, "GET", "/v1/status")
        assert status == 200 and headers["Content-Type"] == "application/json"
        assert body["node"] == node.number and body["majority"] and body["caught_up"]
        assert [m["node"] for m in body["members"]] == [1, 2, 3]
        lan = body["networks"][0]
        assert lan["network"] == "lan" and lan["open"] and lan["address"] == node.address
        assert [n["effective_ms"] for n in lan["nodes"]] == [0, 10000, 20000]
        assert body["pools"][0]["size"] == 101
        assert ask(node, "GET", "/healthz")[0] == 200
        assert ask(node, "GET", "/readyz")[0] == 200


def test_metrics_are_what_prometheus_reads(cluster):
    for node in cluster.nodes.values():
        status, headers, text = ask_for_text(node, "GET", "/metrics")
        assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
        assert values["leasehold_has_majority"] == "1"
        assert values['leasehold_serving{network="lan",node="3"}'] == "1"
        assert int(values["leasehold_applied_index"]) > 0
        assert any(name.startswith("leasehold_pool_free{") for name in values)


def test_what_the_api_does_not_have_is_a_problem_document(cluster):
    node = cluster.nodes[1]
    for method, path, wanted in (("GET", "/", 404), ("GET", "/v1/../etc/passwd", 404),
                                 ("DELETE", "/v1/settings", 405), ("GET", "/v1/sql", 405)):
        status, headers, body = ask(node, method, path)
        assert status == wanted and body["status"] == wanted
        assert headers["Content-Type"] == "application/problem+json"


def test_sql_reads_and_never_writes(cluster):
    node = cluster.nodes[2]
    status, _, body = sql(node, "select 1 as one, 2.5 as half, null as none, 'x' as text")
    assert status == 200 and body["columns"] == ["one", "half", "none", "text"]
    assert body["rows"] == [[1, 2.5, None, "x"]] and body["truncated"] is False
    many = "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n limit 20"
    assert len(sql(node, many, limit=5)[2]["rows"]) == 5
    assert sql(node, many, limit=5)[2]["truncated"] is True
    for bad in ("delete from lease", "drop table lease", "attach 'x' as y", "pragma journal_mode=off",
                "select load_extension('x')", "select 1; select 2", "nonsense", ""):
        assert sql(node, bad)[0] == 400, bad
    for body in ("", "{", "[]", '{"sql": 1}', '{"sql": "select 1", "limit": 0}', "[" * 5000):
        assert ask(node, "POST", "/v1/sql", body)[0] == 400
    assert ask(node, "POST", "/v1/sql", "x" * 70000)[0] == 413


def test_an_endless_question_is_ended_and_others_are_answered_meanwhile(cluster):
    node = cluster.nodes[3]
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"
    asking = subprocess.Popen([LEASEHOLD, "sql", endless, "--socket", node.socket],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    assert wait_for(lambda: ask(node, "GET", "/healthz")[0] == 200, 1)
    _, told = asking.communicate(timeout=15)
    assert asking.returncode == 1 and "too long" in told


def test_a_column_cannot_be_named_so_that_it_moves_the_cursor(cluster):
    shown = ctl("sql", "select 1 as \"\x1b[1m\"", socket_path=cluster.nodes[2].socket)
    assert shown.returncode == 0 and "\x1b" not in shown.stdout


def test_leases_are_filtered_and_come_in_pages(cluster):
    node = cluster.nodes[1]
    namespace = cluster.add_client("pages", "02:00:00:00:03:01")
    clients = [RawClient(cluster, namespace, bytes([2, 0, 0, 0, 3, i])) for i in range(16, 24)]
    addresses = {client.obtain(5).yiaddr for client in clients}
    assert len(addresses) == len(clients)
    assert wait_for(lambda: addresses <= {row[0] for row in rows(node)}, 2)
    seen, after = [], None
    while True:
        path = "/v1/leases?limit=3" + (f"&after={after}" if after else "")
        page = ask(node, "GET", path)[2]
        assert len(page["leases"]) <= 3
        seen += [lease["address"] for lease in page["leases"]]
        after = page["next"]
        if after is None:
            break
    assert seen == sorted(seen, key=socket.inet_aton)
    assert len(seen) == len(set(seen)) and addresses <= set(seen)
    one = ask(node, "GET", "/v1/leases?hw-address=02-00-00-00-03-10&state=bound")[2]["leases"]
    assert len(one) == 1 and one[0]["address"] in addresses
    for bad in ("limit=0", "limit=10001", "state=lost", "address=1.2.3", "after=7",
                "foo=1", "state=bound&state=released"):
        assert ask(node, "GET", f"/v1/leases?{bad}")[0] == 400, bad
    listed = ctl("lease", "list", "--json", "--where", "hw-address=02:00:00:00:03:11",
                 socket_path=node.socket)
    assert [lease["hw_address"] for lease in json.loads(listed.stdout)] == ["02:00:00:00:03:11"]
    for client in clients:
        client.close()


def test_settings_are_changed_on_every_node_or_nowhere(cluster):
    node = cluster.nodes[2]
    status, headers, shown = ask(node, "GET", "/v1/settings")
    assert status == 200 and headers["ETag"] == f'"{shown["version"]}"'
    assert shown["source"] == network()
    before = shown["version"]
    wrong = network().replace("delay-threshold", "delay-treshold").replace("headroom: 5m", "headroom: 5")
    status, _, body = ask(node, "PUT", "/v1/settings", wrong)
    assert status == 422 and body["count"] == 2
    assert body["problems"][0]["line"] == 3 and "delay-threshold" in body["problems"][0]["text"]
    assert version(node) == before
    right = network(pool="192.168.77.100-192.168.77.210")
    status, _, _ = ask(node, "PUT", "/v1/settings", right, {"If-Match": f'"{before + 1}"'})
    assert status == 412
    status, headers, body = ask(node, "PUT", "/v1/settings", right, {"If-Match": f'"{before}"'})
    assert status == 200 and body["version"] == before + 1
    for other in cluster.nodes.values():
        assert wait_for(lambda: version(other) == before + 1, 2)
        assert wait_for(lambda: ask(other, "GET", "/v1/settings")[2]["source"] == right, 2)
    assert ask(node, "PUT", "/v1/settings", "x" * 2000000)[0] == 413


def test_the_command_line_says_every_mistake_and_its_exit_code(cluster, tmp_path):
    node = cluster.nodes[1]
    bad = tmp_path / "bad.yaml"
    bad.write_text(network().replace("headroom: 5m", "headroom: five"))
    good = tmp_path / "good.yaml"
    good.write_text(network(lease="20m"))
    for words in (("check", str(bad)), ("apply", str(bad))):
        told = ctl("settings", *words, socket_path=node.socket if words[0] == "apply" else None)
        assert told.returncode == 1 and f"{bad}:6:" in told.stderr and "five" in told.stderr
    assert ctl("settings", "check", str(good)).returncode == 0
    assert ctl("settings", "apply", str(good), socket_path=node.socket).returncode == 0
    assert ctl("settings", "show", socket_path=node.socket).stdout == good.read_text()
    assert ctl("settings", "chekc", "x").returncode == 2
    assert "settings check" in ctl("settings", "chekc", "x").stderr
    assert "there is: lease list" in ctl("lease").stderr
    assert ctl("status", "--nonsense").returncode == 2
    assert ctl("status", socket_path=str(tmp_path / "none.sock")).returncode == 3
    assert ctl("settings", "check", str(tmp_path / "none.yaml")).returncode == 1


def on_a_terminal(columns, *words):
    """What a command prints on a terminal of so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    done = subprocess.Popen([LEASEHOLD, *words], stdin=its, stdout=its, stderr=its)
    os.close(its)
    text = b""
    try:
        while piece := os.read(ours, 4096):
            text += piece
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert done.wait(10) == 0
    return text.decode()


def test_the_screen_fits_the_terminal_and_a_pipe_has_no_colour(cluster):
    node = cluster.nodes[1]
    for words in (["status"], ["lease", "list"], ["sql", "select * from leases"]):
        plain = ctl(*words, socket_path=node.socket).stdout
        assert "\x1b" not in plain and plain
    for words in (["status"], ["lease", "list"]):
        shown = on_a_terminal(80, *words, "--socket", node.socket)
        assert "\x1b[1m" in shown
        lines = re.sub("\x1b\\[[0-9]*m", "", shown).splitlines()
        assert all(len(line.rstrip()) <= 80 for line in lines), shown


def test_idle_connections_do_not_keep_others_out_for_long(cluster):
    node = cluster.nodes[3]
    pid = int(subprocess.run(["pgrep", "-f", f"serve --config {node.folder}"],
                             capture_output=True, text=True, check=True).stdout.split()[0])
    before = len(os.listdir(f"/proc/{pid}/fd"))
    idle = []
    for _ in range(500):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.setblocking(False)
        try:
            s.connect(node.socket)
        except OSError:
            pass
        idle.append(s)
    assert len(os.listdir(f"/proc/{pid}/fd")) < before + 300
    for s in idle:
        s.close()
    assert wait_for(lambda: ctl("status", socket_path=node.socket).returncode == 0, 20)
    assert wait_for(lambda: len(os.listdir(f"/proc/{pid}/fd")) <= before + 2, 20)


def test_without_a_majority_settings_are_refused_with_exit_code_four(cluster, tmp_path):
    file = tmp_path / "network.yaml"
    file.write_text(network())
    node = cluster.nodes[1]
    for number in (2, 3):
        assert cluster.nodes[number].stop() == 0
    assert wait_for(lambda: ask(node, "GET", "/readyz")[0] == 503, 5)
    assert ask(node, "GET", "/healthz")[0] == 200
    assert ctl("settings", "apply", str(file), socket_path=node.socket).returncode == 4
    assert not os.path.exists(cluster.nodes[2].socket)
    for number in (2, 3):
        cluster.nodes[number].start()
    assert wait_for(lambda: all(n.is_ready() for n in cluster.nodes.values()), 20)
