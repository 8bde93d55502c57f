"""What the demos share: how they tell what happens, and how they begin and end.

Nothing outside the network namespaces that a demo makes is touched, and all is removed at the end,
also after Ctrl-C.
"""
import re
import signal
import sys
import time

from lab import Lab, run, wait_for


class Story:
    def __init__(self, lab):
        self.lab, self.began = lab, time.monotonic()
        self.bold, self.plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")

    def say(self, text):
        print(f"{time.monotonic() - self.began:6.1f} s  {text}", flush=True)

    def head(self, text):
        self.say(f"{self.bold}{text}{self.plain}")

    def show(self, text):
        for line in text.rstrip().splitlines():
            print(f"          {line}", flush=True)

    def die(self, text):
        self.say(text)
        for node in self.lab.nodes.values():
            self.show(f"-- end of the log of node {node.number}\n" + node.log_text()[-1500:])
        raise SystemExit(1)

    def address_of(self, namespace):
        listed = self.lab.ip(namespace, "-4", "address", "show", "dev", "eth0")
        found = re.search(r"inet (\S+)/", listed)
        return found and found.group(1)

    def wait_address(self, program, namespace, seconds=20):
        address = wait_for(lambda: self.address_of(namespace), seconds)
        if not address:
            self.die(f"{program} got no address within {seconds} s")
        return address

    def equal(self, table, addresses, seconds=3):
        """True when every running node shows the same rows, with all of these addresses first in them."""
        def same():
            seen = [n.sql(table) for n in self.lab.nodes.values() if n.is_running()]
            return all(rows == seen[0] for rows in seen) and set(addresses) <= {r[0] for r in seen[0]}
        return wait_for(same, seconds)

    def show_sql(self, table, addresses):
        if not self.equal(table, addresses):
            self.die("the nodes differ")
        nodes = [n for n in self.lab.nodes.values() if n.is_running()]
        self.show(run("sqlite3", "-readonly", "-column", "-header", nodes[0].database, table))
        names = ", ".join(f"node {n.number}" for n in nodes)
        self.say(f"the same rows in leases.db on {names}")

    def keep(self):
        self.head("The cluster stays up. Ctrl-C ends it.")
        server, node = self.lab.leasehold, self.lab.nodes[2]
        self.show(f"{server} status --socket {node.socket}\n"
                  f"{server} lease list --socket {node.socket}\n"
                  f"sqlite3 -readonly {node.database} 'select * from active_leases'\n"
                  f"ip netns exec {self.lab.namespaces[-1]} ip address   # a client\n"
                  f"kill -9 {self.lab.nodes[1].process.pid}   # node 1\n"
                  f"logs: {self.lab.folder}/node*/log")
        while True:
            signal.pause()


def interrupted(*_):
    raise KeyboardInterrupt


def run_story(words, text, kind):
    """Runs a Story for the command line @words, whose last one is the server; @text is its help."""
    if "--help" in words or "-h" in words:
        print(text.strip())
        return 0
    unknown = [w for w in words[:-1] if w not in ("--keep", "--relay")]
    if unknown or not words:
        print(f"demo: unknown option {' '.join(unknown)}; see deploy/demo --help", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        with Lab(words[-1]) as lab:
            story = kind(lab)
            story.tell()
            if "--keep" in words:
                story.keep()
            story.head("Done. Everything is removed again.")
    except KeyboardInterrupt:
        print("\nInterrupted; everything is removed again.")
        return 130
    return 0
