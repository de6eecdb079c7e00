#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The work of codec.ts in python3-os-ken: prints messages per second of CPU time as JSON."""
import json
import sys
import time

import os_ken.ofproto.ofproto_v1_4 as ofp
import os_ken.ofproto.ofproto_v1_4_parser as p
from os_ken.ofproto import ofproto_parser
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

DP = ProtocolDesc(version=5)
PACKET_IN = bytes.fromhex(sys.argv[1])


def flow_mod():
    """Encodes an existing message, as codec.ts does."""
    match = p.OFPMatch(in_port=1, eth_dst="fa:00:00:00:00:02", eth_src="fa:00:00:00:00:01", eth_type=0x0800, ipv4_src="10.0.0.1")
    actions = [p.OFPInstructionActions(ofp.OFPIT_APPLY_ACTIONS, [p.OFPActionGroup(5)])]
    return p.OFPFlowMod(DP, cookie=0x7654040000000001, table_id=0, priority=20000, buffer_id=0xFFFFFFFF, out_port=0xFFFFFFFF, out_group=0xFFFFFFFF, match=match, instructions=actions)


MESSAGE = flow_mod()
MESSAGE.set_xid(7)


def encode():
    MESSAGE.buf = bytearray()
    MESSAGE.serialize()
    return MESSAGE.buf


def build_and_encode():
    message = flow_mod()
    message.set_xid(7)
    message.serialize()
    return message.buf


def decode():
    version, kind, length, xid = ofproto_parser.header(PACKET_IN)
    return ofproto_parser.msg(DP, version, kind, length, xid, PACKET_IN)


def rate(work, count):
    best = 0.0
    for _ in range(20):
        began = time.process_time()
        for _ in range(count):
            work()
        best = max(best, count / (time.process_time() - began))
    return best


print(json.dumps({"hex": bytes(encode()).hex(), "encode": rate(encode, 1000), "build": rate(build_and_encode, 300), "decode": rate(decode, 4000)}))
