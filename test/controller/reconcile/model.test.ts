import fc from "fast-check";
import { expect, test } from "vitest";
import { silentLogger } from "../../../src/controller/logger.ts";
import { Reconciler, type SwitchChannel } from "../../../src/controller/reconcile/index.ts";
import { type FlowKey, type FlowSpec, flowKey } from "../../../src/pipeline/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";
import { FakeSwitch, type Fault, failed } from "./fake-switch.ts";
import {
  copy,
  dpidOf,
  forwarding,
  metered,
  original,
  recovery,
  refTo,
  rewriting,
} from "./specs.ts";

const DPIDS = [dpidOf(1), dpidOf(2), dpidOf(3)] as const;
const switchNumber = fc.integer({ min: 0, max: DPIDS.length - 1 });
const policyNumber = fc.integer({ min: 0, max: 4 });

/** Policy p taps on one switch and copies to monitors, each at a switch of its own. */
const tapSwitch = (policy: number) => policy % DPIDS.length;
const monitorSwitch = (monitor: number) => (monitor + 1) % DPIDS.length;

type Event =
  | { type: "policy"; policy: number; monitors: number[]; port: number; limit: number }
  | { type: "foreign"; policy: number }
  | { type: "connect" | "disconnect" | "restart" | "tamper" | "unmeter" | "resync"; switch: number }
  | { type: "fault"; switch: number; fault: Fault }
  | { type: "delay"; switch: number; turns: number }
  | { type: "unsupported"; switch: number }
  | { type: "refuse"; switch: number; port: number }
  | { type: "controller" }
  | { type: "wait"; turns: number };

const policyEvent: fc.Arbitrary<Event> = fc.record({
  type: fc.constant("policy" as const),
  policy: policyNumber,
  monitors: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
  port: fc.integer({ min: 1, max: 3 }),
  limit: fc.nat(2),
});
const calm: fc.Arbitrary<Event>[] = [
  policyEvent,
  policyEvent,
  policyEvent,
  fc.record({ type: fc.constant("wait" as const), turns: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ type: fc.constantFrom("connect", "disconnect", "resync"), switch: switchNumber }),
  fc.record({
    type: fc.constant("fault" as const),
    switch: switchNumber,
    fault: fc.constantFrom("drop before", "drop after", "slave"),
  }),
  fc.record({ type: fc.constant("delay" as const), switch: switchNumber, turns: fc.nat(4) }),
  fc.record({ type: fc.constant("unsupported" as const), switch: switchNumber }),
  fc.record({ type: fc.constant("refuse" as const), switch: switchNumber, port: fc.nat(3) }),
  fc.record({ type: fc.constant("wait" as const), turns: fc.nat(6) }),
];
const wild: fc.Arbitrary<Event>[] = [
  ...calm,
  fc.record({ type: fc.constantFrom("restart", "tamper", "unmeter"), switch: switchNumber }),
  fc.record({ type: fc.constant("foreign" as const), policy: policyNumber }),
  fc.constant({ type: "controller" as const }),
];

class World {
  readonly switches = DPIDS.map(() => new FakeSwitch());
  readonly #channels: (SwitchChannel | undefined)[] = DPIDS.map(() => undefined);
  readonly #policies = new Map<number, { monitors: number[]; port: number; limit: number }>();
  readonly #wanted = DPIDS.map(() => new Map<FlowKey, FlowSpec>());
  reconciler = this.#controller();

  constructor(switches?: FakeSwitch[]) {
    if (switches) this.switches = switches;
    for (const [index, fake] of this.switches.entries()) {
      fake.onDrop = (channel) => this.reconciler.disconnect(dpid(index), channel);
    }
  }

