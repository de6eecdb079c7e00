#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo on Mininet: three switches, taps, and every frame accounted for.

    sudo python3 examples/mininet/triangle.py             verify, then Mininet's command line
    sudo python3 examples/mininet/triangle.py --once      verify and exit: 0 when all is well
    sudo python3 examples/mininet/triangle.py --discover  the controller gets no topology file: it
                                                          finds switches, links and hosts itself
    sudo python3 examples/mininet/triangle.py --controller 127.0.0.1:6653
                                                          use a controller that runs already

Needs Debian's packages mininet and openvswitch-switch, and a built checkout (npm ci). It brings its
own Open vSwitch with user-space datapaths: no kernel module, and the system's own is left alone.
"""

import argparse
import collections
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from mininet.cli import CLI
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import OVSSwitch, RemoteController

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPOLOGY = ROOT / "examples" / "topology.json"
POLICIES = ROOT / "examples" / "policies.json"
ROUNDS = 10


# --- a private Open vSwitch -------------------------------------------------------------------------


class PrivateOpenVSwitch:
    """Open vSwitch's two daemons in a directory of their own; Mininet finds them by environment."""

    def __init__(self, directory):
        self.directory = directory
        for name in ("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"):
            os.environ[name] = directory
        os.environ["PATH"] += ":/usr/sbin"
        database = f"{directory}/conf.db"
        schema = "/usr/share/openvswitch/vswitch.ovsschema"
        remote = f"--remote=punix:{directory}/db.sock"
        daemon = ["-vconsole:off", "--pidfile", "--detach", "--log-file"]
        subprocess.run(["ovsdb-tool", "create", database, schema], check=True)
        subprocess.run(["ovsdb-server", database, remote, *daemon], check=True)
        subprocess.run(["ovs-vsctl", "--no-wait", "init"], check=True)
        subprocess.run(["ovs-vswitchd", "--disable-system", *daemon], check=True)

    def stop(self):
        for name in ("ovs-vswitchd", "ovsdb-server"):
            subprocess.run(["ovs-appctl", "-t", name, "exit"], stderr=subprocess.DEVNULL)


# --- the controller ---------------------------------------------------------------------------------


class Controller:
    """`vtap serve` with the example files or only the policies, or one that runs already."""

    def __init__(self, directory, running, discover):
        self.process = None
        self.log = f"{directory}/controller.log"
        if running:
            self.host, port = running.rsplit(":", 1)
            self.port, self.http = int(port), None
            return
        self.host, self.port, self.http = "127.0.0.1", free_port(6653), free_port(8080)
        main = ROOT / "dist" / "main.js"
        if not main.exists():
            sys.exit("dist/main.js is missing: run `npm ci`, which builds it, first")
        command = ["node", str(main), "serve"]
        command += ["--openflow", f"{self.host}:{self.port}", "--http", f"{self.host}:{self.http}"]
        command += [] if discover else ["--topology", str(TOPOLOGY)]
        command += ["--policies", str(POLICIES), "--data", f"{directory}/data"]
        # Settings of the user's own controller must not leak in.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VTAP_")}
        with open(self.log, "wb") as log:
            # In a session of its own: Ctrl-C on Mininet's command line is not meant for it.
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=directory,
                env=environment,
                start_new_session=True,
            )

    def wait_until_listening(self):
        self.wait_until(lambda: self.get("/healthz") and None)

    def wait_until_links_are_found(self, ends):
        """Until then the ports of links may look like those of hosts, and nothing is forwarded."""

        def missing():
            links = self.get("/api/v1/links")["items"]
            found = 2 * sum(link["up"] for link in links)
            return found < ends and f"{found} of {ends} ends of links found"

        self.wait_until(missing)

    def wait_until_active(self):
        """Returns the number of active policies, or None when the controller was started elsewhere."""
        if self.process is None:
            time.sleep(5)
            return None

        def missing():
            items = self.get("/api/v1/policies")["items"]
            waiting = [item for item in items if item["status"]["state"] != "active"]
            return "\n".join(f"{item['id']}: {item['status']}" for item in waiting)

        self.wait_until(missing)
        return len(self.get("/api/v1/policies")["items"])

    def wait_until(self, check, seconds=30):
        """Repeats a check until it finds nothing missing."""
        missing = "no answer"
        for _ in range(seconds * 10):
            if self.process is None:
                return
            if self.process.poll() is not None:
                sys.exit("the controller ended:\n" + pathlib.Path(self.log).read_text()[-2000:])
            with contextlib.suppress(OSError):
                missing = check()
                if not missing:
                    return
            time.sleep(0.1)
        sys.exit(f"the controller is not ready: {missing}\nlog: {self.log}")

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return json.load(answer)

    @property
    def url(self):
        return f"http://{self.host}:{self.http}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)


def free_port(preferred):
    for port in (preferred, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]
    sys.exit("no free TCP port")


# --- the network ------------------------------------------------------------------------------------


