// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import {
  type Action,
  bucket,
  FlowModCommand,
  flowMod,
  GroupModCommand,
  GroupType,
  groupMod,
  type Instruction,
  type Match,
  type MatchInput,
  type MessageOf,
  match,
  output,
  Port,
  packetOut,
  pushVlan,
  setField,
  setQueue,
} from "../../src/openflow/index.ts";

/**
 * Random messages that a switch would take: prerequisites met, ports and groups that may exist,
 * actions that fit the match. What other programs are asked to read, they may not refuse.
 */

const uint = (bits: number) => fc.maxSafeNat().map((n) => n % 2 ** bits);
const wide = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });
const port = fc.oneof(fc.integer({ min: 1, max: 0xfeff }), fc.constant<number>(Port.Local));
const groupId = fc.integer({ min: 0, max: 0xfffffeff });

/** A value, or a value under a mask that leaves something to match. */
const masked = (bits: number) =>
  fc.tuple(uint(bits), uint(bits), fc.boolean()).map(([value, mask, plain]) => {
    if (plain || mask === 0) return { value };
    return { value: Number(BigInt(value) & BigInt(mask)), mask };
  });
const maskedWide = (bits: number) =>
  fc.tuple(wide(bits), wide(bits), fc.boolean()).map(([value, mask, plain]) => {
    if (plain || mask === 0n) return { value };
    return { value: value & mask, mask };
  });

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const l2 = fc.record({
  inPort: optional(port),
  ethSrc: optional(masked(48)),
  ethDst: optional(masked(48)),
  metadata: optional(maskedWide(64)),
  tunnelId: optional(maskedWide(64)),
  reg0: optional(masked(32)),
  pktMark: optional(masked(32)),
});

const vlan = fc.oneof(
  fc.constant({}),
  fc.constant({ vlanVid: 0 }),
  fc.constant({ vlanVid: { value: 0x1000, mask: 0x1000 } }),
  fc.record({ vlanVid: uint(12).map((vid) => 0x1000 | vid), vlanPcp: optional(uint(3)) }),
);

const ports = (src: "tcpSrc" | "udpSrc" | "sctpSrc", dst: "tcpDst" | "udpDst" | "sctpDst") =>
  fc.record({ [src]: optional(masked(16)), [dst]: optional(masked(16)) });

const transport = fc.oneof(
  ports("tcpSrc", "tcpDst").map((fields) => ({ ipProto: 6, ...fields })),
  ports("udpSrc", "udpDst").map((fields) => ({ ipProto: 17, ...fields })),
  ports("sctpSrc", "sctpDst").map((fields) => ({ ipProto: 132, ...fields })),
  fc.constant({}),
  fc.constant({ ipProto: 47 }),
);

const tos = fc.record({ ipDscp: optional(uint(6)), ipEcn: optional(uint(2)) });

const ipv4 = fc
  .tuple(
    fc.record({ ipv4Src: optional(masked(32)), ipv4Dst: optional(masked(32)) }),
    fc.oneof(
      transport,
      fc.record({ ipProto: fc.constant(1), icmpv4Type: uint(8), icmpv4Code: optional(uint(8)) }),
    ),
    tos,
  )
  .map(([addresses, upper, marks]) => ({ ethType: 0x0800, ...addresses, ...upper, ...marks }));

const ipv6 = fc
  .tuple(
    fc.record({
      ipv6Src: optional(maskedWide(128)),
      ipv6Dst: optional(maskedWide(128)),
      ipv6Flabel: optional(masked(20)),
    }),
    fc.oneof(
      transport,
      fc.record({
        ipProto: fc.constant(58),
        icmpv6Type: fc.constant(135),
        icmpv6Code: fc.constant(0),
        ipv6NdTarget: optional(wide(128)),
        ipv6NdSll: optional(uint(48)),
      }),
    ),
    tos,
  )
  .map(([addresses, upper, marks]) => ({ ethType: 0x86dd, ...addresses, ...upper, ...marks }));

const arp = fc
  .record({
    arpOp: optional(fc.integer({ min: 1, max: 255 })),
    arpSpa: optional(masked(32)),
    arpTpa: optional(masked(32)),
    arpSha: optional(masked(48)),
    arpTha: optional(masked(48)),
  })
  .map((fields) => ({ ethType: 0x0806, ...fields }));

const mpls = fc
  .record({ mplsLabel: optional(uint(20)), mplsTc: optional(uint(3)), mplsBos: optional(uint(1)) })
  .map((fields) => ({ ethType: 0x8847, ...fields }));

const l3 = fc.oneof(fc.constant({}), ipv4, ipv6, arp, mpls);

/** Any match whose prerequisites are met. */
const validMatch: fc.Arbitrary<Match> = fc
  .tuple(l2, vlan, l3)
  .map(([low, tag, high]) => match({ ...low, ...tag, ...high } as MatchInput));

