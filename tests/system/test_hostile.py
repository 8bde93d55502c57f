"""Whatever text a client sends, it is stored as it came or as its safe part, and printed harmless.

Each kind of hostile text goes into every field that a client controls, and then every place where
the server prints what clients sent is read: one row of SINKS, one test.
"""
import csv
import io
import json
import os
import re
import subprocess

import pytest
from conftest import LEASEHOLD, ask_for_text, equal_rows, network, no_crash
from lab import Lab, wait_for
from rawclient import ACK, RawClient

FORGED = "2026-01-02T03:04:05.678Z error event=forged reason=none"
TEXTS = {
    "sql": b"'); DROP TABLE lease; -- \" OR 1=1; ATTACH 'x' AS y",
    "shell": b"$(touch owned);`touch owned`|touch owned & > owned\n touch owned",
    "terminal": b"\x1b[2J\x1b]0;owned\x07\x1b[31m\x1bP$q\x1b\\\x08\x08\r",
    "controls": bytes(range(1, 32)) + b"\x7f",
    "c1": b"\x9b31m\x9d0;owned\x9c \xc2\x9b31m \xc2\x85",
    "html": b"<script>alert(1)</script><img src=x onerror=alert(2)>&lt;",
    "json": b"\",\"state\":\"free\"}],\"x\":[{\"a\":\"\\",
    "line": b"x\n" + FORGED.encode() + b"\r\n" + FORGED.encode() + b"\x0b\x0c",
    "field": b"a reason=FORGED event=forged client=\"x\"",
    "nul": b"before\0after\0",
    "utf8": b"\xff\xfe\xc3(\xe2\x82\xed\xa0\x80\xf8\x88\x80\x80\x80",
    "bidi": "\u202egnp.exe\u2066\u200f\u061c\u2028\ufeff".encode(),
    "format": b"%s%n%08x%1$*2$d{0}${IFS}",
    "path": b"../../../etc/passwd\\..\\x\0.yaml",
    "csv": b"=1+1,\"x\"\"\",@y\r\n-1;\t",
}
LONG = {"long-a": b"A", "long-quote": b"'", "long-escape": b"\x1b", "long-high": b"\xff"}
OPTIONS = (12, 15, 56, 60, 66, 67, 77)
RARE = (43, 93, 94, 97, 124, 125)
# What no output may hold: C0 but for the line end, C1, marks that turn or break a line.
HARMFUL = re.compile("[\0-\x09\x0b-\x1f\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
LOG_LINE = re.compile(r"[0-9TZ:.-]{24} (error|warning|info|debug) event=[a-z-]+( [a-z_]+=(\"[^\"]*\"|\S*))*")


def agent_info(text):
    """Option 82 with the text in sub-options that the server knows, and in one that it does not."""
    part = text[:60]
    return b"".join(bytes([code, len(part)]) + part for code in (1, 2, 6, 200))


def say(client, text, fields):
    """Puts the text into these fields of every message of the client."""
    client.extra = [(code, text) for code in OPTIONS + RARE if code in fields]
    client.client_id = text if 61 in fields else None
    if 81 in fields:
        flags = b"\0\0\0" if len(text) > 63 else b"\4\0\0" + bytes([len(text)])
        client.extra.append((81, flags + text[:252]))
    if 82 in fields:
        client.extra.append((82, agent_info(text)))
    if "hardware" in fields:
        client.hardware, client.hardware_type = text[:16], 32
    if "header" in fields:
        client.sname, client.file = text[:64], text[:128]


def say_all(lab, namespace, given):
    """A client for each text with all fields, and one for each long text and field."""
    everything = {*OPTIONS, 81, 82, "header"}
    wanted = [(text, fields) for text in TEXTS.values()
              for fields in (everything, {61, *RARE}, {"hardware", 12, 60})]
    wanted += [(byte * 255, {field}) for byte in LONG.values() for field in (*OPTIONS, *RARE, 61, 81, 82)]
    for number, (text, fields) in enumerate(wanted):
        mac = bytes([2, 0, 0, 1, number >> 8, number & 255])
        client = RawClient(lab, namespace, mac=mac)
        say(client, text, fields)
        ack = client.obtain(10)
        assert ack and ack.type == ACK, (text, fields)
        given[ack.yiaddr] = (text, fields)
        client.close()


@pytest.fixture(scope="module")
def hostile():
    """A cluster that logs every packet and has heard it all; (lab, address -> (text, fields))."""
    before = os.environ.get("LEASEHOLD_LOG_LEVEL")
    os.environ["LEASEHOLD_LOG_LEVEL"] = "debug"
    try:
        with Lab(LEASEHOLD) as lab:
            lab.start(network(pool="192.168.77.20-192.168.77.239").replace(
                "        pools:", "        conflict-detection: no\n        pools:"))
            given = {}
            say_all(lab, lab.add_client("evil", "02:00:00:00:ee:ee"), given)
            assert equal_rows(lab, 5)
            for address, (_, fields) in given.items():
                if fields & {61, "hardware"}:  # what a client calls itself becomes the operator's
                    lab.nodes[1].ctl("lease", "make-static", address)
            yield lab, given
            no_crash(lab)
    finally:
        os.environ.pop("LEASEHOLD_LOG_LEVEL")
        if before is not None:
            os.environ["LEASEHOLD_LOG_LEVEL"] = before


def output_of(lab, *words):
    """What a command prints, as bytes; it runs in a folder of the lab, to be seen if it is tricked."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, cwd=lab.folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ctl(*words):
    return lambda lab, node: output_of(lab, LEASEHOLD, *words, "--socket", node.socket)


def ctl_of_each_lease(*words):
    """Of every third lease: the three nodes show all of them."""
    return lambda lab, node: b"".join(
        ctl(*words, row[0])(lab, node)
        for row in node.sql("select address from leases order by address_n")[node.number - 1::3])


def get(path):
    return lambda lab, node: ask_for_text(node, "GET", path)[2].encode()


def post_sql(statement):
    return lambda lab, node: ask_for_text(node, "POST", "/v1/sql", json.dumps({"sql": statement}))[2].encode()


def sqlite3(*words):
    return lambda lab, node: output_of(lab, "sqlite3", "-readonly", *words[:-1], node.database, words[-1])


def log(lab, node):
    with open(node.log, "rb") as f:
        return f.read()


VIEW = "select * from leases"
# The text itself, out of the table, as an operator can ask for it who does not know better.
RAW = ("select cast(vendor_class as text), cast(hostname as text), cast(circuit_id as text), "
       "cast(client_key as text) from lease")
# Every place where text of clients can come out: how it is read, and as what. A row is a test.
SINKS = {
    "log": (log, "log"),
    "database-view-leases": (sqlite3(VIEW), "text"),
    "database-view-active-leases": (sqlite3("-csv", "select * from active_leases"), "text"),
    "database-view-history": (sqlite3("-line", "select * from history"), "text"),
    "lease-list-table": (ctl("lease", "list"), "rows"),
    "lease-list-json": (ctl("lease", "list", "--json"), "json-rows"),
    "lease-list-csv": (ctl("lease", "list", "--format", "csv"), "csv"),
    "lease-show": (ctl_of_each_lease("lease", "show"), "text"),
    "reservation-list-table": (ctl("reservation", "list"), "text"),
    "reservation-list-json": (ctl("reservation", "list", "--json"), "json"),
    "database-view-reservations": (sqlite3("select * from reservations"), "text"),
    "sql-table": (ctl("sql", VIEW), "rows"),
    "sql-csv": (ctl("sql", VIEW, "--format", "csv"), "csv"),
    "sql-json": (ctl("sql", VIEW, "--json"), "json-rows"),
    "sql-raw-table": (ctl("sql", RAW), "rows"),
    "sql-raw-csv": (ctl("sql", RAW, "--format", "csv"), "csv"),
    "sql-raw-json": (ctl("sql", RAW, "--json"), "json-rows"),
    "status": (ctl("status"), "text"),
    "status-json": (ctl("status", "--json"), "json"),
    "api-leases": (get("/v1/leases"), "json"),
    "api-sql": (post_sql(VIEW), "json"),
    "api-sql-raw": (post_sql(RAW), "json"),
    "metrics": (get("/metrics"), "text"),
}


def texts_in(value):
    """Every string of a JSON value."""
    if isinstance(value, dict):
        return [t for pair in value.items() for part in pair for t in texts_in(part)]
    if isinstance(value, list):
        return [t for part in value for t in texts_in(part)]
    return [value] if isinstance(value, str) else []


def assert_harmless(text):
    found = HARMFUL.search(text)
    assert not found, ascii(text[max(0, found.start() - 60):found.end() + 20])


@pytest.mark.parametrize("sink", SINKS)
def test_hostile_text_is_harmless_in(hostile, sink):
    lab, given = hostile
    read, form = SINKS[sink]
    for node in lab.nodes.values():
        text = read(lab, node).decode("utf-8")  # strictly
        assert_harmless(text.replace("\r\n", "\n") if form == "csv" else text)
        lines = text.splitlines()
        if form == "log":
            for line in lines:
                assert LOG_LINE.fullmatch(line) and "event=forged" not in line, line
        elif form == "rows":
            assert len(lines) == len(given) + 1
        elif form == "csv":
            assert len(list(csv.reader(io.StringIO(text, newline="")))) == len(given) + 1
        elif form == "json-rows":
            assert len(json.loads(text)) == len(given)
        elif form == "json":
            assert texts_in(json.loads(text))
        assert not any(line.startswith(FORGED[:30]) for line in lines if form != "log")
    assert "owned" not in os.listdir(lab.folder)


@pytest.mark.parametrize("view", ["leases", "active_leases"])
def test_json_of_the_views_holds_no_harmful_text_even_when_it_is_decoded(hostile, view):
    lab, _ = hostile
    answer = json.loads(post_sql(f"select * from {view}")(lab, lab.nodes[2]))
    for text in texts_in(answer):
        assert_harmless(text)


def test_the_table_keeps_bytes_as_bytes_and_names_as_names(hostile):
    lab, given = hostile
    for node in lab.nodes.values():
        found = node.sql("select address, typeof(client_key), typeof(hw_address), hostname, "
                         "vendor_class, user_class, agent_info, client_key, hw_address, state from lease")
        assert len(found) == len(given)
        for row in found:
            address = ".".join(str(row[0] >> shift & 255) for shift in (24, 16, 8, 0))
            text, fields = given[address]
            assert row[1] == row[2] == "blob" and row[9] == "bound"
            assert re.fullmatch(rb"[A-Za-z0-9._-]{0,253}", row[3] or b"")
            for at, code in ((4, 60), (5, 77)):
                assert row[at] is None if code not in fields else row[at] == text[:len(row[at])]
            if 82 in fields:
                assert row[6] == agent_info(text)
            if 61 in fields:
                assert row[7] == text
            if "hardware" in fields:
                assert row[8] == text[:16]


def test_every_node_starts_again_on_what_hostile_clients_left(hostile):
    lab, given = hostile
    for node in lab.nodes.values():
        assert node.stop() == 0
        node.start()
        assert wait_for(node.is_ready, 20), node.log_text()[-2000:]
    node = lab.nodes[3]
    node.stop()
    for name in os.listdir(os.path.dirname(node.database)):
        if name.startswith("leases.db"):
            os.remove(os.path.join(os.path.dirname(node.database), name))
    node.start()  # from the log alone
    assert wait_for(node.is_ready, 20), node.log_text()[-2000:]
    assert equal_rows(lab, 5)
    assert len(node.sql("select 1 from lease")) == len(given)
