"""A virtual machine that boots from the network: qemu in software, with the iPXE of its network card.

Used by the demo and by the system tests. It has no disk; what it says on its screen comes by the
serial line. The keys that it is sent cut the menus short which wait for one.
"""
import os
import re
import shlex

from lab import wait_for

ESCAPES = re.compile(r"\x1b[\[?][0-9;?]*[A-Za-z]|\r|\x1bc")


class Machine:
    def __init__(self, lab, name, mac):
        self.lab, self.mac = lab, mac
        self.namespace = lab.add_client(name, "02:00:00:00:fe:01")
        self.screen_file = os.path.join(lab.folder, f"{self.namespace}.screen")
        self.process = None
        for words in (("link", "add", "br0", "type", "bridge", "forward_delay", "0"),
                      ("tuntap", "add", "tap0", "mode", "tap"),
                      ("link", "set", "eth0", "master", "br0"),
                      ("link", "set", "tap0", "master", "br0"),
                      ("link", "set", "tap0", "up"), ("link", "set", "br0", "up")):
            lab.ip(self.namespace, *words)

    def start(self):
        qemu = ["qemu-system-x86_64", "-machine", "pc,accel=tcg", "-m", "64", "-nodefaults", "-nographic",
                "-serial", "stdio", "-boot", "n", "-device", f"virtio-net-pci,netdev=lan,mac={self.mac}",
                "-netdev", "tap,id=lan,ifname=tap0,script=no,downscript=no"]
        with open(self.screen_file, "wb") as screen:
            self.process = self.lab.spawn(
                self.namespace, "sh", "-c",
                f"while sleep 0.3; do printf ' '; done | exec {shlex.join(qemu)}", output=screen)

    def screen(self):
        """Whole lines of text, as a person would read them."""
        with open(self.screen_file, errors="replace") as f:
            whole = ESCAPES.sub("", f.read()).rpartition("\n")[0]
        return [line.strip() for line in whole.splitlines() if line.strip()]

    def booted_from(self, seconds):
        """(next server, file name) that the firmware says it got, or None when time is over."""
        def told():
            text = "\n".join(self.screen())
            server = re.search(r"^Next server: (\S+)$", text, re.M)
            name = re.search(r"^Filename: (\S+)$", text, re.M)
            return server and name and (server.group(1), name.group(1))
        return wait_for(told, seconds, 0.1)
