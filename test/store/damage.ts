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

const WRITER = fileURLToPath(new URL("./store-child.ts", import.meta.url));
const READER = fileURLToPath(new URL("./store-reader.ts", import.meta.url));

/** Runs four writers until they have `count` acknowledged writes, kills them, and returns the ids. */
export async function writeAndKill(
  directory: string,
  round: number,
  count: number,
): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", WRITER, directory, String(round)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
    if (output.split("\n").length - 2 >= count) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  if (signal !== "SIGKILL") throw new Error(`the writer ended: ${output}`);
  return output.split("\n").slice(1, -1);
}

/** What opening a data directory comes to; in a process of its own, which damage may abort. */
type Opened =
  | { readonly type: "read"; readonly ids: ReadonlySet<string> }
  | { readonly type: "refused"; readonly code: string; readonly message: string };

/** Opens each directory in turn. */
async function openAll(directories: readonly string[]): Promise<Opened[]> {
  const child = spawn(process.execPath, ["--import", "tsx", READER, ...directories], {
    stdio: ["ignore", "pipe", "inherit"],
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
    const { ids, ...rest } = JSON.parse(line);
    return ids ? { type: "read", ids: new Set(ids) } : { type: "refused", ...rest };
  });
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

/** The files of a store that hold data, or say which do. */
function storeFiles(directory: string): string[] {
  const database = readdirSync(join(directory, "db"))
    .filter((name) => /\.(ldb|log)$|^(CURRENT|MANIFEST)/.test(name))
    .map((name) => join("db", name));
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
    return (Object.keys(DAMAGE) as DamageKind[]).map((kind) => {
      const copy = mkdtempSync(join(tmpdir(), "openvtap-damaged-"));
      cpSync(directory, copy, { recursive: true });
      const share = random();
      DAMAGE[kind](join(copy, file), share);
      return { what: `${file} ${kind} at ${share.toFixed(4)}`, directory: copy };
    });
  });
}

/** What is wrong with how a damaged store was opened; undefined: recovered exactly, or refused by name. */
function faultOf(
  { what, directory }: DamagedCopy,
  opened: Opened,
  acknowledged: ReadonlySet<string>,
): string | undefined {
  if (opened.type === "refused") {
    const isNamed = opened.message.startsWith(`${directory}/`) && !opened.message.includes("\n");
    return isNamed && opened.code === "corrupt" ? undefined : `${what}: ${opened.message}`;
  }
  const lost = [...acknowledged].filter((id) => !opened.ids.has(id));
  return lost.length === 0 ? undefined : `${what}: ${lost.length} acknowledged writes are lost`;
}

/** Damages copies of a store, opens them, and removes them. */
export async function damageRound(
  directory: string,
  acknowledged: ReadonlySet<string>,
  random: () => number,
): Promise<{ tried: number; refused: number; faults: string[] }> {
  const copies = damagedCopies(directory, random);
  try {
    const opened = await openAll(copies.map((each) => each.directory));
    const faults = copies.flatMap((copy, index) => {
      const found = opened[index];
      return (found && faultOf(copy, found, acknowledged)) ?? [];
    });
    const refused = opened.filter(({ type }) => type === "refused").length;
    return { tried: copies.length, refused, faults };
  } finally {
    for (const copy of copies) rmSync(copy.directory, { recursive: true, force: true });
  }
}
