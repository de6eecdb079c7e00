// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Acknowledged, FoundPolicies, WriterLine } from "./acknowledged.ts";
import { killedWriter } from "./killed-writer.ts";

const WRITER = fileURLToPath(new URL("./store-child.ts", import.meta.url));
const READER = fileURLToPath(new URL("./store-reader.ts", import.meta.url));

/** Runs four writers until they have `count` acknowledged writes, kills them, and returns their lines. */
export async function writeAndKill(
  directory: string,
  round: number,
  count: number,
): Promise<WriterLine[]> {
  const writers = { program: WRITER, directory, round };
  const lines = await killedWriter(
    writers,
    (output) => output.split('["acknowledged"').length > count,
  );
  return lines.map((line) => JSON.parse(line) as WriterLine);
}

/** What opening a data directory comes to; in a process of its own, which damage may abort. */
export type OpenedStore =
  | { readonly type: "read"; readonly found: FoundPolicies }
  | { readonly type: "refused"; readonly code: string; readonly message: string };

/** Opens each directory in turn, as a user of this id. */
export async function openAll(
  directories: readonly string[],
  uid = process.getuid?.(),
): Promise<OpenedStore[]> {
  const child = spawn(process.execPath, ["--import", "tsx", READER, ...directories], {
    stdio: ["ignore", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid }),
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
  });
  const [code, signal] = await once(child, "close");
  const lines = output.split("\n").slice(0, -1);
  if (lines.length < directories.length) {
    throw new Error(`${directories[lines.length]}: the reader ended with ${signal ?? code}`);
  }
  return lines.map((line) => {
    const { found, ...rest } = JSON.parse(line);
    return found ? { type: "read", found: new Map(found) } : { type: "refused", ...rest };
  });
}

/** The policies of a store. */
export async function readStore(directory: string): Promise<FoundPolicies> {
  const [opened] = await openAll([directory]);
  if (opened?.type === "read") return opened.found;
  throw new Error(opened?.message);
}

/** Ways to damage a file; `share` is a place in it, from 0 to 1. */
const DAMAGE = {
  truncated: (file: string, share: number) => truncateSync(file, Math.floor(sizeOf(file) * share)),
  emptied: (file: string) => truncateSync(file, 0),
  flipped: (file: string, share: number) =>
    edit(file, (bytes) => {
      const at = Math.floor(bytes.length * share);
      if (at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ 0x41, at);
    }),
  zeroed: (file: string, share: number) =>
    edit(file, (bytes) => {
      const at = Math.floor(bytes.length * share);
      bytes.fill(0, at, Math.min(at + 4096, bytes.length));
    }),
  removed: (file: string) => rmSync(file),
  directory: (file: string) => {
    rmSync(file);
    mkdirSync(file);
  },
} as const;

type DamageKind = keyof typeof DAMAGE;

function edit(file: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(file);
  change(bytes);
  writeFileSync(file, bytes);
}

function sizeOf(file: string): number {
  return Math.max(0, readFileSync(file).length - 1);
}

/** All files of a store, those without data (its lock, the log of what LevelDB does) included. */
function storeFiles(directory: string): string[] {
  const database = readdirSync(join(directory, "db")).map((name) => join("db", name));
  return ["store.head", ...database];
}

/** One damaged copy of a store. */
interface DamagedCopy {
  readonly what: string;
  readonly directory: string;
}

/** Copies a store once per file and kind of damage. */
function damagedCopies(directory: string, random: () => number): DamagedCopy[] {
  return storeFiles(directory).flatMap((file) => {
    const kinds = Object.keys(DAMAGE) as DamageKind[];
    return kinds.map((kind) => damagedCopy(directory, file, kind, random()));
  });
}

function damagedCopy(
  directory: string,
  file: string,
  kind: DamageKind,
  share: number,
): DamagedCopy {
  const copy = copyOf(directory);
  DAMAGE[kind](join(copy, file), share);
  return { what: `${file} ${kind} at ${share.toFixed(4)}`, directory: copy };
}

/** A store with a block of zeros in a file, as opened in a process of its own, and the name of its file. */
interface ZeroedStore {
  readonly file: string;
  readonly share: number;
  readonly directory: string;
  readonly opened: OpenedStore | undefined;
}

/** Opens copies of a store with zeros at some places of each of its files. */
export async function openZeroed(
  directory: string,
  shares: readonly number[],
): Promise<ZeroedStore[]> {
  const copies = storeFiles(directory).flatMap((file) =>
    shares.map((share) => ({ file, share, ...damagedCopy(directory, file, "zeroed", share) })),
  );
  try {
    const opened = await openAll(copies.map((copy) => copy.directory));
    return copies.map((copy, index) => ({ ...copy, opened: opened[index] }));
  } finally {
    for (const copy of copies) rmSync(copy.directory, { recursive: true, force: true });
  }
}

/** What is wrong with how a damaged store was opened; undefined: recovered exactly, or refused by name. */
function faultOf(
  { what, directory }: DamagedCopy,
  opened: OpenedStore,
  acknowledged: Acknowledged,
): string | undefined {
  if (opened.type === "refused") {
    const isNamed = opened.message.startsWith(`${directory}/`) && !opened.message.includes("\n");
    return isNamed && opened.code === "corrupt" ? undefined : `${what}: ${opened.message}`;
  }
  const [first, ...more] = acknowledged.faultsOf(opened.found);
  return first && `${what}: ${first}, and ${more.length} more`;
}

/** What a round has found: numbers of damaged copies, and everything that must not be. */
interface DamageRound {
  readonly recovered: number;
  readonly refused: number;
  readonly faults: readonly string[];
}

/** Opens a store as a kill has left it, and copies of it with damaged files. */
export async function damageRound(
  directory: string,
  acknowledged: Acknowledged,
  random: () => number,
): Promise<DamageRound> {
  const killed = { what: "after the kill", directory: copyOf(directory) };
  const copies = [killed, ...damagedCopies(directory, random)];
  try {
    const [undamaged, ...opened] = await openAll(copies.map((each) => each.directory));
    const faults =
      undamaged?.type === "read"
        ? acknowledged.settle(undamaged.found)
        : [`${killed.what}: ${undamaged?.message}`];
    let [recovered, refused] = [0, 0];
    for (const [index, each] of opened.entries()) {
      const copy = copies[index + 1];
      const fault = copy && faultOf(copy, each, acknowledged);
      if (fault !== undefined) faults.push(fault);
      else if (each.type === "read") recovered++;
      else refused++;
    }
    acknowledged.goOn();
    return { recovered, refused, faults };
  } finally {
    for (const copy of copies) rmSync(copy.directory, { recursive: true, force: true });
  }
}

function copyOf(directory: string): string {
  const copy = mkdtempSync(join(tmpdir(), "openvtap-damaged-"));
  cpSync(directory, copy, { recursive: true });
  return copy;
}
