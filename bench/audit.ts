// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { documentChange } from "../src/controller/audit/audit-entries.ts";
import { openAudit } from "../src/server/stores/audit.ts";
import { controllerStores } from "../src/server/stores/index.ts";
import { openLevelStore, type Store } from "../src/store/index.ts";
import { median, table } from "./report.ts";

const [ROUNDS, WRITES] = [20, 1000];

/** Writes that are open at a time. */
const WRITERS = 8;

const CAUSE = {
  actor: { user: "bench", token: "t1", role: "admin", address: "127.0.0.1" },
  operation: "POST /api/v1/policies",
};

/** A data directory that is written to, with or without records of the audit. */
interface Subject {
  readonly store: Store;
  readonly policies: ReturnType<typeof controllerStores>["policyStore"];
  readonly isAudited: boolean;
  /** Processor time per write in each round, in microseconds, of all threads. */
  readonly cpu: number[];
  /** Time per write in each round, in microseconds. */
  readonly elapsed: number[];
}

/**
 * What the audit adds to a write of a policy to disk: the record of the change, its hash and its part of the batch. Two
 * data directories take turns. `npm run bench -- auth` has what a whole `POST` costs.
 *
 * Argument: rounds (20).
 */
export async function run([rounds = String(ROUNDS)]: string[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "openvtap-audit-"));
  const subjects = [await open(directory, false), await open(directory, true)];
  try {
    // The first round warms up.
    for (let round = 0; round <= Number(rounds); round++) {
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        await write(subject, round);
      }
    }
    const [without, audited] = subjects.map(({ cpu, elapsed }) => [median(cpu), median(elapsed)]);
    const [cpuBefore = 0, before = 0] = without ?? [];
    const [cpuAfter = 0, after = 0] = audited ?? [];
    table(
      [
        ["processor time of a write without a record, us", cpuBefore],
        ["with one", cpuAfter],
        ["what the record adds", cpuAfter - cpuBefore],
        ["time of a write without a record, us, eight at a time", before],
        ["with one", after],
      ],
      1,
    );
  } finally {
    for (const { store } of subjects) await store.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function open(directory: string, isAudited: boolean): Promise<Subject> {
  const store = await openLevelStore(join(directory, isAudited ? "audited" : "plain"));
  const { policyStore: policies } = controllerStores(store, await openAudit(store));
  return { store, policies, isAudited, cpu: [], elapsed: [] };
}

async function write({ policies, isAudited, cpu, elapsed }: Subject, round: number): Promise<void> {
  const [cpuBefore, began] = [process.cpuUsage(), performance.now()];
  let next = 0;
  const writer = async () => {
    while (next < WRITES) {
      const id = `p${round * WRITES + next++}`;
      const after = policy(id);
      const change = { object: { kind: "policy", id }, after, status: 201 } as const;
      const audit = isAudited ? [documentChange(CAUSE, change)] : [];
      await policies.put(id, after, { requester: "bench", audit });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  if (round === 0) return;
  const { user, system } = process.cpuUsage(cpuBefore);
  cpu.push((user + system) / WRITES);
  elapsed.push((1000 * (performance.now() - began)) / WRITES);
}

function policy(id: string) {
  const mac = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });
  return { id, sender: mac(1), receiver: mac(2), monitors: [mac(3)], reason: "ticket 4711" };
}
