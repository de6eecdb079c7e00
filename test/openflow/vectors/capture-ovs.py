#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes ovs.json: what ovs-ofctl and a private Open vSwitch say to each other in OpenFlow 1.4.

Run: /usr/bin/python3 capture-ovs.py > ovs.json  (no root; takes ten seconds)
A relay between them takes the bytes; `says` is how `ovs-ofctl ofp-print` reads them. One message of
each kind is kept, and every different flow-mod, group-mod, meter-mod and error.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

DIRECTORY = tempfile.mkdtemp()
ENVIRONMENT = dict(os.environ, OVS_RUNDIR=DIRECTORY, OVS_LOGDIR=DIRECTORY, OVS_DBDIR=DIRECTORY)
DATABASE = "--db=unix:%s/db.sock" % DIRECTORY
BRIDGE = DIRECTORY + "/s1.mgmt"

# Longer messages say nothing new, except table features.
LONGEST_HEX = 14000
TABLE_FEATURES = "000c"

LISTENER = socket.socket()
LISTENER.bind(("127.0.0.1", 0))
LISTENER.listen(8)
TARGET = "tcp:127.0.0.1:%d" % LISTENER.getsockname()[1]

# Messages in the order they were first seen: hex digits to (way, what was being done).
SEEN = {}
DOING = [""]

GROUPS = [
    "group_id=1,type=all,bucket=output:1,bucket=set_field:fa:00:00:00:00:09->eth_dst,output:2",
    "group_id=2,type=select,bucket=weight:5,output:1,bucket=weight:10,watch_port:2,output:2",
    "group_id=3,type=ff,bucket=watch_port:1,output:1,bucket=watch_port:2,watch_group:1,output:2",
    "group_id=4,type=indirect,bucket=push_vlan:0x88a8,set_field:4196->vlan_vid,group:1",
]

# What must be matched for an action to be accepted, and the action.
ACTIONS = [
    *[("", action) for action in """
        output:2|controller:128|normal|flood|all|in_port|local|group:1|set_queue:1,output:3
        push_vlan:0x8100,set_field:4196->vlan_vid,output:2|push_mpls:0x8847,set_field:5->mpls_label,output:2
        set_field:fa:00:00:00:00:01/ff:00:00:00:00:00->eth_src,output:2|resubmit(1,2)|resubmit(,3)
        load:0x5->NXM_NX_REG0[0..15]|load:0xfa->NXM_OF_ETH_DST[40..47]|move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]
        move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15]|set_field:0x12/0xff->reg0|set_field:5->xreg1
        set_field:7->xxreg0|output:NXM_NX_REG0[0..15]|output(port=2,max_len=100)|set_tunnel:5
        set_tunnel64:0x123456789a|note:01.02.03.04.05.06.07|ct_clear
        learn(table=1,idle_timeout=10,hard_timeout=20,priority=100,cookie=0x5,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],output:NXM_OF_IN_PORT[])
        clone(set_field:fa:00:00:00:00:01->eth_src,output:2)|controller(reason=no_match,max_len=100,id=5)
        controller(userdata=01.02.03,pause)|controller(id=7,userdata=aa,meter_id=6)
        sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3)
        sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3,sampling_port=1,egress)
        sample(probability=9,collector_set_id=1,sampling_port=1)|push:NXM_NX_REG0[0..15],pop:NXM_NX_REG1[]|exit
        multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])|bundle(eth_src,0,hrw,ofport,members:1,2)
        bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[],members:1,2)|check_pkt_larger(100)->NXM_NX_REG0[0]
        encap(nsh(md_type=1))|decap()|delete_field:tun_metadata0|write_metadata:0x5/0xff,goto_table:2
        meter:5,output:2|write_actions(output:2,group:1),goto_table:2|drop|pop_queue
    """.replace("\n", "|").split("|") if action.strip()],
    *[("ip,", action) for action in """
        dec_ttl,output:2|dec_ttl(1,2),output:2|set_field:10.0.0.1->ip_src,output:2|mod_nw_ttl:9
        ct(commit,zone=5,exec(set_field:1->ct_mark))|ct(table=3,zone=NXM_NX_REG0[0..15])|ct(table=1,nat)
        ct(commit,nat(src=10.0.0.1-10.0.0.9:100-200,random))|resubmit(,3,ct)
        learn(table=1,limit=5,result_dst=NXM_NX_REG1[0],eth_type=0x800,NXM_OF_IP_SRC[],delete_learned)
    """.replace("\n", "|").split("|") if action.strip()],
    ("ipv6,", "ct(commit,nat(dst=[2001:db8::1]))"),
    ("vlan_tci=0x1000/0x1000,", "pop_vlan,output:2"),
    ("mpls,", "set_mpls_ttl(5)"),
    ("tcp,", "fin_timeout(idle_timeout=5,hard_timeout=9)"),
    ("eth_type=0x894f,", "dec_nsh_ttl"),
]

