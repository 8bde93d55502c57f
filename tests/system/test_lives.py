"""Four real clients live through it all, at the same time: an address that somebody else uses, then
another one, its renewal, its renewal from any server when the first is gone, a reboot, and the release.

The first address that a client checks by ARP is in use, by a host that only this client can hear. So
it is the client that finds the conflict, and not the server.

At the same time a virtual machine boots from the network, and a client behind ISC's relay gets an
address and renews it; that relay takes part in what the client sends by unicast, too.
"""
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import LEASEHOLD, equal_rows, no_crash
from lab import Lab, wait_for
from machine import Machine
from realclients import CLIENTS, Squatter, Udhcpc

SETTINGS = """\
classes:
  - {name: ipxe, match: {user-class: iPXE}, boot-file: boot/chain.ipxe}
networks:
  - name: lan
    lease-time: {default: 12s, min: 4s, max: 1d}
    headroom: 10s
    next-server: 192.168.77.60
    boot-file: boot/loader.pxe
    options: {domain-name-servers: [192.168.77.53], domain-name: lab.example}
    subnets:
      - subnet: 192.168.77.0/24
        pools: [{range: 192.168.77.100-192.168.77.199}]
        options: {routers: [192.168.77.254]}
  - name: branch
    lease-time: {default: 12s, min: 4s, max: 1d}
    headroom: 10s
    subnets:
      - subnet: 10.88.0.0/24
        pools: [{range: 10.88.0.100-10.88.0.199}]
"""
LONG = 60  # seconds for what takes 20


def column_of(node, address, column):
    found = node.sql(f"select {column} from leases where address = '{address}'")
    return found[0][0] if found else None


def meet_the_squatter(client, squatter):
    client.start()
    if client.declines:
        assert wait_for(lambda: client.count("decline", "none"), LONG), "no DECLINE"
        taken = squatter.address_for(client.mac)
    else:
        assert wait_for(lambda: "Conflict on" in client.log_text(), LONG), "no conflict found"
        taken = None
        squatter.leave(client.mac)
        client.power_off()  # it does not find its way out by itself
        client.start()
    address = wait_for(client.address, LONG)
    assert address, "no address"
    assert address != taken
    return address


def renew(client):
    before = client.count("renewing", "ack")
    assert wait_for(lambda: client.count("renewing", "ack") > before, LONG), "no renewal"


def rebind(client):
    client.cut_unicast()
    before = client.count("rebinding", "ack")
    assert wait_for(lambda: client.count("rebinding", "ack") > before, LONG), "no rebinding"
    client.mend_unicast()


def reboot(client):
    """A client that finds nothing in its file that holds begins anew; it is rebooted again then."""
    kind = ("init-reboot", "ack") if client.knows_init_reboot else ("discover", "offer")
    before = client.count(*kind)
    for _ in range(4):
        time.sleep(1)  # so that it has written down what it has
        client.reboot()
        if wait_for(lambda: client.count(*kind) > before and client.address(), LONG / 4):
            return
    raise AssertionError(f"no {kind[0]}")


def release(client, address, nodes):
    time.sleep(1)
    client.release()
    for node in nodes:
        assert wait_for(lambda n=node: column_of(n, address, "state") == "released", LONG), "no release"


def live(client, squatter, nodes):
    """Returns what went wrong, or None."""
    try:
        address = meet_the_squatter(client, squatter)
        for node in nodes:
            assert wait_for(lambda n=node: column_of(n, address, "hostname") == client.host_name, LONG), "no name"
        renew(client)
        rebind(client)
        assert wait_for(lambda: client.address() == address, LONG), "another address after rebinding"
        reboot(client)
        assert wait_for(lambda: client.address() == address, LONG), "another address after the reboot"
        release(client, address, nodes)
    except (AssertionError, RuntimeError) as failure:
        return f"{failure}\nheard of it: {client.said()}\n{client.log_text()[-3000:]}"
    return None


def boot(machine):
    """Returns what went wrong, or None."""
    machine.start()
    told = machine.booted_from(LONG)
    if told != ("192.168.77.60", "boot/chain.ipxe"):  # that of its class
        return f"{told}: {machine.screen()}"
    machine.process.kill()
    return None


def live_in_the_branch(client, nodes):
    """Returns what went wrong, or None."""
    client.start()
    address = wait_for(client.address, LONG)
    client.lab.ip(client.namespace, "route", "add", "default", "via", "10.88.0.1")
    if not wait_for(lambda: client.count("renewing", "ack") + client.count("rebinding", "ack"), LONG):
        return f"{address}: {client.said()}\n{client.log_text()[-3000:]}"
    wanted = [("branch", "bound", "10.88.0.1", "branch0")]
    told = f"select network, state, relay, circuit_id from leases where address = '{address}'"
    if not all(wait_for(lambda n=node: n.sql(told) == wanted, 5) for node in nodes):
        return f"{address}: {nodes[0].sql(told)}"
    return None


@pytest.fixture(scope="module")
def lives():
    os.environ["LEASEHOLD_LOG_LEVEL"] = "debug"
    try:
        with Lab(LEASEHOLD) as lab:
            lab.add_bridge("branch")
            lab.add_router("relay", "branch", "192.168.77.250", "10.88.0.1/24")
            lab.start(SETTINGS)
            behind = Udhcpc(lab, "02:00:00:00:06:11", bridge="branch")
            clients = [kind(lab, f"02:00:00:00:06:0{i}") for i, kind in enumerate(CLIENTS, 1)]
            machine = Machine(lab, "vm", "02:00:00:00:07:01")
            squatter = Squatter(lab, [client.mac for client in clients])
            nodes = list(lab.nodes.values())
            try:
                with ThreadPoolExecutor(len(clients) + 2) as pool:
                    booting = pool.submit(boot, machine)
                    relayed = pool.submit(live_in_the_branch, behind, nodes)
                    ends = dict(zip([client.name for client in clients],
                                    pool.map(lambda client: live(client, squatter, nodes), clients)))
                    ends["ipxe"], ends["relayed"] = booting.result(), relayed.result()
            finally:
                squatter.close()
            yield ends
            assert equal_rows(lab, 5)
            no_crash(lab)
    finally:
        os.environ.pop("LEASEHOLD_LOG_LEVEL")


@pytest.mark.parametrize("name", [kind.name for kind in CLIENTS])
def test_a_real_client_lives_from_conflict_to_release(lives, name):
    assert lives[name] is None, lives[name]


def test_rule_15_a_real_relay_s_circuit_stays_with_a_lease_that_is_renewed(lives):
    assert lives["relayed"] is None, lives["relayed"]


def test_rule_65_ipxe_in_a_virtual_machine_gets_the_boot_file_of_its_class(lives):
    assert lives["ipxe"] is None, lives["ipxe"]
