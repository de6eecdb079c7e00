// SPDX-License-Identifier: Apache-2.0
import {
  type BucketSpec,
  type FlowKey,
  type FlowSpec,
  flowKey,
} from "../../src/flow-model/index.ts";
import { GroupModCommand } from "../../src/openflow/index.ts";
import { Reconciler, type SwitchChannel } from "../../src/reconcile/index.ts";
import { StepQueue } from "../../src/runtime/index.ts";
import type { Logger } from "../../src/runtime/logger.ts";
import type { Dpid } from "../../src/topology/index.ts";
import { FakeClock } from "../openflow-session/fake-clock.ts";
import { bigintAsText, FakeSwitch, failed } from "./fake-switch.ts";
import { workOn } from "./foreign-work.ts";
import { type Event, MONITORS, POLICIES, SWITCHES } from "./model-events.ts";
import {
  copy,
  dpidOf,
  forwarding,
  metered,
  original,
  punting,
  recovery,
  refTo,
  rewriting,
} from "./specs.ts";

export const DPIDS = Array.from({ length: SWITCHES }, (_, index) => dpidOf(index + 1));
const AUDIT_INTERVAL_MS = 60_000;

/** Policy p taps on one switch and copies to monitors, each at a switch of its own. */
const tapSwitch = (policy: number) => policy % DPIDS.length;
export const monitorSwitch = (monitor: number) => (monitor + 1) % DPIDS.length;

/** Three switches, the entries that policies desire of them, and the reconciler in between. */
export class World {
  readonly switches = DPIDS.map(() => new FakeSwitch());
  readonly #channels: (SwitchChannel | undefined)[] = DPIDS.map(() => undefined);
  readonly #policies = new Map<number, { monitors: number[]; port: number; limit: number }>();
  readonly #desired = DPIDS.map(() => new Map<FlowKey, FlowSpec>());
  readonly clock = new FakeClock();
  /** Logged warnings. */
  readonly warnings: string[] = [];
  readonly #slices: readonly number[];
  #slice = 0;
  reconciler: Reconciler;

  /** `slices`: how many steps the reconciler does in its first turn of the event loop, its second, … */
  constructor(slices: readonly number[] = [Number.POSITIVE_INFINITY]) {
    this.#slices = slices;
    this.reconciler = this.#controller();
    for (const [index, fake] of this.switches.entries()) {
      fake.onDrop = (channel) => this.reconciler.disconnect(dpid(index), channel);
    }
  }

  /** A world whose switches only ever got the entries desired after `events`, beside foreign ones. */
  static async afresh(events: readonly Event[], beside: World): Promise<World> {
    const world = new World();
    for (const [index, { foreign }] of beside.switches.entries()) {
      for (const place of foreign) world.switches[index]?.putForeign(place);
    }
    world.compile();
    for (const event of events) if (event.type === "policy") await world.apply(event);
    for (const index of DPIDS.keys()) world.connect(index);
    await world.reconciler.settled();
    return world;
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
      case "others":
        this.switches[event.switch]?.tamper((tables) => workOn(tables, event.work, event.nth));
        return;
      case "foreign":
        this.#putForeign(event.switch, event.nth);
        return;
      case "makeRoom":
        this.switches[event.switch]?.removeForeign();
        return;
      case "resync":
        this.reconciler.resync(dpid(event.switch));
        return;
      case "audit":
        this.clock.advance(AUDIT_INTERVAL_MS / DPIDS.length);
        return;
      case "controller":
        for (const index of DPIDS.keys()) this.#disconnect(index);
        await this.reconciler.close();
        this.reconciler = this.#controller();
        for (const desired of this.#desired) desired.clear();
        this.compile();
        return;
      case "wait":
        for (let turn = 0; turn < event.turns; turn++) await new Promise(setImmediate);
        return;
      default:
        disturb(this.switches[event.switch], event);
    }
  }

  connect(index: number): void {
    const channel = this.switches[index]?.connect();
    if (!channel) throw new Error(`no switch ${index}`);
    this.#channels[index] = channel;
    this.reconciler.connect(dpid(index), channel);
  }

  /** Desires what the policies request, as the compilers would. */
  compile(): void {
    const desired = DPIDS.map(() => [forwarding(1)]);
    for (const [policy, { monitors, port, limit }] of this.#policies) {
      // A limit of its own, or one that other policies have, too.
      const meter = { unit: "pktps" as const, rate: limit, owner: limit === 1 ? `p${policy}` : "" };
      const limited = limit < 3 ? metered : punting;
      if (limit > 0) desired[tapSwitch(policy)]?.push(limited(10 + policy, meter));
      const copies = monitors.map((monitor) => {
        const rule = recovery(monitor);
        const at = monitorSwitch(monitor);
        if (at === tapSwitch(policy)) return copy(monitor, [], port);
        desired[at]?.push(rule);
        return copy(monitor, [refTo(dpid(at), rule)], port);
      });
      if (copies.length > 0) {
        desired[tapSwitch(policy)]?.push(rewriting(policy, [originalOf(policy), ...copies]));
      }
    }
    for (const [index, specs] of desired.entries()) this.#desire(index, specs);
  }

