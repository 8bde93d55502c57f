"""A DHCP client made of raw frames, for what no real client can be made to do on time."""
import os
import random
import socket
import struct
import time

COOKIE = b"\x63\x82\x53\x63"
BOOTP, DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(9)
BROADCAST = "255.255.255.255"


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_frame(source_mac, destination_mac, source, destination, ports, payload, damage=None):
    """An Ethernet frame with an IP and UDP header around the payload. @damage gives another UDP
    checksum for the right one."""
    src, dst = socket.inet_aton(source), socket.inet_aton(destination)
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    pseudo = src + dst + struct.pack("!BBH", 0, 17, len(udp))
    right = checksum(pseudo + udp) or 0xFFFF
    udp = udp[:6] + struct.pack("!H", damage(right) if damage else right) + udp[8:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, src, dst)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return destination_mac + source_mac + b"\x08\x00" + ip + udp


class Reply:
    """A DHCP message that a server sent."""

    def __init__(self, payload, source, destination, port):
        self.raw, self.source = payload, source
        self.destination, self.port = destination, port
        self.xid = struct.unpack("!I", payload[4:8])[0]
        self.flags = struct.unpack("!H", payload[10:12])[0]
        self.ciaddr, self.yiaddr, self.siaddr, self.giaddr = (
            socket.inet_ntoa(payload[at:at + 4]) for at in (12, 16, 20, 24))
        self.chaddr = payload[28:28 + payload[2]]
        self.options, self.order = self._options(payload[240:])
        self.type = self.options.get(53, b"\0")[0]
        self.server_id = socket.inet_ntoa(self.options.get(54, b"\0\0\0\0"))
        self.lease = struct.unpack("!I", self.options.get(51, b"\0\0\0\0"))[0]

    @staticmethod
    def _options(data):
        found, order, at = {}, [], 0
        while at < len(data) and data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            code, n = data[at], data[at + 1]
            found[code] = found.get(code, b"") + data[at + 2:at + 2 + n]
            order.append(code)
            at += 2 + n
        return found, order


