// SPDX-License-Identifier: Apache-2.0
import { fromHex, type Vector } from "./vector.ts";

/** Messages written out from the specification, byte for byte. */
export const BY_HAND: readonly Vector[] = [
  {
    name: "hello that offers 1.0 to 1.4",
    hex: "05000010 00000001 0001 0008 0000003e",
    value: {
      version: 5,
      type: "hello",
      xid: 1,
      elements: [{ type: "versionBitmap", bitmaps: [0x3e] }],
    },
  },
  {
    name: "hello of OpenFlow 1.0",
    hex: "01000008 00000002",
    value: { version: 1, type: "hello", xid: 2, elements: [] },
  },
  {
    name: "hello with an unknown element",
    hex: "06000010 00000003 1234 0007 a1b2c3 00",
    value: {
      version: 6,
      type: "hello",
      xid: 3,
      elements: [{ type: "unknown", code: 0x1234, data: fromHex("a1b2c3") }],
    },
  },
  {
    name: "error: hello failed, incompatible",
    hex: "0401 0012 00000004 0000 0000 6e6f20312e34",
    value: {
      version: 4,
      type: "error",
      xid: 4,
      errorType: 0,
      errorCode: 0,
      data: fromHex("6e6f20312e34"),
    },
  },
  {
    name: "echo request without data",
    hex: "05020008 00000005",
    value: { version: 5, type: "echoRequest", xid: 5, data: fromHex("") },
  },
  {
    name: "features reply",
    hex: "05060020 00000006 00000000000000aa 00000100 fe 00 0000 0000004f 00000000",
    value: {
      version: 5,
      type: "featuresReply",
      xid: 6,
      datapathId: 0xaan,
      nBuffers: 256,
      nTables: 254,
      auxiliaryId: 0,
      capabilities: 0x4f,
      reserved: 0,
    },
  },
  {
    name: "flow mod: the paper's rewriting rule",
    hex: `050e 0090 00000007 7654040000000001 0000000000000000 00 00 0000 0000 4e20 ffffffff
      ffffffff ffffffff 0000 0000
      0001 0032 80000004 00000001 80000606 fa0000000002 80000806 fa0000000001 80000a02 0800
      8000 1708 0a010000 ffff0000 000000000000 0004 0028 00000000
      0019 0010 80000606 fa0000000003 0000 0016 0008 00000005 0011 0008 88a8 0000`,
    value: {
      version: 5,
      type: "flowMod",
      xid: 7,
      cookie: 0x7654040000000001n,
      cookieMask: 0n,
      tableId: 0,
      command: 0,
      idleTimeout: 0,
      hardTimeout: 0,
      priority: 20000,
      bufferId: 0xffffffff,
      outPort: 0xffffffff,
      outGroup: 0xffffffff,
      flags: 0,
      importance: 0,
      match: [
        { field: "inPort", value: 1 },
        { field: "ethDst", value: 0xfa0000000002 },
        { field: "ethSrc", value: 0xfa0000000001 },
        { field: "ethType", value: 0x0800 },
        { field: "ipv4Src", value: 0x0a010000, mask: 0xffff0000 },
      ],
      instructions: [
        {
          type: "applyActions",
          actions: [
            { type: "setField", field: { field: "ethDst", value: 0xfa0000000003 } },
            { type: "group", groupId: 5 },
            { type: "pushVlan", ethertype: 0x88a8 },
          ],
        },
      ],
    },
  },
  {
    name: "group mod with a copy to a monitor",
    hex: `050f 0050 00000008 0000 00 00 00000005
      0020 0000 ffffffff ffffffff 00000000 0000 0010 00000002 0000 000000000000
      0020 0000 ffffffff ffffffff 00000000 0000 0010 fffffff8 0000 000000000000`,
    value: {
      version: 5,
      type: "groupMod",
      xid: 8,
      command: 0,
      groupType: 0,
      groupId: 5,
      buckets: [
        {
          weight: 0,
          watchPort: 0xffffffff,
          watchGroup: 0xffffffff,
          actions: [{ type: "output", port: 2, maxLen: 0 }],
        },
        {
          weight: 0,
          watchPort: 0xffffffff,
          watchGroup: 0xffffffff,
          actions: [{ type: "output", port: 0xfffffff8, maxLen: 0 }],
        },
      ],
    },
  },
  {
    name: "packet in with an experimenter's field and one of an unknown class",
    hex: `050a 004a 00000000 ffffffff 0010 01 03 0000000000000007
      0001 001d 80000004 00000009 ffff0e06 00abcdef 0102 7ffe0503 0a0b0c 000000 0000
      fa0000000002fa000000000108060001`,
    value: {
      version: 5,
      type: "packetIn",
      xid: 0,
      bufferId: 0xffffffff,
      totalLen: 16,
      reason: 1,
      tableId: 3,
      cookie: 7n,
      match: [
        { field: "inPort", value: 9 },
        {
          field: "experimenter",
          experimenter: 0x00abcdef,
          code: 7,
          hasMask: false,
          data: fromHex("0102"),
        },
        { field: "unknown", oxmClass: 0x7ffe, code: 2, hasMask: true, data: fromHex("0a0b0c") },
      ],
      data: fromHex("fa0000000002fa000000000108060001"),
    },
  },
  {
    name: "bundle with a group mod inside and a property behind it",
    hex: `0522 0030 00000009 00000001 0000 0003
      050f 0010 00000009 0002 00 00 fffffffc
      ffff 000e 00abcdef 00000002 aabb 0000`,
    value: {
      version: 5,
      type: "bundleAddMessage",
      xid: 9,
      bundleId: 1,
      flags: 3,
      message: {
        version: 5,
        type: "groupMod",
        xid: 9,
        command: 2,
        groupType: 0,
        groupId: 0xfffffffc,
        buckets: [],
      },
      properties: [
        { type: "experimenter", experimenter: 0x00abcdef, expType: 2, data: fromHex("aabb") },
      ],
    },
  },
  {
    name: "bundle whose message needs padding before the property",
    hex: `0522 0028 0000000a 00000001 0000 0003
      0502 0009 0000000a 77 00000000000000
      1234 0006 cdef 0000`,
    value: {
      version: 5,
      type: "bundleAddMessage",
      xid: 10,
      bundleId: 1,
      flags: 3,
      message: { version: 5, type: "echoRequest", xid: 10, data: fromHex("77") },
      properties: [{ type: "unknown", code: 0x1234, data: fromHex("cdef") }],
    },
  },
  {
    name: "multipart request of an unknown type",
    hex: "0512 0013 0000000b 0777 0001 00000000 010203",
    value: {
      version: 5,
      type: "multipartRequest",
      xid: 11,
      flags: 1,
      multipart: { type: "unknown", code: 0x0777, data: fromHex("010203") },
    },
  },
  {
    name: "multipart reply: flow monitor updates",
    hex: `0513 0050 0000000c 0010 0000 00000000
      0028 0003 07 00 000a 0014 1234 00000000 00000000000000aa 0001 000c 80000004 00000001 00000000
      0008 0004 deadbeef 0008 0005 00000000 0008 0006 00000000`,
    value: {
      version: 5,
      type: "multipartReply",
      xid: 12,
      flags: 0,
      multipart: {
        type: "flowMonitor",
        updates: [
          {
            type: "modified",
            tableId: 7,
            reason: 0,
            idleTimeout: 10,
            hardTimeout: 20,
            priority: 0x1234,
            cookie: 0xaan,
            match: [{ field: "inPort", value: 1 }],
            instructions: [],
          },
          { type: "abbrev", xid: 0xdeadbeef },
          { type: "paused" },
          { type: "resumed" },
        ],
      },
    },
  },
  {
    name: "port status with an Ethernet and an optical property",
    hex: `050c 0080 0000000d 02 00000000000000
      00000003 0070 0000 fa0000000003 0000 73312d65746833000000000000000000 00000001 00000004
      0000 0020 00000000 00000840 00000001 00000002 00000003 00001388 00002710
      0001 0028 00000000 00000001 000007d0 00000bb8 000005dc 00000834 00000c1c 00000640 07da 0bc2`,
    value: {
      version: 5,
      type: "portStatus",
      xid: 13,
      reason: 2,
      desc: {
        portNo: 3,
        hwAddr: 0xfa0000000003,
        name: "s1-eth3",
        config: 1,
        state: 4,
        properties: [
          {
            type: "ethernet",
            current: 0x840,
            advertised: 1,
            supported: 2,
            peer: 3,
            currentSpeedKbps: 5000,
            maxSpeedKbps: 10000,
          },
          {
            type: "optical",
            supported: 1,
            txMinFreqLmda: 2000,
            txMaxFreqLmda: 3000,
            txGridFreqLmda: 1500,
            rxMinFreqLmda: 2100,
            rxMaxFreqLmda: 3100,
            rxGridFreqLmda: 1600,
            txPowerMin: 2010,
            txPowerMax: 3010,
          },
        ],
      },
    },
  },
  {
    name: "set async with one mask and an experimenter's",
    hex: `051c 0020 0000000e 0001 0008 00000007 fffe 000c 00abcdef 00000001 00000000`,
    value: {
      version: 5,
      type: "setAsync",
      xid: 14,
      properties: [
        { type: "packetInMaster", mask: 7 },
        { type: "experimenterSlave", experimenter: 0x00abcdef, expType: 1, data: fromHex("") },
      ],
    },
  },
  {
    name: "meter mod with all bands",
    hex: `051d 0040 0000000f 0000 000d 00000064 0001 0010 000003e8 0000000a 00000000
      0002 0010 000007d0 00000014 01 000000 ffff 0010 00000bb8 0000001e 00abcdef`,
    value: {
      version: 5,
      type: "meterMod",
      xid: 15,
      command: 0,
      flags: 13,
      meterId: 100,
      bands: [
        { type: "drop", rate: 1000, burstSize: 10 },
        { type: "dscpRemark", rate: 2000, burstSize: 20, precLevel: 1 },
        {
          type: "experimenter",
          rate: 3000,
          burstSize: 30,
          experimenter: 0x00abcdef,
          data: fromHex(""),
        },
      ],
    },
  },
];