def build(topology, controller):
    """The network of a topology file."""
    net = Mininet(topo=None, controller=None, build=False)
    remote = RemoteController("c0", ip=controller.host, port=controller.port)
    net.addController(remote)
    for switch in topology["switches"]:
        net.addSwitch(
            switch["name"],
            cls=OVSSwitch,
            dpid=switch["dpid"],
            datapath="user",
            protocols="OpenFlow14",
            failMode="secure",
        )
    for host in topology["hosts"]:
        ip = next(ip for ip in host["ips"] if ":" not in ip)
        net.addHost(host["name"], mac=host["mac"], ip=f"{ip}/24")
        net.addLink(host["name"], host["switch"], port2=host["port"])
    for link in topology["links"]:
        a, b = link["a"], link["b"]
        net.addLink(a["switch"], b["switch"], port1=a["port"], port2=b["port"])
    net.build()
    # Plain cables: without IPv6 on its ends of them the machine itself sends nothing there.
    for switch in net.switches:
        for interface in switch.intfNames():
            switch.cmd(f"sysctl -qw net.ipv6.conf.{interface}.disable_ipv6=1")
    for host in net.hosts:
        host.cmd("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
        with namespace_of(host):
            turn_off_checksum_offload(f"{host.name}-eth0")
    net.start()
    return net


@contextlib.contextmanager
def namespace_of(host):
    """Sockets made in here are the host's."""
    libc = ctypes.CDLL(None, use_errno=True)
    ours = os.open("/proc/self/ns/net", os.O_RDONLY)
    theirs = os.open(f"/proc/{host.pid}/ns/net", os.O_RDONLY)
    try:
        if libc.setns(theirs, 0) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the namespace of {host.name}")
        yield
    finally:
        libc.setns(ours, 0)
        os.close(ours)
        os.close(theirs)


def turn_off_checksum_offload(interface):
    """What `ethtool -K … tx off` does: frames leave with complete checksums, as on a real wire."""
    siocethtool, set_tx_checksum = 0x8946, 0x17
    value = ctypes.create_string_buffer(struct.pack("II", set_tx_checksum, 0))
    request = struct.pack("16sP", interface.encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, siocethtool, request)


# --- what crosses the hosts' wires ------------------------------------------------------------------


class Recorder:
    """Every frame on every host's wire, whole, by direction."""

    def __init__(self, hosts):
        self.sent = {host.name: [] for host in hosts}
        self.got = {host.name: [] for host in hosts}
        self.sockets = {}
        self.running = True
        for host in hosts:
            with namespace_of(host):
                every_protocol = socket.htons(0x0003)
                wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, every_protocol)
                wire.bind((f"{host.name}-eth0", 0x0003))
            self.sockets[wire] = host.name
        self.thread = threading.Thread(target=self.record, daemon=True)
        self.thread.start()

    def record(self):
        while self.running:
            for wire in select.select(list(self.sockets), [], [], 0.1)[0]:
                frame, address = wire.recvfrom(65536)
                outgoing = address[2] == socket.PACKET_OUTGOING
                (self.sent if outgoing else self.got)[self.sockets[wire]].append(frame)

    def stop(self):
        self.running = False
        self.thread.join()
        for wire in self.sockets:
            wire.close()


def send_traffic(net):
    """The client talks to the server; some of it is tapped."""
    client, server, ids = net["h1"], net["h2"], net["h3"]
    with namespace_of(server):
        web, other = listen(80), listen(8443)
        dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        dns.bind(("", 53))
    for number in range(ROUNDS):
        for listener, port in ((web, 80), (other, 8443)):
            with namespace_of(client):
                ours = socket.socket()
                ours.connect((server.IP(), port))
            theirs, _ = listener.accept()
            with ours, theirs:
                ours.sendall(b"GET / HTTP/1.1\r\n\r\n")
                theirs.recv(4096)
                theirs.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"Hello. " * 500)
                theirs.shutdown(socket.SHUT_WR)
                while ours.recv(65536):
                    pass
        with namespace_of(client):
            resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with resolver:
            resolver.sendto(b"question %d" % number, (server.IP(), 53))
            question, sender = dns.recvfrom(4096)
            dns.sendto(b"answer to " + question, sender)
            resolver.recv(4096)
        # The monitor is a host like any other: frames for it must reach it unchanged.
        for peer in (server, ids):
            client.cmd(f"ping -c 1 -W 2 {peer.IP()}")
    for listener in (web, other, dns):
        listener.close()


def introduce(net):
    """A host is found by its first frame: here, an ARP request for its neighbour."""
    for host, other in zip(net.hosts, net.hosts[1:] + net.hosts[:1]):
        host.cmd(f"ping -c 1 -W 2 {other.IP()}")


def listen(port):
    listener = socket.create_server(("", port))
    listener.settimeout(10)
    return listener


# --- the referee ------------------------------------------------------------------------------------


