// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, test } from "vitest";
import type { PreviewInput, PreviewOutcome } from "../../../src/contract/observation/preview.ts";
import type { PreviewOverlay } from "../../../src/controller/desired/preview-overlay.ts";
import { Previews } from "../../../src/controller/previews/previews.ts";
import type { EntryState } from "../../../src/controller/status/policy-status.ts";
import type { EntryRef } from "../../../src/flow-model/index.ts";
import { PcapngReader } from "../../../src/packet/index.ts";
import type { PolicyId, PreviewRequest } from "../../../src/policy/index.ts";
import { previewMetadata } from "../../../src/policy/preview/preview-metadata.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import type { Dpid } from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const DPID = "0000000000000001" as Dpid;
/** Lets what is under way go on. */
const turn = () => new Promise((resolve) => setImmediate(resolve));
const REF = `${DPID} rule` as EntryRef;
const INPUT: PreviewInput = { packets: 2, seconds: 10, bytes: 64, whole: false };
const ids = ["a", "b", "c"] as PolicyId[];

let clock: FakeClock;
let previews: Previews;
let state: EntryState;
let policyState: "active" | "pending" | "disabled";
/** The previews that are in the desired state. */
let desired: Map<number, PreviewRequest>;
let isRefused: boolean;
let lose: (number: number, why: string) => void;

beforeEach(() => {
  clock = new FakeClock();
  [state, policyState, desired, isRefused] = ["confirmed", "active", new Map(), false];
  const overlay: Pick<PreviewOverlay, "subscribe" | "refsOf" | "previewOf" | "isAt"> = {
    subscribe: (listener) => {
      lose = listener;
    },
    refsOf: () => [REF],
    previewOf: () => [...desired.keys()][0],
    isAt: (_, dpid) => dpid === DPID,
  };
  const known = (id: PolicyId) => (ids.includes(id) ? ({} as never) : undefined);
  const copies = ["h3", "h4"].map((monitor) => ({ monitor }) as never);
  previews = new Previews({
    options: { isOn: true, limit: 2 },
    registry: { known },
    statusTracker: { status: () => ({ state: policyState, reasons: ["of a reason"] }) },
    plan: () => ({ copies }) as never,
    overlay: overlay as PreviewOverlay,
    changes: {
      add: async (request) => {
        if (isRefused) return { why: "of a reason", others: [ids[1] as PolicyId] };
        desired.set(request.number, request);
        return undefined;
      },
      remove: (number) => desired.delete(number),
    },
    entryState: () => state,
    switchName: () => "s1",
    ...{ clock, logger: silentLogger, version: "1" },
    wallClock: () => 1_000_000,
  });
});

const start = (
  id = ids[0] as PolicyId,
  input: Partial<PreviewInput> = {},
  gone = new AbortController(),
) => previews.start(id, { ...INPUT, ...input }, gone.signal);

function partsOf(outcome: PreviewOutcome) {
  if (outcome.type !== "previewing") throw new Error(JSON.stringify(outcome));
  return outcome.preview.parts;
}

/** A frame that the switch sends for the only preview. */
function sent(length: number, { dpid = DPID, truncate = 0, captured = length } = {}) {
  const [number = 0] = desired.keys();
  const bytes = new Uint8Array(captured).fill(7);
  previews.received({
    ...{ dpid, bytes, totalLength: length },
    metadata: previewMetadata({ number, truncate }),
  });
}

async function framesOf(outcome: PreviewOutcome) {
  const reader = new PcapngReader();
  const lengths = [];
  for await (const part of partsOf(outcome)) {
    for (const { frame } of reader.read(part)) {
      if (frame) lengths.push([frame.bytes.length, frame.length]);
    }
  }
  return lengths;
}

