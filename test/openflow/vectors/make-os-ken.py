#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes os-ken.json: OpenFlow 1.4 messages as python3-os-ken encodes them, with its own reading.

Run: /usr/bin/python3 make-os-ken.py > os-ken.json
Each line holds a name, the bytes, and os-ken's JSON form of the object it encoded.
"""
import json
import sys

import os_ken.ofproto.ofproto_v1_4 as ofp
import os_ken.ofproto.ofproto_v1_4_parser as p
from os_ken.ofproto import nicira_ext
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

DP = ProtocolDesc(version=5)
OUT = []


def emit(name, msg, xid=0x1234ABCD):
    msg.set_xid(xid)
    msg.serialize()
    OUT.append({"name": name, "hex": bytes(msg.buf).hex(), "says": msg.to_jsondict()})


def reply(name, cls, body, flags=0):
    """os-ken serializes no multipart replies: prepend a header to its serialized items."""
    data = bytearray()
    for item in body:
        piece = item.serialize() if hasattr(item, "serialize") else None
        if isinstance(item, (bytes, bytearray)):
            piece = item
        if piece is None:
            raise TypeError(name)
        data += piece
    kind = cls.cls_stats_type
    head = bytes([5, 19]) + (16 + len(data)).to_bytes(2, "big") + (0x51).to_bytes(4, "big")
    head += kind.to_bytes(2, "big") + flags.to_bytes(2, "big") + bytes(4)
    raw = head + data
    # os-ken reads it back: what it says is the expectation. It cannot read the updates of a flow
    # monitor (it asserts that all are of the last event it registered).
    try:
        says = cls.parser(DP, 5, 19, len(raw), 0x51, raw).to_jsondict()
    except AssertionError:
        says = None
    OUT.append({"name": name, "hex": raw.hex(), "says": says})


def packed(fmt, *values):
    import struct
    return struct.pack(fmt, *values)


def exp4(cls=p.OFPPropCommonExperimenter4ByteData, type_=0xFFFF, words=(0x01020304,)):
    return cls(type_=type_, experimenter=0x00ABCDEF, exp_type=0x11223344, data=list(words))


MATCHES = {
    "empty": {},
    "l2": dict(in_port=7, eth_dst="fa:00:00:00:00:02", eth_src="fa:00:00:00:00:01"),
    "l2 masked": dict(eth_dst=("01:80:c2:00:00:00", "ff:ff:ff:ff:ff:f0"), metadata=(0x1122334455667788, 0xFFFFFFFF00000000)),
    "ports": dict(in_port=0xFFFFFFFE, in_phy_port=3),
    "vlan": dict(vlan_vid=0x1000 | 100, vlan_pcp=5, eth_type=0x0800),
    "any vlan": dict(vlan_vid=(0x1000, 0x1000)),
    "ipv4": dict(eth_type=0x0800, ip_proto=6, ipv4_src=("10.1.0.0", "255.255.0.0"), ipv4_dst="10.2.3.4", ip_dscp=46, ip_ecn=1),
    "tcp": dict(eth_type=0x0800, ip_proto=6, tcp_src=1024, tcp_dst=443),
    "udp": dict(eth_type=0x86DD, ip_proto=17, udp_src=53, udp_dst=5353),
    "sctp": dict(eth_type=0x0800, ip_proto=132, sctp_src=2905, sctp_dst=38412),
    "icmpv4": dict(eth_type=0x0800, ip_proto=1, icmpv4_type=8, icmpv4_code=1),
    "arp": dict(eth_type=0x0806, arp_op=1, arp_spa="10.0.0.1", arp_tpa=("10.0.0.0", "255.0.0.0"), arp_sha="fa:00:00:00:00:01", arp_tha=("fa:00:00:00:00:00", "ff:00:00:00:00:00")),
    "ipv6": dict(eth_type=0x86DD, ipv6_src="2001:db8::1", ipv6_dst=("2001:db8:1::", "ffff:ffff:ffff::"), ipv6_flabel=(0x12345, 0xFFFFF), ipv6_exthdr=(3, 0x1FF)),
    "nd solicit": dict(eth_type=0x86DD, ip_proto=58, icmpv6_type=135, icmpv6_code=0, ipv6_nd_target="fe80::1", ipv6_nd_sll="fa:00:00:00:00:01"),
    "nd advert": dict(eth_type=0x86DD, ip_proto=58, icmpv6_type=136, ipv6_nd_tll="fa:00:00:00:00:02"),
    "mpls": dict(eth_type=0x8847, mpls_label=0xABCDE, mpls_tc=5, mpls_bos=1),
    "pbb": dict(eth_type=0x88E7, pbb_isid=(0xABCDEF, 0xFFFF00), pbb_uca=1),
    "tunnel": dict(tunnel_id=(0xABCDEF0123456789, 0xFFFFFFFFFFFFFFFF)),
    "registers": dict(reg0=1, reg7=(0x55AA55AA, 0xFF00FF00), xxreg1=(1 << 100) + 5),
    "open vswitch": dict(pkt_mark=0x42, conj_id=9, tun_ipv4_src="192.0.2.1", tun_ipv4_dst=("192.0.2.0", "255.255.255.0"), ct_state=(0x21, 0x23), ct_zone=77, ct_mark=5, ct_label=(1 << 127) + 3),
    "tcp flags": dict(eth_type=0x0800, ip_proto=6, tcp_flags=(0x012, 0xFFF)),
    "actset output": dict(actset_output=44),
}


def flow(instructions=(), match=None, **kw):
    return p.OFPFlowMod(DP, cookie=0x7654000000000001, cookie_mask=0, table_id=3, command=0, idle_timeout=10,
                        hard_timeout=300, priority=0x1234, buffer_id=0xFFFFFFFF, out_port=0xFFFFFFFF,
                        out_group=0xFFFFFFFF, flags=5, importance=77, match=match or p.OFPMatch(),
                        instructions=list(instructions), **kw)


def apply(*actions):
    return p.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, list(actions))


ACTIONS = {
    "output": p.OFPActionOutput(0xFFFFFFFD, 128),
    "copy_ttl_out": p.OFPActionCopyTtlOut(),
    "copy_ttl_in": p.OFPActionCopyTtlIn(),
    "set_mpls_ttl": p.OFPActionSetMplsTtl(63),
    "dec_mpls_ttl": p.OFPActionDecMplsTtl(),
    "push_vlan": p.OFPActionPushVlan(0x88A8),
    "pop_vlan": p.OFPActionPopVlan(),
    "push_mpls": p.OFPActionPushMpls(0x8847),
    "pop_mpls": p.OFPActionPopMpls(0x0800),
    "set_queue": p.OFPActionSetQueue(5),
    "group": p.OFPActionGroup(0x00010203),
    "set_nw_ttl": p.OFPActionSetNwTtl(64),
    "dec_nw_ttl": p.OFPActionDecNwTtl(),
    "set_field eth_dst": p.OFPActionSetField(eth_dst="fa:00:00:00:00:09"),
    "set_field ipv6_dst": p.OFPActionSetField(ipv6_dst="2001:db8::9"),
    "set_field vlan_vid": p.OFPActionSetField(vlan_vid=0x1000 | 99),
    "push_pbb": p.OFPActionPushPbb(0x88E7),
    "pop_pbb": p.OFPActionPopPbb(),
    "experimenter": p.OFPActionExperimenterUnknown(0x00ABCDEF, b"0123456789abcdef"),
}

NX = {
    "set_queue": p.NXActionSetQueue(queue_id=10),
    "pop_queue": p.NXActionPopQueue(),
    "reg_load": p.NXActionRegLoad(ofs_nbits=nicira_ext.ofs_nbits(4, 31), dst="eth_dst", value=0x112233),
    "reg_load2": p.NXActionRegLoad2(dst="tun_ipv4_src", value="192.168.10.0", mask="255.255.255.0"),
    "reg_load2 without mask": p.NXActionRegLoad2(dst="eth_src", value="fa:00:00:00:00:01"),
    "note": p.NXActionNote(note=[0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5]),
    "set_tunnel": p.NXActionSetTunnel(tun_id=0xA),
    "set_tunnel64": p.NXActionSetTunnel64(tun_id=0xA00000000B),
    "reg_move": p.NXActionRegMove(src_field="reg0", dst_field="reg1", n_bits=11, src_ofs=5, dst_ofs=6),
    "resubmit": p.NXActionResubmit(in_port=8080),
    "resubmit_table": p.NXActionResubmitTable(in_port=8080, table_id=10),
    "output_reg": p.NXActionOutputReg(ofs_nbits=nicira_ext.ofs_nbits(4, 20), src="reg0", max_len=1024),
    "output_reg2": p.NXActionOutputReg2(ofs_nbits=nicira_ext.ofs_nbits(4, 20), src="reg0", max_len=1024),
    "learn": p.NXActionLearn(
        10,
        specs=[
            p.NXFlowSpecMatch(src=0x800, dst=("eth_type_nxm", 0), n_bits=16),
            p.NXFlowSpecMatch(src=("reg1", 1), dst=("reg2", 3), n_bits=5),
            p.NXFlowSpecMatch(src=("reg3", 1), dst=("reg3", 1), n_bits=5),
            p.NXFlowSpecLoad(src=0x1, dst=("reg4", 3), n_bits=5),
            p.NXFlowSpecLoad(src=("reg5", 1), dst=("reg6", 3), n_bits=5),
            p.NXFlowSpecOutput(src=("reg7", 1), dst="", n_bits=5),
        ],
        idle_timeout=180, hard_timeout=300, priority=1, cookie=0x64, flags=1, fin_idle_timeout=180, fin_hard_timeout=300),
    "exit": p.NXActionExit(),
    "dec_ttl": p.NXActionDecTtl(),
    "controller": p.NXActionController(max_len=1024, controller_id=1, reason=ofp.OFPR_INVALID_TTL),
    "controller2": p.NXActionController2(max_len=1024, controller_id=1, reason=ofp.OFPR_INVALID_TTL, userdata=[0xA, 0x7, 0x1, 0x2], pause=True),
    "dec_ttl_cnt_ids": p.NXActionDecTtlCntIds(cnt_ids=[1, 2, 3]),
    "stack_push": p.NXActionStackPush(field="reg2", start=0, end=5),
    "stack_pop": p.NXActionStackPop(field="reg2", start=0, end=5),
    "sample": p.NXActionSample(probability=3, collector_set_id=1, obs_domain_id=2, obs_point_id=3),
    "sample2": p.NXActionSample2(probability=3, collector_set_id=1, obs_domain_id=2, obs_point_id=3, sampling_port=8080),
    "fin_timeout": p.NXActionFinTimeout(fin_idle_timeout=30, fin_hard_timeout=60),
    "conjunction": p.NXActionConjunction(clause=1, n_clauses=2, id_=10),
    "multipath": p.NXActionMultipath(fields=nicira_ext.NX_HASH_FIELDS_SYMMETRIC_L4, basis=1024, algorithm=nicira_ext.NX_MP_ALG_HRW, max_link=5, arg=0, ofs_nbits=nicira_ext.ofs_nbits(4, 31), dst="reg2"),
    "bundle": p.NXActionBundle(algorithm=nicira_ext.NX_MP_ALG_HRW, fields=nicira_ext.NX_HASH_FIELDS_ETH_SRC, basis=0, slave_type=nicira_ext.NXM_OF_IN_PORT, n_slaves=2, ofs_nbits=0, dst=0, slaves=[2, 3]),
    "ct": p.NXActionCT(flags=1, zone_src="reg0", zone_ofs_nbits=nicira_ext.ofs_nbits(4, 31), recirc_table=4, alg=0, actions=[p.NXActionNAT(flags=1, range_ipv4_min="10.1.12.0", range_ipv4_max="10.1.13.255", range_proto_min=1, range_proto_max=1023)]),
    "ct immediate zone": p.NXActionCT(flags=0, zone_src="", zone_ofs_nbits=37, recirc_table=255, alg=21, actions=[]),
    "ct_clear": p.NXActionCTClear(),
    "nat ipv6": p.NXActionCT(flags=1, zone_src="", zone_ofs_nbits=1, recirc_table=255, alg=0, actions=[p.NXActionNAT(flags=2, range_ipv6_min="2001:db8::1", range_ipv6_max="2001:db8::f")]),
    "output_trunc": p.NXActionOutputTrunc(port=8080, max_len=1024),
}

INSTRUCTIONS = {
    "goto_table": p.OFPInstructionGotoTable(9),
    "write_metadata": p.OFPInstructionWriteMetadata(0x1234567890ABCDEF, 0xFFFFFFFF00000000),
    "write_actions": p.OFPInstructionActions(ofp.OFPIT_WRITE_ACTIONS, [p.OFPActionGroup(4), p.OFPActionOutput(2, 0)]),
    "apply_actions": apply(p.OFPActionPopVlan(), p.OFPActionOutput(2, 0)),
    "clear_actions": p.OFPInstructionActions(ofp.OFPIT_CLEAR_ACTIONS, []),
    "meter": p.OFPInstructionMeter(12),
}

def port_bytes():
    import struct
    tail = struct.pack("!HH4xIIIIII", 0, 32, 0x840, 1, 2, 3, 5000, 10000)
    tail += struct.pack("!HH4xIIIIIIIHH", 1, 40, 1, 2000, 3000, 1500, 2100, 3100, 1600, 2010, 3010)
    tail += exp4(words=(0x01020304, 0x05060708)).serialize()
    return struct.pack("!IH2x6s2x16sII", 7, 40 + len(tail), bytes.fromhex("fa0000000007"), b"s1-eth7", 1, 4) + tail


BUCKETS = [
    p.OFPBucket(weight=1, watch_port=1, watch_group=0xFFFFFFFF, actions=[p.OFPActionOutput(2, 65535)]),
    p.OFPBucket(weight=0, watch_port=0xFFFFFFFF, watch_group=9, actions=[p.OFPActionSetField(eth_src="fa:00:00:00:00:05"), p.OFPActionOutput(0xFFFFFFF8, 0)]),
    p.OFPBucket(weight=5, watch_port=3, watch_group=8, actions=[]),
]
BANDS = [
    p.OFPMeterBandDrop(rate=1000, burst_size=10),
    p.OFPMeterBandDscpRemark(rate=2000, burst_size=20, prec_level=1),
    p.OFPMeterBandExperimenter(rate=3000, burst_size=30, experimenter=0xABCDEF),
]


def messages():
    emit("hello", p.OFPHello(DP, [p.OFPHelloElemVersionBitmap([1, 2, 3, 9, 10, 30])]))
    emit("hello without elements", p.OFPHello(DP))
    emit("error", p.OFPErrorMsg(DP, type_=6, code=8, data=b"refused message"))
    emit("error experimenter", p.OFPErrorMsg(DP, type_=0xFFFF, exp_type=60000, experimenter=999999, data=b"jhgfdsa"))
    emit("echo_request", p.OFPEchoRequest(DP, data=b"are you there"))
    emit("echo_reply", p.OFPEchoReply(DP, data=b"I am"))
    emit("experimenter", p.OFPExperimenter(DP, 98765432, 123456789, b"nazo"))
    emit("features_request", p.OFPFeaturesRequest(DP))
    emit("get_config_request", p.OFPGetConfigRequest(DP))
    emit("set_config", p.OFPSetConfig(DP, flags=1, miss_send_len=0xFFE5))
    for name, fields in MATCHES.items():
        emit("match " + name, flow(match=p.OFPMatch(**fields)))
    for name, action in ACTIONS.items():
        emit("action " + name, flow([apply(action)]))
    for name, action in NX.items():
        emit("nicira " + name, flow([apply(action)]))
    for name, instruction in INSTRUCTIONS.items():
        emit("instruction " + name, flow([instruction]))
    emit("packet_out", p.OFPPacketOut(DP, buffer_id=0xFFFFFFFF, in_port=0xFFFFFFFD, actions=[p.OFPActionPushVlan(), p.OFPActionOutput(0xFFFFFFFC, 65535)], data=bytes(range(60))))
    emit("packet_out buffered", p.OFPPacketOut(DP, buffer_id=0x5566, in_port=7, actions=[]))
    emit("group_mod", p.OFPGroupMod(DP, 0, 1, 0xAABBCCDD, BUCKETS))
    emit("group_mod delete", p.OFPGroupMod(DP, 2, 0, 0xFFFFFFFC, []))
    emit("port_mod", p.OFPPortMod(DP, port_no=1, hw_addr="fa:00:00:00:00:01", config=4, mask=101, properties=[
        p.OFPPortModPropEthernet(type_=0, advertise=1),
        p.OFPPortModPropOptical(type_=1, configure=3, freq_lmda=1500, fl_offset=500, grid_span=250, tx_pwr=300),
        exp4(),
    ]))
    emit("table_mod", p.OFPTableMod(DP, table_id=0xAA, config=4, properties=[
        p.OFPTableModPropEviction(type_=2, flags=3), p.OFPTableModPropVacancy(type_=3, vacancy_down=10, vacancy_up=20, vacancy=15), exp4(words=())]))
    emit("barrier_request", p.OFPBarrierRequest(DP))
    emit("role_request", p.OFPRoleRequest(DP, 2, 0x1122334455667788))
    emit("get_async_request", p.OFPGetAsyncRequest(DP))
    reasons = [p.OFPAsyncConfigPropReasons(type_=n, mask=0x10 + n) for n in range(12)]
    emit("set_async", p.OFPSetAsync(DP, reasons + [exp4(type_=0xFFFE), exp4(type_=0xFFFF, words=(1, 2, 3))]))
    emit("meter_mod", p.OFPMeterMod(DP, 0, 14, 100, BANDS))
    emit("bundle_control", p.OFPBundleCtrlMsg(DP, 1234, 4, 3, [exp4(), exp4(words=())]))
    emit("bundle_add_message", p.OFPBundleAddMsg(DP, 1234, 3, p.OFPEchoRequest(DP, data=b"abc"), [exp4(words=(1, 2))]))
    emit("bundle_add_message without properties", p.OFPBundleAddMsg(DP, 1234, 3, flow([apply(p.OFPActionOutput(2, 0))]), []))


def requests():
    emit("multipart request desc", p.OFPDescStatsRequest(DP))
    emit("multipart request flow", p.OFPFlowStatsRequest(DP, 0, 5, 2, 3, 0x11223344, 0xFF, p.OFPMatch(in_port=1, eth_type=0x0800)))
    emit("multipart request aggregate", p.OFPAggregateStatsRequest(DP, 0, 0xFF, 0xFFFFFFFF, 0xFFFFFFFF, 7, 0xFFFFFFFFFFFFFFFF, p.OFPMatch()))
    emit("multipart request table", p.OFPTableStatsRequest(DP, 0))
    emit("multipart request port", p.OFPPortStatsRequest(DP, 0, 7))
    emit("multipart request queue", p.OFPQueueStatsRequest(DP, 0, 7, 9))
    emit("multipart request group", p.OFPGroupStatsRequest(DP, 0, 0xFFFFFFFC))
    emit("multipart request group_desc", p.OFPGroupDescStatsRequest(DP, 0))
    emit("multipart request group_features", p.OFPGroupFeaturesStatsRequest(DP, 0))
    emit("multipart request meter", p.OFPMeterStatsRequest(DP, 0, 0xFFFFFFFF))
    emit("multipart request meter_config", p.OFPMeterConfigStatsRequest(DP, 0, 100))
    emit("multipart request meter_features", p.OFPMeterFeaturesStatsRequest(DP, 0))
    emit("multipart request port_desc", p.OFPPortDescStatsRequest(DP, 0))
    emit("multipart request table_desc", p.OFPTableDescStatsRequest(DP, 0))
    emit("multipart request queue_desc", p.OFPQueueDescStatsRequest(DP, 0, 7, 0xFFFFFFFF))
    emit("multipart request flow_monitor", p.OFPFlowMonitorRequest(DP, 0, 10000, 0xFFFFFFFF, 0xFFFFFFFF, 0x3F, 0xFF, 0, p.OFPMatch(in_port=1)))
    emit("multipart request experimenter", p.OFPExperimenterStatsRequest(DP, 0, 0xDEADBEEF, 0xCAFE7777, b"hogehoge"))
    emit("multipart request table_features", p.OFPTableFeaturesStatsRequest(DP, 1, [table_features()]))


def table_features():
    oxm = [p.OFPOxmId("in_port"), p.OFPOxmId("eth_src", hasmask=True), p.OFPOxmId("ipv6_dst", hasmask=True)]
    def actions(kind):
        return p.OFPTableFeaturePropActions(type_=kind, action_ids=[p.OFPActionId(0), p.OFPActionId(22), p.OFPActionId(25)])
    props = [
        p.OFPTableFeaturePropInstructions(type_=0, instruction_ids=[p.OFPInstructionId(1), p.OFPInstructionId(4)]),
        p.OFPTableFeaturePropInstructions(type_=1, instruction_ids=[p.OFPInstructionId(6)]),
        p.OFPTableFeaturePropNextTables(type_=2, table_ids=[1, 2, 3, 4, 5]),
        p.OFPTableFeaturePropNextTables(type_=3, table_ids=[]),
    ] + [actions(kind) for kind in (4, 5, 6, 7)] + [
        p.OFPTableFeaturePropOxm(type_=kind, oxm_ids=oxm) for kind in (8, 10, 12, 13, 14, 15)
    ] + [
        p.OFPTableFeaturePropNextTables(type_=16, table_ids=[7]),
        exp4(type_=0xFFFE), exp4(type_=0xFFFF, words=(9, 8, 7)),
    ]
    return p.OFPTableFeaturesStats(table_id=4, name=b"acl", metadata_match=0xFF00000000000000, metadata_write=0x00FF, config=12, max_entries=65536, properties=props)


def replies():
    import struct
    desc = b"".join(text.ljust(size, b"\0") for text, size in ((b"Example Ltd", 256), (b"Box", 256), (b"1.2.3", 256), (b"SN42", 32), (b"the one in rack 3", 256)))
    reply("multipart reply desc", p.OFPDescStatsReply, [desc])
    tail = match_bytes(p.OFPMatch(in_port=6, eth_src="f2:0b:a4:7d:f8:ea")) + instruction_bytes(apply(p.OFPActionOutput(2, 0))) + instruction_bytes(p.OFPInstructionGotoTable(90))
    entry = struct.pack("!HBxIIHHHHH2xQQQ", 48 + len(tail), 81, 484, 6, 3, 2, 1, 16, 5, 0x1234567890, 900, 81000) + tail
    reply("multipart reply flow", p.OFPFlowStatsReply, [entry, entry], flags=1)
    reply("multipart reply aggregate", p.OFPAggregateStatsReply, [struct.pack("!QQI4x", 7, 574, 6)])
    reply("multipart reply table", p.OFPTableStatsReply, [struct.pack("!B3xIQQ", 0, 4, 4, 2), struct.pack("!B3xIQQ", 1, 4, 5, 3)])
    ethernet = struct.pack("!HH4xQQQQ", 0, 40, 1, 2, 3, 4)
    optical = struct.pack("!HH4xIIIIIIIHHHH", 1, 44, 0x7F, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11) + bytes(4)
    stats = struct.pack("!IIIQQQQQQQQ", 7, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140)
    exp = exp4().serialize()
    body = stats + ethernet + optical + exp
    reply("multipart reply port", p.OFPPortStatsReply, [struct.pack("!H2x", 4 + len(body)) + body])
    queue = struct.pack("!IIQQQII", 7, 77, 777, 7777, 77777, 22, 33) + exp
    reply("multipart reply queue", p.OFPQueueStatsReply, [struct.pack("!H6x", 8 + len(queue)) + queue])
    group = struct.pack("!II4xQQII", 1, 2, 123, 12345, 609, 57000) + struct.pack("!QQQQ", 10, 100, 20, 200)
    reply("multipart reply group", p.OFPGroupStatsReply, [struct.pack("!H2x", 4 + len(group)) + group])
    buckets = b"".join(bucket_bytes(b) for b in BUCKETS)
    reply("multipart reply group_desc", p.OFPGroupDescStatsReply, [struct.pack("!HBxI", 8 + len(buckets), 1, 5) + buckets])
    reply("multipart reply group_features", p.OFPGroupFeaturesStatsReply, [struct.pack("!II4I4I", 15, 5, 16777216, 16777217, 16777218, 16777219, 67082241, 67082242, 67082243, 67082244)])
    meter = struct.pack("!IQQII", 5, 10, 11, 12, 13) + struct.pack("!QQQQ", 14, 15, 16, 17)
    reply("multipart reply meter", p.OFPMeterStatsReply, [struct.pack("!IH6x", 100, 12 + len(meter)) + meter])
    bands = b"".join(band_bytes(b) for b in BANDS)
    reply("multipart reply meter_config", p.OFPMeterConfigStatsReply, [struct.pack("!HHI", 8 + len(bands), 14, 100) + bands])
    reply("multipart reply meter_features", p.OFPMeterFeaturesStatsReply, [struct.pack("!IIIBB2x", 16777216, 6, 15, 255, 7)])
    reply("multipart reply table_features", p.OFPTableFeaturesStatsReply, [table_features()])
    reply("multipart reply port_desc", p.OFPPortDescStatsReply, [port_bytes()])
    table = struct.pack("!HH", 0x2, 8) + struct.pack("!I", 3) + struct.pack("!HHBBBx", 3, 8, 10, 20, 30) + exp
    reply("multipart reply table_desc", p.OFPTableDescStatsReply, [struct.pack("!HBxI", 8 + len(table), 7, 12) + table])
    queue = struct.pack("!HHH2xHHH2x", 1, 8, 300, 2, 8, 900) + exp
    reply("multipart reply queue_desc", p.OFPQueueDescStatsReply, [struct.pack("!IIH6x", 7, 99, 16 + len(queue)) + queue])
    match = match_bytes(p.OFPMatch(in_port=1))
    full = lambda event, tail: struct.pack("!HHBBHHH4xQ", 24 + len(match) + len(tail), event, 3, 1, 10, 20, 30, 0xABCDEF) + match + tail
    output = instruction_bytes(apply(p.OFPActionOutput(2, 0)))
    updates = full(0, b"") + full(1, output) + full(2, b"") + full(3, output) + struct.pack("!HHI", 8, 4, 0xDEADBEEF) + struct.pack("!HH4x", 8, 5) + struct.pack("!HH4x", 8, 6)
    reply("multipart reply flow_monitor", p.OFPFlowMonitorReply, [updates])
    reply("multipart reply experimenter", p.OFPExperimenterStatsReply, [struct.pack("!II", 0xDEADBEEF, 0xCAFE7777) + b"hogehoge"])


def match_bytes(match):
    buf = bytearray()
    match.serialize(buf, 0)
    return bytes(buf)


def instruction_bytes(instruction):
    buf = bytearray()
    instruction.serialize(buf, 0)
    return bytes(buf)


def band_bytes(band):
    buf = bytearray()
    band.serialize(buf, 0)
    return bytes(buf)


def bucket_bytes(bucket):
    buf = bytearray()
    bucket.serialize(buf, 0)
    return bytes(buf)


def asynchronous():
    """What a switch sends: os-ken only reads these, so the bytes are packed here and read by it."""
    import struct

    def received(name, cls, kind, body, xid=0):
        raw = bytes([5, kind]) + (8 + len(body)).to_bytes(2, "big") + xid.to_bytes(4, "big") + body
        msg = cls.parser(DP, 5, kind, len(raw), xid, raw)
        OUT.append({"name": name, "hex": raw.hex(), "says": msg.to_jsondict()})

    match = match_bytes(p.OFPMatch(in_port=6, metadata=3, tunnel_id=9))
    received("features_reply", p.OFPSwitchFeatures, 6, struct.pack("!QIBB2xII", 0xAABBCCDD11223344, 255, 254, 9, 79, 0))
    received("get_config_reply", p.OFPGetConfigReply, 8, struct.pack("!HH", 1, 128))
    received("packet_in", p.OFPPacketIn, 10, struct.pack("!IHBBQ", 0xFFFFFFFF, 60, 1, 3, 0x7654000000000001) + match + bytes(2) + bytes(range(60)))
    received("flow_removed", p.OFPFlowRemoved, 11, struct.pack("!QHBBIIHHQQ", 0x1122334455667788, 100, 1, 7, 3, 48825000, 10, 20, 1000, 86000) + match)
    received("port_status", p.OFPPortStatus, 12, struct.pack("!B7x", 2) + port_bytes())
    received("barrier_reply", p.OFPBarrierReply, 21, b"", 77)
    received("role_reply", p.OFPRoleReply, 25, struct.pack("!I4xQ", 3, 0x1122334455667788), 78)
    reasons = b"".join(struct.pack("!HHI", n, 8, 3) for n in range(12))
    received("get_async_reply", p.OFPGetAsyncReply, 27, reasons, 79)
    received("role_status", p.OFPRoleStatus, 30, struct.pack("!IB3xQ", 2, 0, 17356517385562371090) + exp4().serialize())
    table = struct.pack("!HHBBBx", 3, 8, 10, 20, 30)
    received("table_status", p.OFPTableStatus, 31, struct.pack("!B7x", 3) + struct.pack("!HBxI", 8 + len(table), 8, 8) + table)
    inner = p.OFPGroupMod(DP, 0, 1, 0xAABBCCDD, BUCKETS)
    inner.set_xid(0x5555)
    inner.serialize()
    received("request_forward", p.OFPRequestForward, 32, bytes(inner.buf))


def plain(item):
    """Nicira actions have no JSON form of their own when they stand inside another object."""
    try:
        return item.to_jsondict()
    except TypeError:
        return {k: v for k, v in vars(item).items() if v is not None}


for part in (messages, requests, replies, asynchronous):
    part()
print("[")
print(",\n".join(json.dumps(v, default=plain) for v in OUT))
print("]")