  /** Ends every disturbance but foreign changes, and reconnects disconnected switches. */
  async calmDown(): Promise<void> {
    for (const [index, fake] of this.switches.entries()) {
      fake.faults.length = 0;
      fake.refuses = () => undefined;
      if (!this.reconciler.progress(dpid(index))?.connected) this.connect(index);
    }
    await this.reconciler.settled();
  }

  async resyncAll(): Promise<void> {
    for (const each of DPIDS) this.reconciler.resync(each);
    await this.reconciler.settled();
  }

  /** Audits every switch, twice: one may be busy with changes that another one's audit caused. */
  async auditAll(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) {
      this.clock.advance(AUDIT_INTERVAL_MS);
      await this.reconciler.settled();
    }
  }

  dumps(): string[][] {
    return this.switches.map((fake) => fake.dump());
  }

  /** Messages so far, of each switch. */
  get received(): number[] {
    return this.switches.map(({ received }) => received);
  }

  /** Desired entries whose place a foreign entry takes. */
  blocked(): string[] {
    return this.#desired.flatMap((desired, index) => {
      const foreign = new Set(this.switches[index]?.foreign.map(flowKey));
      return [...desired.keys()].filter((key) => foreign.has(key)).map((key) => `${index} ${key}`);
    });
  }

  /** Desired entries that are not confirmed, with their state. */
  unconfirmed(): Record<string, string> {
    const entries = this.#desired.flatMap((desired, index) =>
      [...desired].flatMap(([key, spec]): [string, string][] => {
        const state = this.reconciler.state(refTo(dpid(index), spec));
        if (state === "confirmed") return [];
        return [[`${index} ${key}`, typeof state === "string" ? state : state.refused]];
      }),
    );
    return Object.fromEntries(entries);
  }

  /** Puts a foreign entry where an own one is, or could be. */
  #putForeign(index: number, nth: number): void {
    const places: FlowSpec[] = [
      forwarding(1),
      ...[...Array(MONITORS).keys()].map((n) => recovery(n)),
      ...[...Array(POLICIES).keys()].flatMap((n) => [rewriting(n, []), forwarding(10 + n)]),
    ];
    const place = places[nth % places.length];
    if (place) this.switches[index]?.putForeign(place);
  }

  #desire(index: number, specs: readonly FlowSpec[]): void {
    const before = this.#desired[index] ?? new Map();
    const after = new Map(specs.map((spec) => [flowKey(spec), spec]));
    this.#desired[index] = after;
    this.reconciler.edit(dpid(index), {
      set: after.values(),
      delete: [...before.keys()].filter((key) => !after.has(key)),
    });
  }

  #disconnect(index: number): void {
    const channel = this.#channels[index];
    this.#channels[index] = undefined;
    // The switch does not process messages after the connection has ended.
    channel?.close("the connection ends");
  }

  #beginSlice(): { readonly shouldYield: boolean } {
    let left = this.#slices[this.#slice++ % this.#slices.length] ?? 0;
    return {
      get shouldYield() {
        return left-- <= 0;
      },
    };
  }

  #controller(): Reconciler {
    const logger: Logger = {
      child: () => logger,
      debug: () => undefined,
      info: () => undefined,
      warn: (fields, text) => this.warnings.push(`${text} ${JSON.stringify(fields)}`),
      error: () => undefined,
    };
    const { clock } = this;
    const events = { changed: () => undefined };
    const auditIntervalMs = AUDIT_INTERVAL_MS;
    const queue = new StepQueue(() => this.#beginSlice());
    const reconciler = new Reconciler({ logger, events, clock, auditIntervalMs, queue });
    reconciler.allowSweep();
    return reconciler;
  }
}

type Disturbance = Extract<Event, { type: "fault" | "delay" | "bundles" | "culprits" | "refuse" }>;

function disturb(fake: FakeSwitch | undefined, event: Disturbance): void {
  if (!fake) return;
  switch (event.type) {
    case "fault":
      fake.faults.push(event.fault);
      return;
    case "delay":
      fake.delay = () => event.turns;
      return;
    case "bundles":
      fake.bundles = !fake.bundles;
      return;
    case "culprits":
      fake.namesCulprit = !fake.namesCulprit;
      return;
    default:
      fake.refuses = (message) => {
        if (message.type !== "groupMod" || message.command !== GroupModCommand.Add)
          return undefined;
        const text = JSON.stringify(
          message.buckets.map(({ actions }) => actions),
          bigintAsText,
        );
        return text.includes(`"port":${event.port},`) ? failed("BAD_BUCKET") : undefined;
      };
  }
}

/** Some tapped frames are flooded: by a group that several entries share. */
function originalOf(policy: number): BucketSpec {
  if (policy < 2) return original();
  const flood = { type: "useGroup" as const, group: { buckets: [original(4), original(5)] } };
  return { role: "original", actions: [flood] };
}

function dpid(index: number): Dpid {
  return dpidOf(index + 1);
}
