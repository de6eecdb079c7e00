// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { expect, onTestFinished, test } from "vitest";
import { openLevelStore, PolicyRecords, StoreError } from "../../src/store/index.ts";
import { openZeroed, readStore } from "./damage.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const IS_ROOT = process.getuid?.() === 0;

/** The error of opening a directory and loading its policies. */
async function failure(directory: string): Promise<StoreError> {
  try {
    const store = await openLevelStore(directory);
    onTestFinished(() => store.close());
    await new PolicyRecords(store, () => new Date()).load();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("it opened");
}

/** A closed store with policies in its log. */
async function filled(count: number): Promise<string> {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory);
  const policies = new PolicyRecords(store, () => new Date());
  const writes = Array.from({ length: count }, (_, number) =>
    policies.put(`p${number}`, { id: `p${number}`, description: noise(number) }),
  );
  await Promise.all(writes);
  await store.close();
  return directory;
}

/** A closed store with policies in tables, and others in its log. */
async function filledTables(): Promise<string> {
  const directory = await filled(300);
  // Opening the store moves the log to a table.
  const store = await openLevelStore(directory);
  const policies = new PolicyRecords(store, () => new Date());
  for (const id of ["q1", "q2", "q3"]) await policies.put(id, { id, description: noise(1) });
  await store.close();
  return directory;
}

/** Text that does not compress. */
function noise(seed: number): string {
  return createHash("shake256", { outputLength: 750 }).update(String(seed)).digest("base64");
}

function expectOneLine({ message }: StoreError, ...parts: string[]): void {
  expect(message).not.toContain("\n");
  for (const part of parts) expect(message).toContain(part);
}

test("a directory in use is reported", async () => {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory);
  onTestFinished(() => store.close());
  const error = await failure(directory);
  expect(error.code).toBe("inUse");
  expectOneLine(error, `data directory ${directory} is in use by another vtap`);
});

test("a directory that cannot be created or written is reported", async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "file"), "");
  for (const bad of [
    join(directory, "file"),
    join(directory, "file", "below"),
    "/proc/vtap/data",
  ]) {
    const error = await failure(bad);
    expect([bad, error.code]).toEqual([bad, "unwritable"]);
    expectOneLine(error, bad.replace("/below", "").replace("/data", ""), "--data");
  }
});

test.skipIf(IS_ROOT)("a directory of another user is reported", async () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o500);
  expect((await failure(directory)).code).toBe("unwritable");
});

test("missing parent directories are created", async () => {
  const directory = join(temporaryDirectory(), "a", "b");
  const store = await openLevelStore(directory);
  await store.close();
  expect(existsSync(join(directory, "db", "CURRENT"))).toBe(true);
});

test("a damaged record is named", async () => {
  const directory = await filled(3);
  const database = new Level(join(directory, "db"));
  const text = (await database.get("policies/p1")) ?? "";
  await database.put("policies/p1", text.replace("description", "descriptiom"), { sync: true });
  await database.close();
  const error = await failure(directory);
  expect(error.code).toBe("corrupt");
  expectOneLine(error, directory, "record policies/p1", "checksum");
});

test("missing records are detected", async () => {
  const directory = await filled(3);
  const database = new Level(join(directory, "db"));
  await database.del("policies/p1", { sync: true });
  await database.close();
  const error = await failure(directory);
  expect(error.code).toBe("corrupt");
  expectOneLine(error, "it has 2 records and should have 3");
});

test("a store of a newer version is left unchanged", async () => {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory);
  await store.put("policies/p", { version: 99, document: {} });
  await store.close();
  const error = await failure(directory);
  expect(error.code).toBe("tooNew");
  expectOneLine(error, "record policies/p", "newer vtap (version 99");
});

test("a flipped byte anywhere is detected before data is lost", async () => {
  const directory = await filledTables();
  const files = readdirSync(join(directory, "db")).filter((name) =>
    /\.(ldb|log)$|MANIFEST/.test(name),
  );
  expect(files).toHaveLength(3);
  const before = await loaded(copyOf(directory));
  for (const file of files) {
    for (const share of [0, 0.05, 0.3, 0.5, 0.7, 0.95]) {
      const outcome = await flipped(directory, file, share, before);
      expect([file, share, outcome]).toEqual([file, share, "corrupt"]);
    }
  }
});

