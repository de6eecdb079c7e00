// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import {
  type Action,
  encodeMessage,
  FlowModCommand,
  formatActions,
  formatGroup,
  formatInstructions,
  formatMatch,
  type Message,
  type MessageOf,
  Port,
} from "../../src/openflow/index.ts";
import { dissectionOf } from "./dissected.ts";
import { pcapOf } from "./pcap.ts";
import { validFlowMod, validGroupMod, validPacketOut } from "./valid.ts";

/**
 * Random valid messages, read by two other programs. All messages go through one start of each.
 * The disagreements that are theirs are listed in docs/codec.md.
 */
const SEED = 20_260_401;
const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] =>
  fc.sample(arbitrary, { seed: SEED, numRuns });

/** Each with its own xid, to find it in the printed output. */
const MESSAGES: readonly Message[] = [
  ...sample(validFlowMod, 400),
  ...sample(validGroupMod, 150),
  ...sample(validPacketOut, 100),
].map((message, index) => ({ ...message, xid: 0x1000 + index }));

const directory = mkdtempSync(join(tmpdir(), "openvtap-differential-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8", maxBuffer: 64 << 20, stdio: "pipe" });
}

describe("Open vSwitch", () => {
  const file = join(directory, "messages");
  writeFileSync(file, Buffer.concat(MESSAGES.map((message) => encodeMessage(message).slice())));
  const printed = new Map<number, string>();
  for (const text of run("ovs-ofctl", ["ofp-parse", file]).split(/^(?=OFPT_)/m)) {
    const xid = /\(xid=(0x[0-9a-f]+)\)/.exec(text)?.[1];
    if (xid !== undefined) printed.set(Number(xid), text.trim());
  }
  const textOf = (message: Message) => printed.get(message.xid) ?? "";

  test("accepts every message", () => {
    const refused = MESSAGES.map(textOf).filter((text) => text === "" || text.includes("***"));
    expect(refused).toEqual([]);
  });

  test("prints flow-mods like the codec's text form", () => {
    for (const message of MESSAGES.filter((each) => each.type === "flowMod")) {
      expect(textOf(message)).toBe(printedFlowMod(message));
    }
  });

  test("prints group-mods like the codec's text form", () => {
    for (const message of MESSAGES.filter((each) => each.type === "groupMod")) {
      expect(textOf(message).replace(/\s+/g, " ")).toBe(printedGroupMod(message));
    }
  });

  test("prints packet-outs like the codec's text form", () => {
    for (const message of MESSAGES.filter((each) => each.type === "packetOut")) {
      expect(textOf(message)).toContain(`actions=${actionText(message.actions)} `);
      expect(textOf(message)).toContain(`data_len=${message.data.length}`);
    }
  });
});

function actionText(actions: readonly Action[]): string {
  return actions.length === 0 ? "drop" : formatActions(actions);
}

const FLAGS = [
  "send_flow_rem",
  "check_overlap",
  "reset_counts",
  "no_packet_counts",
  "no_byte_counts",
];
/** All ones mean "leave the cookie" to Open vSwitch, and are not printed. */
const NO_COOKIE = 0xffff_ffff_ffff_ffffn;
const COMMANDS = ["ADD", "MOD", "MOD_STRICT", "DEL", "DEL_STRICT"];

/** A value as Open vSwitch prints it when it is not the default. */
function unless(value: number | bigint, usual: number | bigint, text: string): string[] {
  return value === usual ? [] : [text];
}

function printedFlowMod(message: MessageOf<"flowMod">): string {
  const { xid, command, tableId, priority, cookie, outPort, flags } = message;
  const matchText = formatMatch(message.match);
  const rule = [
    ...unless(priority, 0x8000, `priority=${priority}`),
    ...(matchText === "" ? [] : [matchText]),
  ];
  // Open vSwitch does not use the cookie and importance of a modify or delete, and drops them.
  const adds = command === FlowModCommand.Add;
  const words = [
    `OFPT_FLOW_MOD (OF1.4) (xid=0x${xid.toString(16)}): ${COMMANDS[command]}`,
    ...unless(tableId, 0, `table:${tableId}`),
    ...(rule.length === 0 ? [] : [rule.join(",")]),
    ...unless(adds && cookie !== NO_COOKIE ? cookie : 0n, 0n, `cookie:0x${cookie.toString(16)}`),
    ...unless(message.idleTimeout, 0, `idle:${message.idleTimeout}`),
    ...unless(message.hardTimeout, 0, `hard:${message.hardTimeout}`),
    ...unless(adds ? message.importance : 0, 0, `importance:${message.importance}`),
    ...unless(outPort, Port.Any, `out_port:${outPort === Port.Local ? "LOCAL" : outPort}`),
    ...FLAGS.filter((_, bit) => (flags & (1 << bit)) !== 0),
    `actions=${message.instructions.length === 0 ? "drop" : formatInstructions(message.instructions)}`,
  ];
  return words.join(" ");
}

function printedGroupMod(message: MessageOf<"groupMod">): string {
  const command = ["ADD", "MOD", "DEL"][message.command];
  return `OFPT_GROUP_MOD (OF1.4) (xid=0x${message.xid.toString(16)}): ${command} ${formatGroup(message)}`;
}

describe("tshark", () => {
  const file = join(directory, "messages.pcap");
  writeFileSync(file, pcapOf(MESSAGES.map((each) => encodeMessage(each).slice())));
  const expected = MESSAGES.map(dissectionOf);
  const names = [...new Set(expected.flatMap((each) => Object.keys(each)))];
  const columns = [...names.map((name) => `openflow_v5.${name}`), "_ws.expert.message"];
  const lines = run("tshark", [
    ...["-r", file, "-d", "tcp.port==6653,openflow", "-T", "fields"],
    ...["-E", "separator=|", "-E", "occurrence=a", "-E", "aggregator=,"],
    ...columns.flatMap((name) => ["-e", name]),
  ])
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("|"));

  test("reads the same numbers", () => {
    expect(lines).toHaveLength(MESSAGES.length);
    for (const [index, cells] of lines.entries()) {
      const found = Object.fromEntries(
        names.map((name, column) => [
          name,
          (cells[column] ?? "").split(",").filter((cell) => cell !== ""),
        ]),
      );
      for (const [name, values] of Object.entries(expected[index] ?? {})) {
        expect(found[name]?.map(BigInt), `${name} of message ${index}`).toEqual(values.map(BigInt));
      }
    }
  });

  test("reports nothing but extensions that it does not support", () => {
    const objections = new Set(lines.flatMap((cells) => (cells[names.length] ?? "").split(",")));
    objections.delete("");
    // Nicira's fields (reg0, pkt_mark), and the masks that Open vSwitch allows on transport ports.
    objections.delete("Unknown OXM body.");
    objections.delete("Undecoded Data");
    expect([...objections]).toEqual([]);
  });
});