class RawClient:
    """One client of the LAN. Several may share a namespace and its socket is their own.

    What it may say besides: `extra`, options that go into every message; `hardware`, what it calls
    its hardware address (at most 16 bytes; its frames keep coming from `mac`); `sname` and `file`.
    """

    def __init__(self, lab, namespace, mac=None, client_id=None):
        self.mac = mac or bytes([2]) + os.urandom(5)
        self.hardware, self.hardware_type = self.mac, 1
        self.extra, self.sname, self.file = (), b"", b""
        self.client_id, self.namespace = client_id, namespace
        self.socket = lab.lan_socket(namespace)
        self.socket.setsockopt(263, 1, struct.pack("IHH8s", 2, 1, 0, b""))  # promiscuous
        self.address, self.server = None, None
        self.xid = random.getrandbits(32)

    def close(self):
        self.socket.close()

    def send(self, kind, options=(), ciaddr="0.0.0.0", giaddr="0.0.0.0", secs=0, broadcast=False,
             to=BROADCAST, to_mac=b"\xff" * 6, source="0.0.0.0", ports=(68, 67), damage=None):
        header = struct.pack("!BBBBIHH", 1, self.hardware_type, len(self.hardware), 0, self.xid,
                             secs, 0x8000 if broadcast else 0)
        header += socket.inet_aton(ciaddr) + bytes(8) + socket.inet_aton(giaddr)
        header += self.hardware.ljust(16, b"\0") + self.sname.ljust(64, b"\0")
        header += self.file.ljust(128, b"\0") + COOKIE
        listed = [(53, bytes([kind]))] if kind != BOOTP else []
        if self.client_id:
            listed.append((61, self.client_id))
        listed.extend(options)
        listed.extend(self.extra)
        body = b"".join(bytes([code, len(value)]) + value for code, value in listed) + b"\xff"
        payload = (header + body).ljust(300, b"\0")
        self.socket.send(udp_frame(self.mac, to_mac, source, to, ports, payload, damage))

    def answer(self, kind, address, server):
        """Plays a server: broadcasts a reply of this kind that gives the address."""
        header = struct.pack("!BBBBIHH", 2, 1, 6, 0, self.xid, 0, 0x8000)
        header += bytes(4) + socket.inet_aton(address) + bytes(8)
        header += self.mac + bytes(10 + 64 + 128) + COOKIE
        body = bytes([53, 1, kind, 54, 4]) + socket.inet_aton(server) + b"\xff"
        payload = (header + body).ljust(300, b"\0")
        self.socket.send(
            udp_frame(self.mac, b"\xff" * 6, server, BROADCAST, (67, 68), payload))

    def receive(self, seconds, kinds=(OFFER, ACK, NAK)):
        """The next reply to this client's transaction of one of these kinds, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                frame = self.socket.recv(2048)
            except (TimeoutError, socket.timeout):
                return None
            self._answer_arp(frame)
            reply = self._parse(frame)
            if reply and reply.type in kinds:
                return reply
        return None

    def _answer_arp(self, frame):
        """A host answers when somebody asks who has its address (RFC 826)."""
        if frame[12:14] != b"\x08\x06" or frame[20:22] != b"\0\1" or not self.address:
            return
        own = socket.inet_aton(self.address)
        if frame[38:42] == own:
            asker = frame[22:32]
            self.socket.send(asker[:6] + self.mac + frame[12:20] + b"\0\2"
                             + self.mac + own + asker)

    def _parse(self, frame):
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            return None
        at = 14 + (frame[14] & 15) * 4
        payload = frame[at + 8:]
        if frame[at:at + 2] != b"\x00\x43" or len(payload) < 240 or payload[0] != 2:
            return None
        source, destination = (socket.inet_ntoa(frame[i:i + 4]) for i in (26, 30))
        reply = Reply(payload, source, destination, struct.unpack("!H", frame[at + 2:at + 4])[0])
        return reply if reply.xid == self.xid and reply.chaddr == self.hardware else None

    def new_transaction(self):
        self.xid = random.getrandbits(32)

    def obtain(self, seconds, retry=1.0, honest_secs=True):
        """DISCOVER to ACK with retransmissions; returns the ACK, or None when time is over."""
        self.new_transaction()
        began = time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            elapsed = int(time.monotonic() - began) if honest_secs else 0
            self.send(DISCOVER, secs=elapsed)
            offer = self.receive(min(retry, left), (OFFER,))
            if not offer:
                continue
            ack = self.request(offer, elapsed)
            if ack and ack.type == ACK:
                return ack
            if ack:
                self.new_transaction()
        return None

    def request(self, offer, secs=0, seconds=1.0):
        """Accepts an offer; returns the ACK or NAK, or None."""
        self.send(REQUEST, [(50, socket.inet_aton(offer.yiaddr)), (54, offer.options[54])],
                  secs=secs)
        answer = self.receive(seconds, (ACK, NAK))
        if answer and answer.type == ACK:
            self.address, self.server = answer.yiaddr, answer.server_id
        return answer

    def rebind(self, seconds=1.0):
        """A broadcast REQUEST with ciaddr, as at T2."""
        self.new_transaction()
        self.send(REQUEST, ciaddr=self.address, source=self.address)
        return self.receive(seconds, (ACK, NAK))

    def reboot(self, address=None, seconds=1.0, secs=0):
        """INIT-REBOOT: option 50 and nothing else."""
        self.new_transaction()
        self.send(REQUEST, [(50, socket.inet_aton(address or self.address))], secs=secs)
        return self.receive(seconds, (ACK, NAK))

    def decline(self):
        self.new_transaction()
        self.send(DECLINE, [(50, socket.inet_aton(self.address)),
                            (54, socket.inet_aton(self.server))])
