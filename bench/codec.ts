// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "../scripts/prerequisites.ts";
import {
  applyActions,
  decodeMessage,
  decodeMessageInterpreted,
  encodeMessage,
  encodeMessageInterpreted,
  Framer,
  flowMod,
  group,
  type Message,
  match,
} from "../src/openflow/index.ts";
import { foreignVectors, fromHex, toHex } from "../test/openflow/vectors/vector.ts";
import { table } from "./report.ts";

/** A 60-byte frame from port 1. */
const PACKET_IN: Message = {
  version: 5,
  type: "packetIn",
  xid: 0,
  bufferId: 0xffffffff,
  totalLen: 60,
  reason: 1,
  tableId: 0,
  cookie: 0x7654040000000001n,
  match: match({ inPort: 1 }),
  data: new Uint8Array(60).fill(0x5a),
};

/** Five match fields and a group action: a rewriting rule. */
const FLOW_MOD = flowMod({
  xid: 7,
  cookie: 0x7654040000000001n,
  priority: 20_000,
  match: {
    inPort: 1,
    ethDst: "fa:00:00:00:00:02",
    ethSrc: "fa:00:00:00:00:01",
    ethType: 0x0800,
    ipv4Src: "10.0.0.1",
  },
  instructions: [applyActions(group(5))],
});

/** The same flow-mod, made anew from numbers each time. */
function builtFlowMod(): Message {
  return {
    ...FLOW_MOD,
    match: [
      { field: "inPort", value: 1 },
      { field: "ethDst", value: 0xfa0000000002 },
      { field: "ethSrc", value: 0xfa0000000001 },
      { field: "ethType", value: 0x0800 },
      { field: "ipv4Src", value: 0x0a000001 },
    ],
    instructions: [{ type: "applyActions", actions: [{ type: "group", groupId: 5 }] }],
  };
}

/** Best calls per second of CPU time in twenty rounds, which other processes disturb least. */
function rate(count: number, work: () => unknown): number {
  let best = 0;
  let sink: unknown;
  for (let round = 0; round < 20; round++) {
    const began = process.cpuUsage();
    for (let n = 0; n < count; n++) sink = work();
    const { user, system } = process.cpuUsage(began);
    best = Math.max(best, (count / (user + system)) * 1e6);
  }
  if (sink === undefined) throw new Error("the work does nothing");
  return best;
}

interface OsKen {
  readonly hex: string;
  /** Of a message that exists already. */
  readonly encode: number;
  /** Message built and encoded. */
  readonly build: number;
  readonly decode: number;
}

function osKen(packetIn: Uint8Array): OsKen {
  const script = fileURLToPath(new URL("codec-os-ken.py", import.meta.url));
  return JSON.parse(
    execFileSync("/usr/bin/python3", [script, toHex(packetIn)], { encoding: "utf8" }),
  );
}

function compare(name: string, own: number, other: number, aims: [number, number]): void {
  const [aim, ratio] = aims;
  const verdict = own >= aim * 1e6 && own >= ratio * other ? "met" : "MISSED";
  console.log(
    `${name}: ${(own / 1e6).toFixed(2)} M/s, os-ken ${(other / 1e3).toFixed(1)} k/s, ` +
      `${(own / other).toFixed(0)} times (aim: ${aim} M/s and ${ratio} times: ${verdict})`,
  );
}

/** The captured mix as one stream in chunks of a socket's size. */
function capturedChunks(): { chunks: Uint8Array[]; messages: number; bytes: number } {
  const frames = foreignVectors("ovs.json").map(({ hex }) => fromHex(hex));
  const small = frames.filter(({ length }) => length < 4096);
  const stream = new Uint8Array(Buffer.concat(Array.from({ length: 50 }, () => small).flat()));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += 65_536) chunks.push(stream.slice(at, at + 65_536));
  return { chunks, messages: small.length * 50, bytes: stream.length };
}

function stream(): void {
  const { chunks, messages, bytes } = capturedChunks();
  const framed = rate(5, () => {
    const framer = new Framer();
    let count = 0;
    for (const chunk of chunks)
      for (const frame of framer.push(chunk)) count += decodeMessage(frame).xid;
    return count;
  });
  const onlyFramed = rate(20, () => {
    const framer = new Framer();
    return chunks.reduce((count, chunk) => count + framer.push(chunk).length, 0);
  });
  const target = new Uint8Array(65_536);
  const copied = rate(50, () => {
    for (const chunk of chunks) target.set(chunk);
    return target;
  });
  const average = (bytes / messages).toFixed(0);
  console.log(
    `\ncaptured mix: ${messages} messages of ${average} bytes on average, chunks of 64 KiB`,
  );
  table(
    [
      ["framer and decode, k messages/s", (framed * messages) / 1e3],
      ["framer and decode, Mbit/s", (framed * bytes * 8) / 1e6],
      ["framer alone, Mbit/s", (onlyFramed * bytes * 8) / 1e6],
      ["memory copy of the same bytes, Mbit/s", (copied * bytes * 8) / 1e6],
    ],
    0,
  );
}

/** Where the time of one message goes: each line adds a part. */
function breakdown(): void {
  const packetIn = encodeMessage(PACKET_IN).slice();
  const copy = new Uint8Array(packetIn.length);
  const parts: [string, Message][] = [
    ["flow-mod without match and actions", { ...FLOW_MOD, match: [], instructions: [] }],
    ["flow-mod with the match", { ...FLOW_MOD, instructions: [] }],
    ["flow-mod", FLOW_MOD],
  ];
  console.log("\nnanoseconds of CPU per message");
  const rows: [string, number][] = parts.map(([name, message]) => [
    `encode ${name}`,
    1e9 / rate(100_000, () => encodeMessage(message)),
  ]);
  rows.push(["decode packet-in", 1e9 / rate(100_000, () => decodeMessage(packetIn))]);
  rows.push([
    "encode flow-mod, interpreted",
    1e9 / rate(30_000, () => encodeMessageInterpreted(FLOW_MOD)),
  ]);
  rows.push([
    "decode packet-in, interpreted",
    1e9 / rate(30_000, () => decodeMessageInterpreted(packetIn)),
  ]);
  rows.push([
    "copy of a packet-in's bytes",
    1e9 /
      rate(1_000_000, () => {
        copy.set(packetIn);
        return copy;
      }),
  ]);
  table(rows, 0);
}

/** `npm run bench -- codec`: one core, in messages per second of CPU time, beside os-ken. */
export async function run(): Promise<void> {
  await ensureInstalled(["os_ken"], { say: console.log });
  const packetIn = encodeMessage(PACKET_IN).slice();
  const encoded = encodeMessage(FLOW_MOD).slice();
  const peer = osKen(packetIn);
  if (peer.hex !== toHex(encoded)) throw new Error("os-ken encodes a different flow-mod");
  const encode = rate(100_000, () => encodeMessage(FLOW_MOD));
  const decode = rate(100_000, () => decodeMessage(packetIn));
  compare(`flow-mod encode (${encoded.length} bytes)`, encode, peer.encode, [1.5, 100]);
  const build = rate(100_000, () => encodeMessage(builtFlowMod()));
  compare("flow-mod built and encoded", build, peer.build, [1.5, 100]);
  compare(`packet-in decode (${packetIn.length} bytes)`, decode, peer.decode, [2, 10]);
  breakdown();
  stream();
}