def fields_of(frame):
    """The fields that the example policies' filters name."""
    text = frame[:12].hex(":")
    fields = {"eth_dst": text[:17], "eth_src": text[18:], "eth_type": frame[12] * 256 + frame[13]}
    if fields["eth_type"] != 0x0800:
        return fields
    payload = 14 + (frame[14] & 0xF) * 4
    fields["ip_proto"] = frame[23]
    fields["ip_src"] = ".".join(map(str, frame[26:30]))
    fields["ip_dst"] = ".".join(map(str, frame[30:34]))
    if frame[23] == 1:
        fields["icmpv4_type"] = frame[payload]
    for protocol, name in ((6, "tcp"), (17, "udp")):
        if frame[23] == protocol:
            ports = struct.unpack("!HH", frame[payload : payload + 4])
            fields[f"{name}_src"], fields[f"{name}_dst"] = ports
    return fields


def matches(policy, fields):
    def holds(frame):
        ends = (("sender", "src"), ("receiver", "dst"))
        expected = {f"eth_{side}": policy[end]["mac"] for end, side in ends}
        expected.update({f"ip_{side}": policy[end]["ip"] for end, side in ends if "ip" in policy[end]})
        for name, value in policy.get("filters", {}).items():
            expected[name] = {"icmp": 1, "tcp": 6, "udp": 17}.get(value, value)
        return all(frame.get(name) == value for name, value in expected.items())

    swap = {"src": "dst", "dst": "src"}
    turned = {re.sub("(src|dst)$", lambda m: swap[m[0]], name): v for name, v in fields.items()}
    direction = policy.get("direction", "forward")
    return (direction != "reverse" and holds(fields)) or (direction != "forward" and holds(turned))


def judge(topology, policies, recorder):
    """Compares received with sent frames, byte by byte; returns lines to print and whether each is good."""
    names = {host["mac"]: host["name"] for host in topology["hosts"]}
    # Frames of the machine itself have no host's address.
    left = {
        name: collections.Counter(f for f in frames if fields_of(f)["eth_src"] in names)
        for name, frames in recorder.got.items()
    }
    expected, arrived = collections.Counter(), collections.Counter()
    for sender, frames in recorder.sent.items():
        for frame in frames:
            fields = fields_of(frame)
            receiver = names.get(fields["eth_dst"])
            due = [("originals", receiver)] if receiver else []
            if not receiver:
                due = [("originals", name) for name in left if name != sender]
            monitors = {
                names[monitor["mac"]]
                for policy in policies
                if matches(policy, fields)
                for monitor in policy["monitors"]
            }
            due += [("copies", monitor) for monitor in monitors]
            for kind, host in due:
                expected[kind] += 1
                if left[host][frame] > 0:
                    left[host][frame] -= 1
                    arrived[kind] += 1
    stray = sum(sum(frames.values()) for frames in left.values())
    checks = [
        (f"copies bit-exact: {arrived['copies']} of {expected['copies']}", "copies"),
        (f"originals delivered, unchanged: {arrived['originals']} of {expected['originals']}", "originals"),
    ]
    result = [(text, expected[kind] > 0 and expected[kind] == arrived[kind]) for text, kind in checks]
    return result + [(f"nothing else anywhere: {stray} stray frames", stray == 0)]


# --- the story --------------------------------------------------------------------------------------


def play(directory, arguments, cleanup):
    topology = json.loads(TOPOLOGY.read_text())
    policies = json.loads(POLICIES.read_text())["policies"]
    ovs = PrivateOpenVSwitch(directory)
    cleanup.callback(ovs.stop)
    controller = Controller(directory, arguments.controller, arguments.discover)
    cleanup.callback(controller.stop)
    controller.wait_until_listening()
    net = build(topology, controller)
    cleanup.callback(net.stop)
    print(f"✔ {len(net.switches)} switches and {len(net.hosts)} hosts on Mininet")
    if arguments.discover:
        controller.wait_until_links_are_found(2 * len(topology["links"]))
        introduce(net)
    active = controller.wait_until_active()
    if active is not None:
        print(f"✔ controller at {controller.url}: {active} policies active (log: {controller.log})")
    recorder = Recorder(net.hosts)
    send_traffic(net)
    time.sleep(1)
    recorder.stop()
    result = judge(topology, policies, recorder)
    for text, good in result:
        print("✔" if good else "✘", text)
    if not arguments.once:
        print("Try: h1 ping h2 · sh ovs-ofctl -O OpenFlow14 dump-flows s1 · exit")
        CLI(net)
    return 0 if all(good for _, good in result) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="verify and exit")
    parser.add_argument("--discover", action="store_true", help="give the controller no topology file")
    parser.add_argument("--controller", metavar="HOST:PORT", help="use a controller that runs already")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("Mininet needs root: sudo python3 " + sys.argv[0])
    if not shutil.which("ovsdb-server", path=os.environ["PATH"] + ":/usr/sbin"):
        sys.exit("Open vSwitch is missing: apt-get install openvswitch-switch")
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: sys.exit(1))
    setLogLevel("warning")
    with contextlib.ExitStack() as cleanup:
        directory = tempfile.mkdtemp(prefix="openvtap-mininet-")
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        return play(directory, arguments, cleanup)


if __name__ == "__main__":
    sys.exit(main())
