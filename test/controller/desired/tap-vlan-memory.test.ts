// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { TapVlanMemory } from "../../../src/controller/desired/tap-vlan-memory.ts";
import { cookieFor } from "../../../src/flow-model/index.ts";
import type { Steps } from "../../../src/lang/steps.ts";
import { match, setField } from "../../../src/openflow/index.ts";
import type { HeldVlan, HeldVlanChange } from "../../../src/policy/index.ts";
import type { InstalledFlow } from "../../../src/reconcile/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

/** An installed entry, as far as the ids of its tags depend on it. */
function flow(part: Partial<InstalledFlow>): InstalledFlow {
  const cookie = cookieFor("transit", "");
  return {
    cookie,
    match: [],
    actions: [],
    copySpecs: [],
    ...part,
  } as Partial<InstalledFlow> as InstalledFlow;
}

const tag = (id: number) => 0x1000 + id;

/** Entries that use 100, 101 and 102; a policy's rule for VLAN 103 does not. */
const FLOWS = [
  flow({ match: match({ inPort: 1, vlanVid: tag(100) }) }),
  flow({ actions: [setField("vlanVid", tag(101))] }),
  flow({ copySpecs: [{ role: "copy", actions: [setField("vlanVid", tag(102))] }] }),
  flow({ cookie: cookieFor("rewriting", ""), match: match({ vlanVid: tag(103) }) }),
];

class Parts {
  readonly clock = new FakeClock();
  readonly written: (readonly HeldVlanChange[])[] = [];
  changes: HeldVlanChange[] = [];
  reclaimable: HeldVlan[] = [];
  freed: readonly string[] = [];
  isComplete = true;
  write: () => Promise<void> = async () => undefined;
  readonly memory: TapVlanMemory;

  constructor() {
    const parts = this;
    this.memory = new TapVlanMemory({
      clock: this.clock,
      logger: silentLogger,
      store: {
        write: (changes) => {
          this.written.push(changes);
          return this.write();
        },
      },
      reconciler: {
        inspect: async (visit) => {
          FLOWS.forEach(visit);
          return this.isComplete;
        },
      },
      compilation: {
        holdNumbers: () => this.changes.splice(0),
        get reclaimableVlans() {
          return parts.reclaimable;
        },
        *freeingVlans(keys) {
          yield;
          parts.freed = keys;
          return { switches: new Map(), changed: [] };
        },
      },
    });
  }
}

/** Does work that waits. */
async function done<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await step.value;
  }
}

const held = (id: number) => ({ id, key: `monitor ${id}` });

describe("freeing VLAN ids", () => {
  test("only those that no entry matches, writes or gives to copies", async () => {
    const parts = new Parts();
    parts.reclaimable = [100, 101, 102, 103, 104].map(held);
    expect(parts.memory.isShort).toBe(true);
    expect(await done(parts.memory.freeing())).toBeDefined();
    expect(parts.freed).toEqual(["monitor 103", "monitor 104"]);
  });

  test("none while entries are unknown, or while all are in use", async () => {
    const parts = new Parts();
    parts.reclaimable = [held(104)];
    parts.isComplete = false;
    expect(await done(parts.memory.freeing())).toBeUndefined();
    parts.isComplete = true;
    parts.reclaimable = [held(100)];
    expect(await done(parts.memory.freeing())).toBeUndefined();
    expect(parts.freed).toEqual([]);
  });
});

describe("writing held VLAN ids", () => {
  test("ends before the switches are programmed; what is written is not written again", async () => {
    const parts = new Parts();
    parts.changes = [held(100)];
    const steps = parts.memory.holding();
    expect(steps.next().value).toBeInstanceOf(Promise);
    await done(steps);
    await done(parts.memory.holding());
    parts.memory.retry();
    expect(parts.written).toEqual([[held(100)]]);
  });

  test("a failing disk stops nothing, and the ids are written when it works", async () => {
    const parts = new Parts();
    parts.changes = [held(100)];
    parts.write = async () => {
      throw new Error("disk full");
    };
    await done(parts.memory.holding());
    parts.write = async () => undefined;
    parts.memory.retry();
    expect(parts.written).toEqual([[held(100)], [held(100)]]);
  });

  test("a disk that does not answer is waited for a second", async () => {
    const parts = new Parts();
    parts.changes = [held(100)];
    parts.write = () => new Promise(() => undefined);
    const ended = done(parts.memory.holding());
    parts.clock.advance(1000);
    await ended;
  });
});