describe("a preview", () => {
  test("shows frames of its switches, as long as the monitor gets them, and ends", async () => {
    const outcome = await start();
    expect([...desired.values()]).toMatchObject([{ policy: "a", monitor: "h3", bytes: 64 }]);
    sent(60, { dpid: "0000000000000002" as Dpid });
    previews.received({ dpid: DPID, metadata: 1n, bytes: new Uint8Array(60), totalLength: 60 });
    sent(1500, { captured: 64 });
    sent(1500, { captured: 64, truncate: 40 });
    expect(desired.size).toBe(0);
    expect(await framesOf(outcome)).toEqual([
      [64, 1500],
      [40, 40],
    ]);
  });

  test.each([
    ["when its time is over", () => clock.advance(10_000)],
    ["when the policy has no copies any more", () => lose([...desired.keys()][0] ?? 0, "gone")],
  ])("ends %s", async (_, end) => {
    const outcome = await start();
    sent(60);
    end();
    expect(await framesOf(outcome)).toEqual([[60, 60]]);
    expect(desired.size).toBe(0);
    // There may be another one.
    expect((await start()).type).toBe("previewing");
  });

  test("ends with the client", async () => {
    const gone = new AbortController();
    const outcome = await start(ids[0], {}, gone);
    gone.abort();
    expect([await framesOf(outcome), desired.size]).toEqual([[], 0]);
  });

  test("keeps its rules on switches a little longer than it takes", async () => {
    expect(previews.neededMs(REF)).toBeUndefined();
    await start();
    expect(previews.neededMs(REF)).toBe(15_000);
    clock.advance(4000);
    expect(previews.neededMs(REF)).toBe(11_000);
  });

  test("begins when switches have confirmed it", async () => {
    state = "pending";
    const outcome = start(ids[0], { monitor: "h4", whole: true });
    await turn();
    clock.advance(1000);
    state = "confirmed";
    previews.entriesChanged();
    expect((await outcome).type).toBe("previewing");
    expect([...desired.values()]).toMatchObject([{ monitor: "h4", bytes: 65_535 }]);
  });
});

describe("there is no preview", () => {
  test.each([
    ["of an unknown policy", () => start("x" as PolicyId), { type: "notFound" }],
    [
      "for an unknown monitor",
      () => start(ids[0], { monitor: "h9" }),
      { type: "invalid", problems: [{ pointer: "/monitor", remedy: "write one of h3, h4" }] },
    ],
    [
      "of a policy that is not active",
      () => {
        policyState = "disabled";
        return start();
      },
      { type: "notPreviewed", detail: "the policy is disabled: of a reason" },
    ],
    [
      "where its frames are not distinguished from others",
      () => {
        isRefused = true;
        return start();
      },
      { type: "notPreviewed", detail: "of a reason", others: ["b"] },
    ],
    [
      "where a switch refuses a rule",
      () => {
        state = { refused: "TABLE_FULL" };
        return start();
      },
      { type: "notPreviewed", detail: "switch s1 refused a rule: TABLE_FULL" },
    ],
  ])("%s", async (_, begin, outcome) => {
    expect(await begin()).toMatchObject(outcome);
    expect(desired.size).toBe(0);
    // It takes no place.
    [state, policyState, isRefused] = ["confirmed", "active", false];
    for (const id of ids.slice(0, 2)) expect((await start(id)).type).toBe("previewing");
  });

  test("beside another one of the policy, or beyond the limit", async () => {
    await start(ids[0]);
    expect(await start(ids[0])).toMatchObject({ type: "notPreviewed" });
    await start(ids[1]);
    expect(await start(ids[2])).toEqual({ type: "previewsTaken", limit: 2 });
  });

  test.each([
    ["where switches do not confirm it", "pending", "active"],
    ["while the policy is not compiled", "confirmed", "pending"],
  ] as const)("%s", async (_, entries, policy) => {
    [state, policyState] = [entries, policy];
    const outcome = start();
    await turn();
    clock.advance(5000);
    await turn();
    clock.advance(5000);
    expect(await outcome).toMatchObject({ type: "notPreviewed" });
    expect(desired.size).toBe(0);
  });

  test("unless the setting says so", async () => {
    const off = new Previews({
      ...({
        registry: { known: () => ({}) },
        options: {},
      } as never as ConstructorParameters<typeof Previews>[0]),
      overlay: { subscribe: () => undefined } as never,
    });
    const { signal } = new AbortController();
    expect(await off.start(ids[0] as PolicyId, INPUT, signal)).toEqual({ type: "previewsOff" });
  });
});
