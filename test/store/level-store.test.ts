// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { openLevelStore, type Store, type StoreEvent } from "../../src/store/index.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const ALL = { from: "k/", until: "k0" };

async function keys(store: Store, range = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.range({ ...ALL, ...range })) found.push(key);
  return found;
}

async function withStore(body: (store: Store) => Promise<void>): Promise<void> {
  const store = await openLevelStore(temporaryDirectory());
  try {
    await body(store);
  } finally {
    await store.close();
  }
}

describe("entries", () => {
  test("are read as written, with the revision of the write", () =>
    withStore(async (store) => {
      const value = { text: "päckchen\u0000", list: [1, null, true] };
      const entry = await store.put("k/a", value);
      expect(entry).toEqual({ key: "k/a", value, revision: 1 });
      expect(await store.get("k/a")).toEqual(entry);
      expect(await store.get("k/b")).toBeUndefined();
    }));

  test("are iterated in key order, within the given range", () =>
    withStore(async (store) => {
      for (const key of ["k/c", "k/a", "other/x", "k/b", "j/z"]) await store.put(key, 1);
      expect(await keys(store)).toEqual(["k/a", "k/b", "k/c"]);
      expect(await keys(store, { after: "k/a" })).toEqual(["k/b", "k/c"]);
      expect(await keys(store, { after: "a", limit: 2 })).toEqual(["k/a", "k/b"]);
    }));

  test("are gone once deleted; deleting a missing one returns false", () =>
    withStore(async (store) => {
      await store.put("k/a", 1);
      expect(await store.delete("k/a")).toBe(true);
      expect(await store.delete("k/a")).toBe(false);
      expect(await keys(store)).toEqual([]);
    }));
});

describe("revisions", () => {
  test("grow across deletions and restarts", async () => {
    const directory = temporaryDirectory();
    const first = await openLevelStore(directory);
    await first.put("k/a", 1);
    await first.put("k/b", 1);
    await first.delete("k/b");
    await first.close();
    const second = await openLevelStore(directory);
    expect((await second.put("k/b", 1)).revision).toBe(4);
    await second.close();
  });

  test("decide a compare-and-set", () =>
    withStore(async (store) => {
      expect(await store.compareAndSet("k/a", 7, "x")).toEqual({ type: "conflict", key: "k/a" });
      expect(await store.compareAndSet("k/a", "absent", "x")).toEqual({
        type: "committed",
        revision: 1,
      });
      const conflict = { type: "conflict", key: "k/a", current: 1 };
      expect(await store.compareAndSet("k/a", "absent", "y")).toEqual(conflict);
      expect(await store.compareAndSet("k/a", 1, "y")).toEqual({ type: "committed", revision: 2 });
      expect((await store.get("k/a"))?.value).toBe("y");
    }));

  test("make exactly one of many concurrent writers win", () =>
    withStore(async (store) => {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, writer) => store.compareAndSet("k/a", "absent", writer)),
      );
      expect(outcomes.filter(({ type }) => type === "committed")).toHaveLength(1);
      expect(outcomes[0]?.type).toBe("committed");
      expect((await store.get("k/a"))?.value).toBe(0);
    }));

  test("lose no update of many concurrent counters", () =>
    withStore(async (store) => {
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = await store.get("k/n");
          const next = Number(entry?.value ?? 0) + 1;
          const outcome = await store.compareAndSet("k/n", entry?.revision ?? "absent", next);
          if (outcome.type === "committed") return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      expect((await store.get("k/n"))?.value).toBe(20);
    }));
});

describe("a batch", () => {
  test("is committed as a whole, at one revision", () =>
    withStore(async (store) => {
      await store.put("k/a", 1);
      const outcome = await store.batch([
        { type: "put", key: "k/b", value: 2, expected: "absent" },
        { type: "delete", key: "k/a", expected: 1 },
      ]);
      expect(outcome).toEqual({ type: "committed", revision: 2 });
      expect(await keys(store)).toEqual(["k/b"]);
    }));

  test("is not committed when one expectation fails", () =>
    withStore(async (store) => {
      await store.put("k/a", 1);
      const outcome = await store.batch([
        { type: "put", key: "k/b", value: 2 },
        { type: "delete", key: "k/a", expected: 9 },
      ]);
      expect(outcome).toEqual({ type: "conflict", key: "k/a", current: 1 });
      expect(await keys(store)).toEqual(["k/a"]);
    }));
});

test("a watcher receives the commits in its range, in order, until it stops", () =>
  withStore(async (store) => {
    const events: StoreEvent[] = [];
    const stop = store.watch(ALL, (event) => events.push(event));
    await Promise.all([store.put("k/a", 1), store.put("other/x", 1), store.put("k/a", 2)]);
    await store.delete("k/a");
    stop();
    await store.put("k/b", 1);
    expect(events).toEqual([
      { type: "put", entry: { key: "k/a", value: 1, revision: 1 } },
      { type: "put", entry: { key: "k/a", value: 2, revision: 3 } },
      { type: "delete", key: "k/a", revision: 4 },
    ]);
  }));

test("closing waits for pending writes and rejects later ones", async () => {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory);
  const written = store.put("k/a", 1);
  await store.close();
  await written;
  await expect(store.put("k/b", 1)).rejects.toMatchObject({ code: "closed" });
  await expect(store.get("k/a")).rejects.toMatchObject({ code: "closed" });
  const again = await openLevelStore(directory);
  expect(await keys(again)).toEqual(["k/a"]);
  await again.close();
});
