// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { expect, onTestFinished, test } from "vitest";
import { openLevelStore, type Store, StoreError } from "../../src/store/index.ts";
import { encodeEntry } from "../../src/store/record.ts";
import { keys, recovered } from "./store-state.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const IS_ROOT = process.getuid?.() === 0;

async function opened(directory: string): Promise<Store> {
  const store = await openLevelStore(directory);
  onTestFinished(() => store.close());
  return store;
}

async function refusal(action: Promise<unknown>): Promise<StoreError> {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof StoreError) return error;
  throw new Error("it was not refused", { cause: error });
}

/** A directory with a store in `data`. */
async function storeIn(): Promise<{ parent: string; data: string; store: Store }> {
  const parent = temporaryDirectory();
  const data = join(parent, "data");
  const store = await opened(data);
  await store.put("k/before", 1);
  return { parent, data, store };
}

test("a data directory that is renamed refuses writes, and takes them when it is back", async () => {
  const { parent, data, store } = await storeIn();
  const states: string[] = [];
  store.onHealth(({ state }) => states.push(state));
  renameSync(data, join(parent, "away"));
  const error = await refusal(store.put("k/refused", 1));
  expect(error.code).toBe("replaced");
  expect(error.message).toMatch(`${data}: the data directory was removed or renamed`);
  expect(store.health).toMatchObject({ state: "failing", error });
  expect((await refusal(store.put("k/refused", 1))).code).toBe("replaced");
  renameSync(join(parent, "away"), data);
  await recovered(store);
  expect(states).toEqual(["failing", "working"]);
  // The refused write had reached the disk, in the directory of another name: it is undone.
  expect(await keys(store)).toEqual(["k/before"]);
  await store.put("k/after", 1);
  await store.close();
  expect(await keys(await opened(data))).toEqual(["k/after", "k/before"]);
});

test("the revision of an undone write is not used again", async () => {
  const { parent, data, store } = await storeIn();
  renameSync(data, join(parent, "away"));
  await refusal(store.put("k/before", 2));
  renameSync(join(parent, "away"), data);
  await recovered(store);
  expect(await store.get("k/before")).toEqual({ key: "k/before", value: 1, revision: 1 });
  expect((await store.put("k/after", 1)).revision).toBeGreaterThan(2);
});

test("a data directory that is removed or replaced refuses writes until a restart", async () => {
  for (const replace of [
    () => undefined,
    (data: string) => mkdirSync(data),
    (data: string, parent: string) => cpSync(join(parent, "other"), data, { recursive: true }),
  ]) {
    const { parent, data, store } = await storeIn();
    const other = await openLevelStore(join(parent, "other"));
    await other.put("k/other", 1);
    await other.close();
    rmSync(data, { recursive: true });
    replace(data, parent);
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await refusal(store.put("k/refused", 1));
      expect(error.code).toBe("replaced");
      expect(error.message).toContain(`${data}: the data directory was re`);
      expect(error.message).toContain("restart vtap");
    }
  }
});

test("a log that is removed while it is written refuses writes, with its name", async () => {
  const { data, store } = await storeIn();
  const [log = ""] = readdirSync(join(data, "db")).filter((name) => name.endsWith(".log"));
  rmSync(join(data, "db", log));
  const error = await refusal(store.put("k/refused", 1));
  expect(error.message).toContain(`${join(data, "db", log)}: the file was removed`);
  const next = await refusal(store.put("k/refused", 1));
  expect(next.message).toContain(`${join(data, "db", log)}: the file is missing`);
});

test("a database of another head, or without its head, is refused", async () => {
  const { parent, data, store } = await storeIn();
  await store.close();
  const other = await openLevelStore(join(parent, "other"));
  await other.close();
  const head = join(data, "store.head");
  cpSync(join(parent, "other", "store.head"), head);
  expect((await refusal(openLevelStore(data))).message).toContain(head);
  rmSync(head);
  expect((await refusal(openLevelStore(data))).message).toContain(`${head}: the file is missing`);
});

test("an older copy of the database beside a newer head is refused", async () => {
  const { parent, data, store } = await storeIn();
  await store.close();
  cpSync(join(data, "db"), join(parent, "old"), { recursive: true });
  const again = await openLevelStore(data);
  await again.put("k/newer", 1);
  await again.close();
  rmSync(join(data, "db"), { recursive: true });
  cpSync(join(parent, "old"), join(data, "db"), { recursive: true });
  const error = await refusal(openLevelStore(data));
  expect([error.code, error.message]).toEqual(["corrupt", expect.stringContaining(data)]);
});

test("a missing folder of the database is not taken for a new one", async () => {
  const { data, store } = await storeIn();
  await store.close();
  rmSync(join(data, "db"), { recursive: true });
  const error = await refusal(openLevelStore(data));
  expect(error.message).toContain(`${join(data, "db", "CURRENT")}: the file is missing`);
});

test("a store of a version without heads is opened, and gets one", async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, "db"));
  const old = new Level(join(directory, "db"));
  await old.put("k/a", encodeEntry({ revision: 1, value: 1 }));
  const meta = { format: 1, revision: 1, entries: 1 };
  await old.put("!meta", encodeEntry({ revision: 1, value: meta }));
  await old.close();
  const store = await openLevelStore(directory);
  expect(await keys(store)).toEqual(["k/a"]);
  await store.close();
  expect(readdirSync(directory).sort()).toEqual(["db", "store.head"]);
  rmSync(join(directory, "store.head"));
  expect((await refusal(openLevelStore(directory))).code).toBe("corrupt");
});

test.each(["x", null, 0, -1, 1.5, {}])("a format %j is damage", async (format) => {
  const { data, store } = await storeIn();
  await store.close();
  const database = new Level(join(data, "db"));
  const meta = { format, revision: 1, entries: 1 };
  await database.put("!meta", encodeEntry({ revision: 1, value: meta }), { sync: true });
  await database.close();
  const error = await refusal(openLevelStore(data));
  expect(error.code).toBe("corrupt");
  expect(error.message).toContain("is not the number of a format");
});

test("a dangling symbolic link is named with its target", async () => {
  const directory = temporaryDirectory();
  symlinkSync("/nowhere/vtap", join(directory, "link"));
  const { code, message } = await refusal(openLevelStore(join(directory, "link")));
  expect(code).toBe("unwritable");
  expect(message).toContain(`${join(directory, "link")}: `);
  expect(message).toContain("/nowhere/vtap, which does not exist");
});

test.skipIf(!IS_ROOT)(
  "with room again, the next write and the next read work at once",
  async () => {
    const mount = temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]);
    onTestFinished(() => {
      execFileSync("umount", ["-l", mount]);
    });
    const store = await opened(join(mount, "data"));
    await store.put("k/before", 1);
    const ballast = join(mount, "ballast");
    const fill = () => {
      try {
        writeFileSync(ballast, Buffer.alloc(1024 * 1024));
      } catch {
        // Full, as it should be.
      }
    };
    fill();
    let error: StoreError | undefined;
    for (let n = 0; n < 200 && !error; n++) {
      await store.put(`k/${n}`, Math.random().toString(36).repeat(500)).catch((reason) => {
        error = reason;
      });
    }
    expect(error).toMatchObject({ code: "full" });
    // Not "closed", however often it is tried.
    for (let n = 0; n < 3; n++) {
      expect(await refusal(store.put("k/x", 1))).toMatchObject({ code: "full" });
    }
    rmSync(ballast);
    expect((await store.get("k/before"))?.value).toBe(1);
    await store.put("k/after", 1);
    expect(store.health).toEqual({ state: "working" });
  },
);