test("zeros in any file are named, or without effect; they end no process", async () => {
  const directory = await filledTables();
  const intact = await readStore(copyOf(directory));
  const kinds = new Set<string>();
  for (const zeroed of await openZeroed(directory, [0, 0.3, 0.6, 0.9])) {
    const { file, share, opened } = zeroed;
    kinds.add(file.replace(/\d+/, "N"));
    // LOG says what LevelDB has done, LOCK is empty: neither holds data.
    if (/LO(G|G.old|CK)$/.test(file)) {
      expect([file, opened]).toEqual([file, { type: "read", found: intact }]);
      continue;
    }
    const message = expect.stringMatching(`^${join(zeroed.directory, file)}: .* from a backup`);
    const refused = { type: "refused", code: "corrupt", message };
    expect([file, share, opened]).toEqual([file, share, refused]);
  }
  const data = ["db/CURRENT", "db/MANIFEST-N", "db/N.ldb", "db/N.log", "store.head"];
  expect([...kinds]).toEqual(expect.arrayContaining([...data, "db/LOG", "db/LOCK"]));
});

test("a replaced log is detected", async () => {
  const directory = await filled(3);
  const [log = ""] = readdirSync(join(directory, "db")).filter((name) => name.endsWith(".log"));
  writeFileSync(join(directory, "db", log), "this is something else altogether\n");
  const error = await failure(directory);
  expect(error.code).toBe("corrupt");
  expectOneLine(error, log, "from byte 0 on");
});

test("a log that ends within a record, as a killed process leaves it, is no damage", async () => {
  const directory = await filled(3);
  const [log = ""] = readdirSync(join(directory, "db")).filter((name) => name.endsWith(".log"));
  const path = join(directory, "db", log);
  const bytes = readFileSync(path);
  const first = readFileSync(path).subarray(0, 10);
  for (const tail of [first, first.subarray(0, 3), Buffer.alloc(100)]) {
    writeFileSync(path, Buffer.concat([bytes, tail]));
    expect(JSON.parse(await loaded(copyOf(directory)))).toHaveLength(3);
  }
});

function copyOf(directory: string): string {
  const copy = temporaryDirectory();
  cpSync(directory, copy, { recursive: true });
  return copy;
}

async function loaded(directory: string): Promise<string> {
  const store = await openLevelStore(directory);
  const records = await new PolicyRecords(store, () => new Date()).load();
  await store.close();
  return JSON.stringify(records);
}

/** Result of opening a copy with one damaged byte: "corrupt", "same", or "different". */
async function flipped(
  directory: string,
  file: string,
  share: number,
  before: string,
): Promise<string> {
  const copy = copyOf(directory);
  const path = join(copy, "db", file);
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length * share);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x41, at);
  writeFileSync(path, bytes);
  try {
    return (await loaded(copy)) === before ? "same" : "different";
  } catch (error) {
    return error instanceof StoreError ? error.code : String(error);
  }
}

test("a database without its index is not treated as empty", async () => {
  const directory = await filledTables();
  rmSync(join(directory, "db", "CURRENT"));
  const error = await failure(directory);
  expect(error.code).toBe("corrupt");
  expectOneLine(error, "CURRENT");
});

test.each([
  "",
  "garbage\n",
  "MANIFEST-000001",
  "a/b\u0000\n",
  "x".repeat(5000),
  "MANIFEST-999999\n",
])("a database whose index is named %j is damaged", async (content) => {
  const directory = await filledTables();
  writeFileSync(join(directory, "db", "CURRENT"), content);
  const error = await failure(directory);
  expect(error.code).toBe("corrupt");
  expectOneLine(error, join(directory, "db"), "from a backup");
});

test.skipIf(!IS_ROOT)(
  "a full disk refuses writes, loses none before, and takes them again",
  async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, "small"));
    const mount = join(directory, "small");
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mount]);
    onTestFinished(() => {
      execFileSync("umount", ["-l", mount]);
    });
    const data = join(mount, "data");
    const store = await openLevelStore(data);
    const acknowledged: string[] = [];
    const write = async (key: string): Promise<void> => {
      await store.put(`k/${key}`, { filler: Math.random().toString(36).repeat(200) });
      acknowledged.push(`k/${key}`);
    };
    const ballast = join(mount, "ballast");
    writeFileSync(ballast, Buffer.alloc(1024 * 1024));
    let refused: unknown;
    for (let number = 0; refused === undefined && number < 2000; number++) {
      await write(String(number)).catch((error: unknown) => {
        refused = error;
      });
    }
    expect(refused).toMatchObject({ code: "full" });
    rmSync(ballast);
    await write("after");
    await write("after that");
    await store.close();
    const again = await openLevelStore(data);
    const keys = new Set<string>();
    for await (const { key } of again.range({ from: "k/", until: "k0" })) keys.add(key);
    await again.close();
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(acknowledged.filter((key) => !keys.has(key))).toEqual([]);
  },
);