  async apply(event: Event): Promise<void> {
    switch (event.type) {
      case "policy":
        this.#policies.set(event.policy, event);
        this.compile();
        return;
      case "connect":
        if (!this.#channels[event.switch]) this.connect(event.switch);
        return;
      case "disconnect":
        this.#disconnect(event.switch);
        return;
      case "restart":
        this.#disconnect(event.switch);
        this.switches[event.switch]?.restart();
        return;
      case "tamper":
        this.#tamper(event.switch);
        return;
      case "unmeter":
        this.#unmeter(event.switch);
        return;
      case "foreign":
        this.#disconnect(tapSwitch(event.policy));
        this.switches[tapSwitch(event.policy)]?.putForeign(rewriting(event.policy, []));
        this.connect(tapSwitch(event.policy));
        return;
      case "resync":
        this.reconciler.resync(dpid(event.switch));
        return;
      case "controller":
        for (const index of DPIDS.keys()) this.#disconnect(index);
        this.reconciler = this.#controller();
        for (const wanted of this.#wanted) wanted.clear();
        this.compile();
        return;
      default:
        await this.#disturb(event);
    }
  }

  connect(index: number): void {
    const channel = this.switches[index]?.connect();
    if (!channel) throw new Error(`no switch ${index}`);
    this.#channels[index] = channel;
    this.reconciler.connect(dpid(index), channel);
  }

  /** Wants what the policies ask for, as the compilers would. */
  compile(): void {
    const wanted = DPIDS.map(() => [forwarding(1)]);
    for (const [policy, { monitors, port, limit }] of this.#policies) {
      // A limit of its own, or one that others have, too.
      const meter = { unit: "pktps" as const, rate: limit, owner: limit === 1 ? `p${policy}` : "" };
      if (limit > 0) wanted[tapSwitch(policy)]?.push(metered(10 + policy, meter));
      const copies = monitors.map((monitor) => {
        const rule = recovery(monitor);
        const at = monitorSwitch(monitor);
        if (at === tapSwitch(policy)) return copy(monitor, [], port);
        wanted[at]?.push(rule);
        return copy(monitor, [refTo(dpid(at), rule)], port);
      });
      if (copies.length > 0) {
        wanted[tapSwitch(policy)]?.push(rewriting(policy, [original(), ...copies]));
      }
    }
    for (const [index, specs] of wanted.entries()) this.#want(index, specs);
  }

  /** Ends every disturbance and lets everything settle. */
  async calmDown(): Promise<void> {
    for (const [index, fake] of this.switches.entries()) {
      fake.faults.length = 0;
      fake.refuses = () => undefined;
      fake.removeForeign();
      this.reconciler.resync(dpid(index));
      if (!this.reconciler.progress(dpid(index))?.connected) this.connect(index);
    }
    await this.reconciler.settled();
  }

  dumps(): string[][] {
    return this.switches.map((fake) => fake.dump());
  }

  async #disturb(
    event: Extract<Event, { type: "fault" | "delay" | "unsupported" | "refuse" | "wait" }>,
  ): Promise<void> {
    if (event.type === "wait") {
      for (let turn = 0; turn < event.turns; turn++) await new Promise(setImmediate);
      return;
    }
    const fake = this.switches[event.switch];
    if (!fake) return;
    if (event.type === "fault") fake.faults.push(event.fault);
    else if (event.type === "delay") fake.delay = () => event.turns;
    else if (event.type === "unsupported") fake.bundles = !fake.bundles;
    else {
      fake.refuses = (message) => {
        if (message.type !== "groupMod" || message.command !== 0) return undefined;
        const ports = message.buckets.flatMap(({ actions }) =>
          actions.map((a) => JSON.stringify(a)),
        );
        return ports.some((text) => text.includes(`"port":${event.port}`))
          ? failed("BAD_BUCKET")
          : undefined;
      };
    }
  }

  #want(index: number, specs: readonly FlowSpec[]): void {
    const before = this.#wanted[index] ?? new Map();
    const after = new Map(specs.map((spec) => [flowKey(spec), spec]));
    this.#wanted[index] = after;
    this.reconciler.edit(dpid(index), {
      set: after.values(),
      delete: [...before.keys()].filter((key) => !after.has(key)),
    });
  }

