// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import type { ControllerEvent } from "../../../src/contract/events.ts";
import { MarkChecks } from "../../../src/controller/switches/mark-checks.ts";
import { type FlowText, parseFlow, parseGroup } from "../../../src/openflow/index.ts";
import type { Session } from "../../../src/openflow-session/index.ts";
import type { Dpid, TopologyEvent } from "../../../src/topology/index.ts";
import { TopologyState } from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const S1 = "0000000000000001" as Dpid;
const READER = "cookie=0x99,table=60,priority=9,reg10=0x8000000/0x8000000,actions=drop";
/** An entry of OpenVTAP itself. */
const OWN = "cookie=0x7654040000000001,table=0,reg10=0/0x8000000,actions=group:1";

let flows: string[];
let groups: string[];
/** What becomes of the next listings; none: they succeed. */
let failures: string[];
let listings: number;
let state: TopologyState;
let events: Extract<ControllerEvent, { type: "markRead" }>[];
let open: Session | undefined;
let clock: FakeClock;
let checks: MarkChecks;

/** A session with a switch that lists its entries in parts of one. */
function pretendSession(): Session {
  const multipart = async (
    { type }: { readonly type: string },
    { each }: { readonly each: (part: unknown) => void },
  ) => {
    listings++;
    await Promise.resolve();
    const reason = failures.shift();
    if (reason !== undefined) return { type: "unexpected", reason };
    const parts: unknown[] = type === "flow" ? flows.map(listed) : groups.map(parseGroup);
    for (const part of parts) each({ entries: [part] });
    return { type: "reply", reply: [] };
  };
  return { dpid: S1, multipart } as unknown as Session;
}

function listed(text: string): FlowText {
  return parseFlow(text);
}

beforeEach(() => {
  [flows, groups, failures, listings, events] = [[OWN], [], [], 0, []];
  const forwarding = { beside: { mark: "reg10[27]" } } as const;
  state = TopologyState.empty
    .withConfig({ switches: [{ dpid: S1, name: "s1", forwarding }], links: [], hosts: [] })
    .apply({ type: "switchConnected", dpid: S1, ports: [] });
  clock = new FakeClock();
  checks = new MarkChecks({
    network: {
      apply: (event: TopologyEvent) => {
        state = state.apply(event);
      },
      get topology() {
        return state.topology;
      },
      get state() {
        return state;
      },
    } as never,
    updates: { flush: () => undefined },
    sessions: { get: () => open },
    events: { publish: (event) => void (event.type === "markRead" && events.push(event)) },
    logger: pino({ level: "silent" }),
    clock,
  });
  open = pretendSession();
});

const session = () => open as Session;
const checkOf = () => state.topology.switches.get(S1)?.markCheck;

test("entries and groups of others are looked through before the switch is programmed", async () => {
  let isKnown = false;
  const known = checks.known(session(), () => {
    isKnown = true;
  });
  expect([isKnown, checkOf()]).toEqual([false, undefined]);
  await known;
  expect([isKnown, checkOf()]).toEqual([true, { mark: "reg10[27]" }]);
  expect(events).toEqual([]);
});

test("a switch without a mark waits for nothing", async () => {
  state = TopologyState.empty.withConfig({
    ...{ links: [], hosts: [] },
    switches: [{ dpid: S1, name: "s1", forwarding: "normal" }],
  });
  let isKnown = false;
  void checks.known(session(), () => {
    isKnown = true;
  });
  checks.again(S1);
  expect([isKnown, listings]).toEqual([true, 0]);
});

test("a reader is reported when it comes, when another takes its place, and when it goes", async () => {
  const what = "on switch s1 another application reads reg10[27] (cookie=0x99, table=60,";
  flows = [OWN, READER];
  await checks.known(session(), () => undefined);
  expect(checkOf()?.obstacle).toContain(what);
  [flows, groups] = [[OWN], ["group_id=7,type=all,bucket=actions=output:NXM_NX_REG10[]"]];
  checks.again(S1);
  await waitFor(() => events.length === 2);
  expect(checkOf()?.obstacle).toContain("another application reads reg10[27] (group_id=7,");
  groups = [];
  checks.again(S1);
  await waitFor(() => events.length === 3);
  expect(checkOf()).toEqual({ mark: "reg10[27]" });
  expect(events.map(({ state }) => state)).toEqual(["begun", "changed", "ended"]);
  expect(events[2]?.old).toBe(events[1]?.new);
});

test("a listing that fails is repeated, and nothing is known until then", async () => {
  failures = ["the reply exceeds 7 bytes"];
  let isKnown = false;
  const known = checks.known(session(), () => {
    isKnown = true;
  });
  await waitFor(() => clock.pending > 0);
  expect([isKnown, checkOf()]).toEqual([false, undefined]);
  clock.advance(5_000);
  await known;
  expect([isKnown, checkOf()]).toEqual([true, { mark: "reg10[27]" }]);
});

test("requests during a check make one more; a session that has ended counts no longer", async () => {
  checks.again(S1);
  for (let n = 0; n < 5; n++) checks.again(S1);
  await waitFor(() => listings === 4);
  const known = checks.known(session(), () => {
    throw new Error("the switch has gone away");
  });
  open = undefined;
  await known;
  expect(listings).toBe(6);
});