const plainAction: fc.Arbitrary<Action> = fc.oneof(
  port.map((number) => output(number)),
  uint(16).map((maxLen) => output(Port.Controller, maxLen)),
  fc.constantFrom<Action>(output(Port.InPort), output(Port.Normal), output(Port.Flood)),
  groupId.map((id): Action => ({ type: "group", groupId: id })),
  uint(32).map(setQueue),
  uint(48).map((mac) => setField("ethSrc", mac)),
  uint(48).map((mac) => setField("ethDst", mac)),
  wide(64).map((id) => setField("tunnelId", id)),
  uint(32).map((value) => setField("reg0", value)),
);

/** Open vSwitch counts tags: more than two at once is an error. */
const actionList = fc
  .tuple(fc.boolean(), fc.array(plainAction, { maxLength: 5 }))
  .map(([tag, actions]) => (tag ? [pushVlan(0x88a8), ...actions] : actions));

/** Valid action sets: at most one action of each kind. */
const actionSet = fc
  .record({ mac: optional(uint(48)), queue: optional(uint(32)), out: port })
  .map(({ mac, queue, out }): Action[] => [
    ...(mac === undefined ? [] : [setField("ethDst", mac)]),
    ...(queue === undefined ? [] : [setQueue(queue)]),
    output(out),
  ]);

const instructions: fc.Arbitrary<readonly Instruction[]> = fc
  .record({
    meter: optional(fc.integer({ min: 1, max: 0xffff })),
    apply: optional(actionList),
    clear: fc.boolean(),
    write: optional(actionSet),
    metadata: optional(fc.tuple(wide(64), wide(64))),
    goto: optional(fc.integer({ min: 101, max: 253 })),
  })
  .map((chosen): Instruction[] => [
    ...(chosen.meter === undefined ? [] : [{ type: "meter" as const, meterId: chosen.meter }]),
    ...(chosen.apply === undefined
      ? []
      : [{ type: "applyActions" as const, actions: chosen.apply }]),
    ...(chosen.clear ? [{ type: "clearActions" as const }] : []),
    ...(chosen.write === undefined
      ? []
      : [{ type: "writeActions" as const, actions: chosen.write }]),
    ...(chosen.metadata === undefined
      ? []
      : [
          {
            type: "writeMetadata" as const,
            metadata: chosen.metadata[0] & chosen.metadata[1],
            metadataMask: chosen.metadata[1],
          },
        ]),
    ...(chosen.goto === undefined ? [] : [{ type: "gotoTable" as const, tableId: chosen.goto }]),
  ]);

/** A flow-mod that a switch accepts. */
export const validFlowMod: fc.Arbitrary<MessageOf<"flowMod">> = fc
  .record({
    xid: uint(32),
    cookie: wide(64),
    tableId: fc.nat(100),
    command: fc.constantFrom(...Object.values(FlowModCommand)),
    idleTimeout: uint(16),
    hardTimeout: uint(16),
    priority: uint(16),
    outPort: fc.oneof(port, fc.constant<number>(Port.Any)),
    flags: fc.integer({ min: 0, max: 0x1f }),
    importance: uint(16),
    match: validMatch,
    instructions,
  })
  .map((fields) => flowMod(fields));

const validBuckets = (groupType: number) =>
  fc.array(
    fc.tuple(actionSet, uint(16), port, groupId).map(([actions, weight, watchPort, watchGroup]) => {
      if (groupType === GroupType.Select) return bucket(actions, { weight: Math.max(1, weight) });
      if (groupType !== GroupType.FastFailover) return bucket(actions);
      return bucket(actions, weight % 2 === 0 ? { watchPort } : { watchPort, watchGroup });
    }),
    groupType === GroupType.Indirect ? { minLength: 1, maxLength: 1 } : { maxLength: 4 },
  );

/** A group-mod that a switch accepts. */
export const validGroupMod: fc.Arbitrary<MessageOf<"groupMod">> = fc
  .record({
    xid: uint(32),
    command: fc.constantFrom(...Object.values(GroupModCommand)),
    groupType: fc.constantFrom(...Object.values(GroupType)),
    groupId,
  })
  .chain((fields) => {
    if (fields.command === GroupModCommand.Delete) {
      return fc.constant(groupMod({ ...fields, groupType: 0 }));
    }
    return validBuckets(fields.groupType).map((buckets) => groupMod({ ...fields, buckets }));
  });

/** Addresses and the EtherType for local experiments, which no dissector rejects. */
const FRAME_HEADER = [0xfa, 0, 0, 0, 0, 2, 0xfa, 0, 0, 0, 0, 1, 0x88, 0xb5];

/** A packet-out that a switch accepts. */
export const validPacketOut: fc.Arbitrary<MessageOf<"packetOut">> = fc
  .record({
    xid: uint(32),
    inPort: fc.oneof(port, fc.constant<number>(Port.Controller)),
    actions: actionList,
    data: fc
      .uint8Array({ minLength: 46, maxLength: 80 })
      .map((payload) => new Uint8Array([...FRAME_HEADER, ...payload])),
  })
  .map((fields) => packetOut(fields));