MATCHES = """
    in_port=1
    dl_src=fa:00:00:00:00:01,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00
    dl_vlan=5,dl_vlan_pcp=3
    vlan_tci=0x1000/0x1000
    vlan_tci=0
    ip,nw_src=10.0.0.0/8,nw_dst=10.1.2.3,nw_proto=47,ip_dscp=5,nw_ecn=2,nw_ttl=64
    tcp,tp_src=80,tp_dst=0x100/0xff00,tcp_flags=+syn-ack
    udp6,udp_src=53
    sctp,sctp_dst=9
    icmp,icmp_type=8,icmp_code=0
    icmp6,icmp_type=135,nd_target=fe80::1,nd_sll=fa:00:00:00:00:01
    icmp6,icmp_type=136,nd_tll=fa:00:00:00:00:01
    icmp6,icmp_type=135,nd_target=::1,nd_options_type=1
    arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=fa:00:00:00:00:01,arp_tha=fa:00:00:00:00:02
    ipv6,ipv6_src=2001:db8::/32,ipv6_dst=::1,ipv6_label=0x12345
    mpls,mpls_label=5,mpls_tc=1,mpls_bos=1,mpls_ttl=6
    tun_id=0x5,tun_src=1.2.3.4,tun_dst=1.2.3.0/24,tun_flags=+oam
    tun_ipv6_src=::1,tun_ipv6_dst=2001::/16
    tun_gbp_id=5,tun_gbp_flags=0x8
    reg0=5,reg1=0x10/0xff,reg15=1,xreg4=9
    xxreg2=0x11
    metadata=5/0xff
    pkt_mark=7
    ct_state=+trk+est-new,ct_zone=5,ct_mark=1/3,ct_label=0x1/0xff
    ip,ct_state=+trk,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.0/8,ct_nw_proto=6,ct_tp_src=5,ct_tp_dst=6
    conj_id=9
    ip,ip_frag=no
    ip,ip_frag=later
    dl_type=0x1234
    packet_type=(1,0x894f)
    recirc_id=0
    dp_hash=5
    actset_output=3
    tun_metadata0=0x5
"""


def run(*command, check=True):
    return subprocess.run(command, env=ENVIRONMENT, check=check, capture_output=True, text=True)


def vsctl(*arguments, check=True):
    run("ovs-vsctl", DATABASE, *arguments, check=check)


def remember(buffered, way):
    """Takes whole messages off a buffer; gives back what is left."""
    while len(buffered) >= 8:
        length = int.from_bytes(buffered[2:4], "big")
        if len(buffered) < length:
            break
        SEEN.setdefault(buffered[:length].hex(), (way, DOING[0]))
        buffered = buffered[length:]
    return buffered


def relay(source, sink, way):
    buffered = b""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
            buffered = remember(buffered + data, way)
        sink.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def serve():
    while True:
        client, _ = LISTENER.accept()
        switch = socket.socket(socket.AF_UNIX)
        switch.connect(BRIDGE)
        threading.Thread(target=relay, args=(client, switch, "to switch"), daemon=True).start()
        threading.Thread(target=relay, args=(switch, client, "from switch"), daemon=True).start()


