"""Real DHCP clients as a host would run them: started, cut off, rebooted, told to release.

Each has a network namespace, a hardware address and files of its own. What it did is read in the
logs of the nodes, at level debug: one line for each message, with its kind and what was answered.
"""
import os
import re
import signal
import socket
import struct
import threading
import time

from lab import HERE, run, wait_for

SCRIPT = os.path.join(HERE, "client-script")
LINE = re.compile(r"event=exchange kind=(\S+) answer=(\S+) reason=\S+ client=(\S+) address=(\S+)")
NOBODY = "02:ff:ff:ff:ff:ff"


class Client:
    """What all of them have in common."""
    name, declines, knows_init_reboot = None, True, True

    def __init__(self, lab, mac, bridge="lan"):
        self.lab, self.mac = lab, mac
        self.namespace = lab.add_client(self.name[:6] if bridge == "lan" else bridge, mac, bridge)
        self.port = f"p{lab.n_ports}"
        self.host_name = f"{self.name}.lab.example"  # all of them send it in option 81
        self.folder = os.path.join(lab.folder, self.namespace)
        os.mkdir(self.folder)
        self.process = None

    def words(self):
        raise NotImplementedError

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = self.lab.spawn(self.namespace, *self.words(), output=log)

    def log_text(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return f.read()

    def power_off(self):
        """As a host that loses its power: no RELEASE, its files stay, its address is gone."""
        self.process.kill()
        self.process.wait()
        self.lab.end_all_in(self.namespace)
        self.lab.ip(self.namespace, "address", "flush", "dev", "eth0", "scope", "global")

    def reboot(self):
        self.power_off()
        self.start()

    def release(self):
        raise NotImplementedError

    def address(self):
        listed = self.lab.ip(self.namespace, "-4", "address", "show", "dev", "eth0")
        found = re.search(r"inet (\S+)/", listed)
        return found and found.group(1)

    def cut_unicast(self):
        """Unicast to any node goes nowhere from now on, as with a dead server."""
        for node in self.lab.nodes.values():
            self.lab.ip(self.namespace, "neighbour", "replace", node.address,
                        "lladdr", NOBODY, "dev", "eth0", "nud", "permanent")

    def mend_unicast(self):
        for node in self.lab.nodes.values():
            self.lab.ip(self.namespace, "neighbour", "del", node.address, "dev", "eth0")

    def said(self):
        """What the nodes heard of this client and did: [(kind, answer, address)], node by node."""
        mine = f"01:{self.mac}"
        return [(kind, answer, address) for node in self.lab.nodes.values()
                for kind, answer, client, address in LINE.findall(node.log_text()) if client == mine]

    def count(self, kind, answer):
        return sum(said[:2] == (kind, answer) for said in self.said())


class Dhclient(Client):
    name = "dhclient"
    CONF = ("initial-interval 1; backoff-cutoff 2; retry 2; select-timeout 0; reboot 4;\n"
            "send fqdn.fqdn \"{}.\"; send fqdn.encoded on; send fqdn.server-update on;\n")

    def words(self, *more):
        files = os.path.join(self.folder, "dhclient")
        with open(f"{files}.conf", "w") as f:
            f.write(self.CONF.format(self.host_name))
        return ["dhclient", "-4", "-d", "-v", *more, "-e", "check=yes", "-sf", SCRIPT,
                "-cf", f"{files}.conf", "-lf", f"{files}.leases", "-pf", f"{files}.pid", "eth0"]

    def release(self):
        run("ip", "netns", "exec", self.namespace, *self.words("-r"))


class Udhcpc(Client):
    name, knows_init_reboot, last = "udhcpc", False, None

    def words(self):
        wish = ["-r", self.last] if self.last else []
        return ["udhcpc", "-f", "-i", "eth0", "-s", SCRIPT, "-t", "20", "-T", "1", "-A", "1", "-a",
                "-F", self.host_name, *wish]

    def power_off(self):
        self.last = self.address()
        super().power_off()

    def release(self):
        self.process.send_signal(signal.SIGUSR2)


class Dhcpcd(Client):
    name = "dhcpcd"

    def words(self):
        for part in ("run", "var"):
            os.makedirs(os.path.join(self.folder, part), exist_ok=True)
        return ["unshare", "-m", "sh", "-c",
                f"mount --bind {self.folder}/run /run && mkdir -p /var/lib/dhcpcd && "
                f"mount --bind {self.folder}/var /var/lib/dhcpcd && mkdir -p /run/dhcpcd && "
                f"exec dhcpcd -B -4 -d -f /dev/null -I '' -h {self.host_name} -F both -c {SCRIPT} eth0"]

    def release(self):
        self.process.send_signal(signal.SIGALRM)


class Networkd(Client):
    """systemd-networkd without the rest of systemd: no bus, and /sys read-only, for there is no udev.

    Version 252 sends its DECLINE from the address that it has just dropped, so the DECLINE never
    leaves, and it does not configure another address afterwards.
    """
    name, declines = "networkd", False
    NETWORK = ("[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"
               "[DHCPv4]\nClientIdentifier=mac\nSendDecline=yes\nHostname={}\n")

    def words(self):
        state = os.path.join(self.folder, "run/systemd")
        os.makedirs(os.path.join(state, "network"), exist_ok=True)
        with open(os.path.join(state, "network/eth0.network"), "w") as f:
            f.write(self.NETWORK.format(self.host_name))
        return ["unshare", "-m", "sh", "-c",
                f"mount --bind {self.folder}/run /run && mount -o remount,ro,bind /sys && "
                "mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp && "
                "chown -R systemd-network: /run/systemd/netif && "
                "SYSTEMD_LOG_LEVEL=debug exec /lib/systemd/systemd-networkd"]

    def reboot(self):
        """It knows no other reboot than a cable that is pulled and put back."""
        self.lab.ip(self.lab.switch, "link", "set", self.port, "down")
        time.sleep(1)
        self.lab.ip(self.lab.switch, "link", "set", self.port, "up")

    def release(self):
        self.process.terminate()  # which makes it release


CLIENTS = (Dhclient, Udhcpc, Dhcpcd, Networkd)


class Squatter:
    """A host that uses the first address which each of these clients checks by ARP, and no other."""
    MAC = bytes.fromhex("0200000000ee")

    def __init__(self, lab, macs):
        self.socket = lab.lan_socket(lab.add_client("squat", "02:00:00:00:00:ee"))
        self.socket.setsockopt(263, 1, struct.pack("IHH8s", 2, 1, 0, b""))  # promiscuous
        self.socket.settimeout(0.2)
        self.wanted = {bytes.fromhex(mac.replace(":", "")) for mac in macs}
        self.taken = {}  # address -> hardware address of who was told so
        self.is_over = False
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def address_for(self, mac):
        mine = bytes.fromhex(mac.replace(":", ""))
        return next((a for a, whose in self.taken.items() if whose == mine), None)

    def leave(self, mac):
        """Gives up the address that this client was told it has."""
        self.taken.pop(self.address_for(mac))

    def close(self):
        self.is_over = True
        self.thread.join()
        self.socket.close()

    def _run(self):
        while not self.is_over:
            try:
                frame = self.socket.recv(2048)
            except (TimeoutError, socket.timeout):
                continue
            if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1":
                self._hear(frame)

    def _hear(self, frame):
        asker, target = frame[22:28], socket.inet_ntoa(frame[38:42])
        if asker in self.wanted and target.startswith("192.168.77.1") and frame[28:32] != frame[38:42]:
            self.wanted.discard(asker)
            self.taken[target] = asker
        if self.taken.get(target) == asker:
            self.socket.send(asker + self.MAC + frame[12:20] + b"\0\2"
                             + self.MAC + frame[38:42] + asker + frame[28:32])