  #disconnect(index: number): void {
    const channel = this.#channels[index];
    this.#channels[index] = undefined;
    // What the switch has not done when the connection ends, it never does.
    channel?.close("the connection ends");
  }

  /** Somebody deletes a group, and with it every flow entry that uses it; we read it again. */
  #tamper(index: number): void {
    const fake = this.switches[index];
    const id = [...(fake?.tables.groups.keys() ?? [])][0];
    if (!fake || id === undefined) return;
    fake.tables.groups.delete(id);
    for (const [key, { instructions }] of fake.tables.flows) {
      if (JSON.stringify(instructions).includes(`"groupId":${id}`)) fake.tables.flows.delete(key);
    }
    this.#disconnect(index);
  }

  /** Somebody deletes a meter, and the switch with it every flow entry that uses it. */
  #unmeter(index: number): void {
    const fake = this.switches[index];
    const id = [...(fake?.tables.meters.keys() ?? [])][0];
    if (!fake || id === undefined) return;
    fake.tables.meters.delete(id);
    for (const [key, { instructions }] of fake.tables.flows) {
      if (instructions.some((each) => each.type === "meter" && each.meterId === id)) {
        fake.tables.flows.delete(key);
      }
    }
    this.#disconnect(index);
  }

  #controller(): Reconciler {
    const events = { changed: () => undefined };
    const reconciler = new Reconciler({ logger: silentLogger, events });
    reconciler.allowSweep();
    return reconciler;
  }
}

function dpid(index: number): Dpid {
  return DPIDS[index] ?? DPIDS[0];
}

test("whatever happens, the switches end as if nothing had; a second pass sends nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...wild), { minLength: 10, maxLength: 60 }),
      async (events) => {
        const world = new World();
        world.compile();
        for (const index of DPIDS.keys()) world.connect(index);
        for (const event of events) await world.apply(event);
        await world.calmDown();
        const fresh = new World();
        fresh.compile();
        for (const event of events) if (event.type === "policy") await fresh.apply(event);
        await fresh.calmDown();
        expect(world.dumps()).toEqual(fresh.dumps());
        const sent = world.switches.map(({ received }) => received);
        await world.apply({ type: "controller" });
        for (const index of DPIDS.keys()) world.connect(index);
        await world.reconciler.settled();
        expect(world.switches.map(({ received }) => received)).toEqual(sent);
      },
    ),
    { numRuns: 150 },
  );
});

test("nothing is lost on the way: no copy without its recovery rule, production rules stay", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(...calm), { minLength: 20, maxLength: 60 }),
      async (events) => {
        const world = new World();
        const wrong: string[] = [];
        const installed = new Set<number>();
        for (const [index, fake] of world.switches.entries()) {
          fake.onChange = () => {
            wrong.push(...strayCopies(world));
            const there = fake.tables.flows.has(flowKey(forwarding(1)));
            if (there) installed.add(index);
            else if (installed.has(index)) wrong.push(`switch ${index} does not forward`);
          };
        }
        world.compile();
        for (const index of DPIDS.keys()) world.connect(index);
        for (const event of events) await world.apply(event);
        await world.calmDown();
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});

/** Copies that are sent to a switch that would not recover them. */
function strayCopies(world: World): string[] {
  return world.switches.flatMap((fake, index) =>
    copiesOf(fake).flatMap((monitor) => {
      const at = monitorSwitch(monitor);
      const recovered = world.switches[at]?.tables.flows.has(flowKey(recovery(monitor)));
      return recovered || at === index ? [] : [`switch ${index} copies to monitor ${monitor}`];
    }),
  );
}

/** The monitors that a switch sends copies to. */
function copiesOf({ tables }: FakeSwitch): number[] {
  const applied = [...tables.flows.values()]
    .flatMap(({ instructions }) => instructions)
    .flatMap((each) => (each.type === "applyActions" ? each.actions : []));
  const buckets = applied.flatMap((action) =>
    action.type === "group" ? (tables.groups.get(action.groupId)?.buckets ?? []) : [],
  );
  return buckets.flatMap(({ actions: [first] }) =>
    first?.type === "setField" && "value" in first.field
      ? [Number(first.field.value) - 0xfa00_0000_0000]
      : [],
  );
}
