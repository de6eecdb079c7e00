// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openLevelStore } from "../../src/store/index.ts";
import { type OpenedStore, openAll } from "./damage.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A user who owns nothing. */
const OTHER_USER = 65_534;

/** Whether this process can become another user who can read the sources. */
function canChangeUser(): boolean {
  try {
    const file = fileURLToPath(import.meta.url);
    execFileSync(
      process.execPath,
      ["--eval", 'require("fs").readFileSync(process.argv[1])', file],
      {
        uid: OTHER_USER,
        stdio: "ignore",
      },
    );
    return true;
  } catch {
    return false;
  }
}

const CAN_CHANGE_USER = canChangeUser();
if (!CAN_CHANGE_USER) console.warn("not root: the tests with another user are skipped");

/** A store of another user, and the folder of its database. */
async function storeOfOtherUser(): Promise<{ data: string; db: string }> {
  const parent = temporaryDirectory();
  chmodSync(parent, 0o755);
  const data = join(parent, "data");
  const store = await openLevelStore(data);
  await store.put("policies/p", { version: 1, document: {}, createdAt: "", updatedAt: "" });
  await store.close();
  const db = join(data, "db");
  const files = readdirSync(db).map((name) => join(db, name));
  for (const path of [data, db, join(data, "store.head"), ...files])
    chownSync(path, OTHER_USER, OTHER_USER);
  return { data, db };
}

async function openedByOtherUser(directory: string): Promise<OpenedStore | undefined> {
  return (await openAll([directory], OTHER_USER))[0];
}

function expectRefused(opened: OpenedStore | undefined, path: string): void {
  const remedy = "use a data directory that this user can create, read and write (--data)";
  expect(opened).toEqual({
    type: "refused",
    code: "unwritable",
    message: expect.stringMatching(new RegExp(`^${path}: cannot be used \\(.*\\); `)),
  });
  expect(opened).toMatchObject({ message: expect.stringContaining(remedy) });
}

test.skipIf(!CAN_CHANGE_USER)("a store of the right user opens", async () => {
  const { data } = await storeOfOtherUser();
  expect(await openedByOtherUser(data)).toMatchObject({ type: "read" });
});

test.skipIf(!CAN_CHANGE_USER)("a data directory of another user is named", async () => {
  const parent = temporaryDirectory();
  for (const mode of [0o755, 0o700]) {
    const data = join(parent, mode.toString(8));
    mkdirSync(data);
    chmodSync(parent, 0o755);
    chmodSync(data, mode);
    expectRefused(await openedByOtherUser(data), join(data, "db"));
  }
});

test.skipIf(!CAN_CHANGE_USER)("a file of another user is named", async () => {
  for (const name of ["CURRENT", "MANIFEST", ".log", "LOCK", "../store.head"]) {
    const { data, db } = await storeOfOtherUser();
    const found = readdirSync(db).find((each) => each.includes(name)) ?? name;
    const path = join(db, found);
    chownSync(path, 0, 0);
    chmodSync(path, 0o600);
    expectRefused(await openedByOtherUser(data), path);
  }
});
