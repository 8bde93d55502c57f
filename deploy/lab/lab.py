"""A network of its own on one machine: nodes, a LAN and clients in network namespaces.

Used by deploy/demo and by the system tests. Everything it makes carries one prefix and is removed
by close(), which also ends the processes that were started here, by pid; nothing else is touched.
"""
import ctypes
import http.client
import ipaddress
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

LAN = "192.168.77"      # nodes are .1 to .5
PEERS = "10.77.0"       # their own network
HERE = os.path.dirname(os.path.abspath(__file__))
_libc = ctypes.CDLL(None, use_errno=True)


def run(*words, check=True):
    """Runs a command to its end and returns what it printed."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def wait_for(what, seconds, interval=0.02):
    """Calls what() until it is true; returns its value, or None when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            return None
        time.sleep(interval)


def client_words(program, lab, namespace):
    """How a real client (dhclient, udhcpc, dhcpcd) is started on eth0 of the namespace."""
    script = os.path.join(HERE, "client-script")
    files = os.path.join(lab.folder, namespace)
    return {
        "dhclient": ["dhclient", "-4", "-d", "-sf", script, "-cf", "/dev/null",
                     "-lf", f"{files}.leases", "-pf", f"{files}.pid", "eth0"],
        "udhcpc": ["udhcpc", "-f", "-i", "eth0", "-s", script, "-t", "20", "-T", "1"],
        # its files go to a private /run and /var/lib, which end with it
        "dhcpcd": ["unshare", "-m", "sh", "-c",
                   "mount -t tmpfs none /run && mkdir -p /run/dhcpcd /var/lib/dhcpcd && "
                   "mount -t tmpfs none /var/lib/dhcpcd && "
                   f"exec dhcpcd -B -4 -A -f /dev/null -c {script} eth0"],
    }[program]


class Inside:
    """with Inside(namespace): sockets made here belong to the namespace."""

    def __init__(self, namespace):
        self.path = f"/run/netns/{namespace}"

    def __enter__(self):
        self.before = os.open("/proc/self/ns/net", os.O_RDONLY)
        self._enter(os.open(self.path, os.O_RDONLY))

    def __exit__(self, *_):
        self._enter(self.before)

    @staticmethod
    def _enter(fd):
        failed = _libc.setns(fd, 0)
        os.close(fd)
        if failed:
            raise OSError(ctypes.get_errno(), "setns")


class Node:
    """One `leasehold serve` with its own namespace, folder and two interfaces: lan0, peer0."""

    def __init__(self, lab, number):
        self.lab, self.number = lab, number
        self.namespace = f"{lab.prefix}n{number}"
        self.address = f"{LAN}.{number}"
        self.folder = os.path.join(lab.folder, f"node{number}")
        self.socket = os.path.join(self.folder, "api.sock")
        self.database = os.path.join(self.folder, "data", "leases.db")
        self.log = os.path.join(self.folder, "log")
        self.process = None
        os.makedirs(os.path.join(self.folder, "data"))
        run(lab.leasehold, "pki", "issue", str(number), "--folder", lab.pki)
        lab.add_namespace(self.namespace)
        lab.plug(self.namespace, "lan0", "lan", f"{self.address}/24")
        lab.plug(self.namespace, "peer0", "peers", f"{PEERS}.{number}/24")

    def certificate(self, ending):
        """Path of the node's certificate (pem) or key."""
        return os.path.join(self.lab.pki, f"node-{self.number}.{ending}")

    def tls(self):
        """The files of the connections between nodes, as in node.yaml."""
        if not self.lab.tls:
            return "none\n  insecure: yes"
        pki = self.lab.pki
        return (f"{{ca: {pki}/ca.pem, crl: {pki}/crl.pem, "
                f"certificate: {self.certificate('pem')}, key: {self.certificate('key')}}}")

    def configure(self, members, network_yaml, extra=""):
        listed = "".join(f"    - {{id: {i}, address: {PEERS}.{i}:6767}}\n" for i in members)
        with open(os.path.join(self.folder, "node.yaml"), "w") as f:
            f.write(
                f"node: {self.number}\n"
                f"data: {self.folder}/data\n"
                "cluster:\n"
                "  name: lab\n"
                f"  listen: {PEERS}.{self.number}:6767\n"
                f"  tls: {self.tls()}\n"
                f"  members:\n{listed}{extra}"
                "links:\n"
                "  - {interface: lan0, network: lan}\n"
                f"api: {{socket: {self.socket}}}\n")
        with open(os.path.join(self.folder, "network.yaml"), "w") as f:
            f.write(network_yaml)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = self.lab.spawn(
                self.namespace, self.lab.leasehold, "serve", "--config",
                os.path.join(self.folder, "node.yaml"),
                "--log-level", os.environ.get("LEASEHOLD_LOG_LEVEL", "info"), output=log)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """kill -9, as a power cut of the process."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=10):
        """A clean stop; returns the exit status."""
        self.process.terminate()
        return self.process.wait(seconds)

    def ctl(self, *words, check=True):
        return run(self.lab.leasehold, *words, "--socket", self.socket, check=check)

    def is_ready(self):
        """True when the node can answer clients: it has a majority and has caught up."""
        if not self.is_running() or not os.path.exists(self.socket):
            return False
        return self.get("/readyz") == 200

    def has_settings(self):
        """True when the network's settings are in force here, and in the database."""
        return self.sql("select count(*) from networks")[0][0] > 0

    def get(self, path):
        """The status of a GET on the node's API, or None when nobody answers."""
        connection = http.client.HTTPConnection("localhost", timeout=2)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(2)
        try:
            connection.sock.connect(self.socket)
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def sql(self, query):
        """Rows of a query, read from the file as any program of the group may."""
        with_uri = f"file:{self.database}?mode=ro"
        connection = sqlite3.connect(with_uri, uri=True, timeout=5)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def log_text(self):
        with open(self.log, errors="replace") as f:
            return f.read()