def start_switch():
    run("ovsdb-tool", "create", DIRECTORY + "/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    daemon = ["--pidfile", "--detach", "--log-file"]
    run("ovsdb-server", DIRECTORY + "/conf.db", "--remote=punix:%s/db.sock" % DIRECTORY, *daemon)
    vsctl("--no-wait", "init")
    run("ovs-vswitchd", "--enable-dummy=override", "--disable-system", *daemon, "unix:%s/db.sock" % DIRECTORY)
    vsctl("add-br", "s1", "--", "set", "bridge", "s1", "datapath_type=dummy", "fail-mode=secure",
          "protocols=OpenFlow13,OpenFlow14", "other-config:datapath-id=00000000000000aa")
    for number in (1, 2, 3):
        vsctl("add-port", "s1", "h%d" % number, "--", "set", "interface", "h%d" % number, "type=dummy",
              "ofport_request=%d" % number)
    vsctl("set", "port", "h3", "qos=@q", "--", "--id=@q", "create", "qos", "type=linux-htb", "queues:1=@one",
          "--", "--id=@one", "create", "queue", "other-config:max-rate=1000000", check=False)


def stop_switch():
    for daemon in ("ovs-vswitchd", "ovsdb-server"):
        try:
            os.kill(int(open("%s/%s.pid" % (DIRECTORY, daemon)).read()), 15)
        except OSError:
            pass
    time.sleep(0.3)
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def ofctl(doing, command, *arguments, options=()):
    """Refused messages are captured too, with the error in the reply."""
    DOING[0] = doing
    result = run("ovs-ofctl", "-O", "OpenFlow14", *options, command, TARGET, *arguments, check=False)
    if result.returncode != 0:
        print("refused:", doing, result.stderr.strip().split("\n")[0][:120], file=sys.stderr)


def directly(command, *arguments):
    """Past the relay: for changes that another connection is to see."""
    run("ovs-ofctl", "-O", "OpenFlow14", command, BRIDGE, *arguments)


def file(name, *lines):
    path = os.path.join(DIRECTORY, name)
    with open(path, "w") as out:
        out.write("\n".join(lines) + "\n")
    return path


def configure():
    for command in ("show", "dump-desc", "dump-tables", "dump-table-features", "dump-table-desc", "dump-ports",
                    "dump-ports-desc", "queue-stats", "queue-get-config", "dump-group-features",
                    "meter-features", "get-frags"):
        ofctl(command, command)
    ofctl("set-frags", "set-frags", "drop")
    ofctl("mod-port", "mod-port", "h2", "no-flood")
    ofctl("mod-port down", "mod-port", "h2", "down")
    ofctl("mod-table", "mod-table", "3", "evict")
    ofctl("mod-table vacancy", "mod-table", "4", "vacancy:20,80")
    for group in GROUPS:
        ofctl("add-group", "add-group", group)
    ofctl("mod-group", "mod-group", GROUPS[0] + ",bucket=in_port")
    ofctl("add-meter", "add-meter", "meter=5,kbps,burst,stats,band=type=drop,rate=1000,burst_size=100")
    ofctl("add-meter remark", "add-meter", "meter=6,pktps,band=type=dscp_remark,rate=1000,prec_level=1")
    for command in ("dump-groups", "dump-group-stats", "dump-meters", "meter-stats"):
        ofctl(command, command)


def flows():
    for index, (needs, action) in enumerate(ACTIONS):
        action = action.strip()
        flow = "table=0,priority=%d,cookie=0x%x,%sactions=%s" % (1000 + index, index, needs, action)
        ofctl("action " + re.split("[,(]", action)[0], "add-flow", flow)
    ofctl("action conjunction", "add-flow", "table=5,priority=7,ip,ip_src=10.0.0.1,actions=conjunction(9,1/2)")
    for index, match in enumerate(MATCHES.split()):
        flow = "table=9,priority=%d,%s,actions=drop" % (index + 1, match)
        ofctl("match " + match.split(",")[0], "add-flow", flow)
    ofctl("dump-flows", "dump-flows")
    ofctl("dump-aggregate", "dump-aggregate")
    ofctl("dump-flows of a table", "dump-flows", "table=9,ip,cookie=0/0")
    ofctl("del-flows", "del-flows", "table=9,out_port=2")


def bundles():
    steps = ("group add group_id=77,type=all,bucket=output:1", "flow add table=7,priority=3,actions=group:77",
             "group delete group_id=77")
    ofctl("bundle", "bundle", file("groups", *steps))
    changes = ("add table=7,priority=1,actions=drop", "modify table=7,actions=output:2", "delete table=7")
    ofctl("bundle of flows", "add-flows", file("flows", *changes), options=["--bundle"])
    packet = "fa0000000002fa0000000001080045000014000000004000000000000000000000000000"
    ofctl("packet-out", "packet-out", "in_port=controller,packet=%s,actions=output:2" % packet)
    ofctl("probe", "probe")
    ofctl("errors", "add-group", "group_id=3,type=all,bucket=output:1")
    ofctl("errors", "add-flow", "table=0,actions=group:999")
    ofctl("errors", "add-meter", "meter=5,kbps,band=type=drop,rate=5")


def monitor():
    """What a switch sends unasked: packets, changes of flows and ports, flows removed."""
    DOING[0] = "monitor"
    watchers = [subprocess.Popen(["ovs-ofctl", "-O", "OpenFlow14", "monitor", TARGET, "65535", extra],
                                 env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for extra in ("watch:", "-i")]
    time.sleep(1)
    directly("add-flow", "table=0,priority=60000,in_port=1,idle_timeout=1,send_flow_rem,"
             "actions=controller:128,set_field:5->reg0,controller(userdata=01)")
    run("ovs-appctl", "netdev-dummy/receive", "h1",
        "fa0000000002fa0000000001080045000014000000004000000000000000000000000000")
    directly("mod-port", "h3", "down")
    directly("mod-flows", "table=0,in_port=1,actions=output:2")
    directly("del-flows", "table=0,in_port=1")
    directly("mod-group", "group_id=1,type=all,bucket=output:1")
    vsctl("del-port", "s1", "h2")
    time.sleep(0.5)
    for watcher in watchers:
        watcher.terminate()


def kind_of(digits):
    """Messages of the same kind are kept once."""
    kind = int(digits[2:4], 16)
    if kind in (1, 14, 15, 29):
        return digits[16:]
    if kind in (2, 3, 10, 11, 12, 16, 17, 33, 34):
        return (kind, digits[16:40])
    if kind == 4:
        return (kind, digits[16:32])
    if kind in (18, 19):
        return digits[:60] if digits[16:20] == "0010" else (kind, digits[16:20])
    return kind


def vectors():
    kept, count = set(), {}
    for digits, (way, doing) in SEEN.items():
        key = kind_of(digits)
        if key in kept or (len(digits) > LONGEST_HEX and digits[16:20] != TABLE_FEATURES):
            continue
        kept.add(key)
        says = ""
        if len(digits) < 120000:
            says = run("ovs-ofctl", "ofp-print", digits, check=False).stdout.strip()
        name = "%s, %s: %s" % (doing, way, re.split(r" \(", says)[0] if says else "?")
        count[name] = count.get(name, 0) + 1
        title = name if count[name] == 1 else "%s #%d" % (name, count[name])
        yield {"name": title, "hex": digits, "says": says if len(says) < 4000 else ""}


try:
    start_switch()
    threading.Thread(target=serve, daemon=True).start()
    for part in (configure, flows, bundles, monitor):
        part()
finally:
    stop_switch()
print("[")
print(",\n".join(json.dumps(vector) for vector in vectors()))
print("]")