class Lab:
    """Namespaces, bridges and processes with one prefix; use it in a with statement."""

    def __init__(self, leasehold, nodes=3, tls=True):
        self.leasehold, self.tls = os.path.abspath(leasehold), tls
        self.prefix = f"lh{os.getpid() % 100000}"
        self.folder = tempfile.mkdtemp(prefix="leasehold-lab.")
        self.pki = os.path.join(self.folder, "pki")
        self.namespaces, self.processes, self.n_ports = [], [], 0
        self.nodes = {}
        try:
            self.switch = f"{self.prefix}sw"
            self.add_namespace(self.switch)
            for bridge in ("lan", "peers"):
                self.add_bridge(bridge)
            run(self.leasehold, "pki", "init", "lab", "--folder", self.pki)
            for number in range(1, nodes + 1):
                self.nodes[number] = Node(self, number)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ip(self, namespace, *words):
        return run("ip", "-n", namespace, *words)

    def add_namespace(self, name):
        run("ip", "netns", "add", name)
        self.namespaces.append(name)
        self.ip(name, "link", "set", "lo", "up")

    def add_bridge(self, name):
        """A network of the switch, to plug() into."""
        self.ip(self.switch, "link", "add", name, "type", "bridge", "forward_delay", "0")
        self.ip(self.switch, "link", "set", name, "up")

    def plug(self, namespace, interface, bridge, address=None, mac=None):
        """A cable from the namespace to a bridge of the switch."""
        self.n_ports += 1
        port = f"p{self.n_ports}"
        self.ip(self.switch, "link", "add", port, "type", "veth",
                "peer", "name", interface, "netns", namespace)
        self.ip(self.switch, "link", "set", port, "master", bridge, "up")
        if mac:
            self.ip(namespace, "link", "set", interface, "address", mac)
        if address:
            self.ip(namespace, "address", "add", address, "brd", "+", "dev", interface)
        self.ip(namespace, "link", "set", interface, "up")
        return port

    def add_client(self, name, mac, bridge="lan"):
        """A host on the LAN without an address; returns its namespace."""
        namespace = f"{self.prefix}c{name}"
        self.add_namespace(namespace)
        self.plug(namespace, "eth0", bridge, mac=mac)
        return namespace

    def add_router(self, name, bridge, lan_address, address):
        """A router between the LAN and another bridge, with a DHCP relay on it; the nodes know the way.

        @address has the prefix length of the network behind it.
        """
        namespace = f"{self.prefix}r{name}"
        self.add_namespace(namespace)
        self.plug(namespace, "lan0", "lan", f"{lan_address}/24")
        self.plug(namespace, f"{bridge}0", bridge, address)
        self.run_in(namespace, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        network = str(ipaddress.ip_interface(address).network)
        for node in self.nodes.values():
            self.ip(node.namespace, "route", "add", network, "via", lan_address)
        self.spawn(namespace, "dhcrelay", "-d", "-4", "-a", "--no-pid", "-id", f"{bridge}0", "-iu", "lan0",
                   *[node.address for node in self.nodes.values()])
        return namespace

    @staticmethod
    def run_in(namespace, *words):
        return run("ip", "netns", "exec", namespace, *words)

    def spawn(self, namespace, *words, output=subprocess.DEVNULL):
        """Starts a process in the namespace; close() ends it."""
        process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, *words],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True)
        self.processes.append(process)
        return process

    def start(self, network_yaml, extra=""):
        """Configures and starts all nodes, and waits until each can answer."""
        for node in self.nodes.values():
            node.configure(self.nodes, network_yaml, extra)
            node.start()
        for node in self.nodes.values():
            if not wait_for(lambda n=node: n.is_ready() and n.has_settings(), 20):
                raise RuntimeError(f"node {node.number} is not ready:\n{node.log_text()[-3000:]}")

    def lan_socket(self, namespace):
        """A raw socket on the client's interface."""
        with Inside(namespace):
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            s.bind(("eth0", 0))
        return s

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                process.wait()
        for namespace in reversed(self.namespaces):
            self.end_all_in(namespace)
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
        self.namespaces, self.processes = [], []
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def end_all_in(namespace):
        """Ends what a client program left behind in a namespace that this lab made."""
        for pid in run("ip", "netns", "pids", namespace, check=False).split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
