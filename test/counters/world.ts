// SPDX-License-Identifier: Apache-2.0
import type { SwitchFacts } from "../../src/counters/counted-source.ts";
import { Ledger } from "../../src/counters/ledger.ts";
import type { PolicyRecord } from "../../src/counters/policy-account.ts";
import type { EntryRecord } from "../../src/counters/switch-ledger.ts";
import type { Totals } from "../../src/counters/totals.ts";
import { cookieFor, type EntryRef, splitEntryRef } from "../../src/flow-model/index.ts";
import { complete } from "../../src/lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../src/policy/index.ts";

/** Bytes of every frame of this world. */
export const FRAME_BYTES = 100;

/** The tap points' switch and the monitors' one. */
export const TAPS = "0000000000000001";
export const EDGES = "0000000000000002";

/** A rewriting rule (`sinks`: where its copies go, undefined: delivered directly) or a recovery rule. */
interface Entry {
  readonly ref: EntryRef;
  readonly cookie: bigint;
  packets: number;
  addedAt: number;
  isThere: boolean;
}

function entryAt(dpid: string, priority: number): Entry {
  const ref = `${dpid} 0/${priority}/m` as EntryRef;
  const category = priority >= 60_000 ? "recovery" : "rewriting";
  const cookie = cookieFor(category, splitEntryRef(ref).key);
  return { ref, cookie, packets: 0, addedAt: 0, isThere: true };
}

/**
 * Two switches with rules that count, and a ledger that reads them. Rules 0 and 1 share a recovery
 * rule, 2 has one of its own, 3 delivers directly.
 */
export class World {
  now = 0;
  readonly sources = [0, 1, 2, 3].map((n) => entryAt(TAPS, 20_100 + n));
  readonly sinks = [0, 1].map((n) => entryAt(EDGES, 60_000 + n));
  readonly sinkOf = [0, 0, 1, undefined] as const;
  /** Rules of each policy. */
  policies: Record<string, number[]> = { p0: [0], p1: [1, 3], p2: [0, 2] };
  /** The true outcome of the copies of each rule. */
  readonly truth = this.sources.map(() => ({ copied: 0, delivered: 0 }));
  /** Whether no frames precede a change of entries. */
  wasQuiet: SwitchFacts["wasQuiet"] = () => true;
  /** The rules before which entries of other applications take frames. */
  readonly overridden = new Set<EntryRef>();
  /** Copies of the groups that rules have: all by default. */
  marks: ReadonlySet<string> = new Set(["m"]);
  ledger = this.#newLedger();
  #disk = { policies: new Map<string, PolicyRecord>(), entries: new Map<string, EntryRecord>() };
  readonly published = new Map<string, Totals>();

  constructor() {
    this.plan();
  }

  /** The ledger learns all plans. */
  plan(): void {
    for (const [id, rules] of Object.entries(this.policies)) {
      const countedPaths = rules.map((n) => {
        const sink = this.sinkOf[n] === undefined ? undefined : this.sinks[this.sinkOf[n]];
        const source = this.#source(n).ref;
        return { source, mark: "m", exact: true, ...(sink ? { sink: sink.ref } : {}) };
      });
      const copies = [{ monitor: "m1", entries: [], countedPaths }];
      const plan = { id, enabled: true, tapPoints: [], copies, problems: [] };
      const birth = { born: "b", since: "2026-01-01T00:00:00.000Z" };
      this.ledger.setPolicy(id as PolicyId, birth, plan as unknown as PolicyPlan);
    }
  }

  /** Frames that a rule matches, some of whose copies get lost. */
  traffic(rule: number, frames: number, lost: number): void {
    const source = this.#source(rule);
    const truth = this.truth[rule];
    if (!source.isThere || !truth) return;
    source.packets += frames;
    truth.copied += frames;
    const to = this.sinkOf[rule];
    const sink = to === undefined ? undefined : this.sinks[to];
    const arrived =
      sink === undefined ? frames : sink.isThere ? frames - Math.min(lost, frames) : 0;
    if (sink) sink.packets += arrived;
    truth.delivered += arrived;
  }

  /** Reads a switch. */
  poll(dpid: string): void {
    const time = { asked: this.now, received: this.now };
    for (const entry of this.#entriesOf(dpid)) {
      if (entry.isThere) this.ledger.listed(dpid, this.#counter(entry), time);
    }
    complete(this.ledger.completingPoll(dpid, time));
  }

  /** A rule is deleted and added again; the final count is reported, or lost. */
  replace(entry: Entry, isHeard: boolean): void {
    const { dpid } = splitEntryRef(entry.ref);
    // Later than the frames before it. The report is lost only with the session, which takes its time.
    this.now += isHeard ? 1 : 2_500;
    const last = this.#counter(entry);
    if (isHeard) this.ledger.removed(dpid, last, { asked: this.now, received: this.now });
    else complete(this.ledger.disconnecting(dpid));
    entry.packets = 0;
    entry.addedAt = this.now;
  }

  /** A rule is added over itself: its age begins anew, and its counts continue. */
  readd(entry: Entry): void {
    const { dpid } = splitEntryRef(entry.ref);
    if (!entry.isThere) return;
    // What was never read may be older than its policies.
    if (this.ledger.switch(dpid).record(entry.cookie) === undefined) this.poll(dpid);
    this.ledger.readding(entry.ref, this.now);
    this.now += 1;
    entry.addedAt = this.now;
  }

  /** A rule is deleted, and its final count is reported. */
  remove(dpid: string, entry: Entry): void {
    this.ledger.removed(dpid, this.#counter(entry), { asked: this.now, received: this.now });
    entry.isThere = false;
    entry.packets = 0;
  }

  /** Whether a policy's totals are said to be exact. */
  isExact(id: string): boolean {
    const account = this.ledger.account(id as PolicyId);
    return account?.snapshot(this.now).miscounted.size === 0;
  }

  /** A rule does not exist before it is installed. */
  withhold(entry: Entry): void {
    entry.isThere = false;
  }

  install(entry: Entry): void {
    if (entry.isThere) return;
    entry.isThere = true;
    entry.addedAt = this.now;
  }

  /** The switch loses power, and its rules are installed again. */
  restartSwitch(dpid: string): void {
    complete(this.ledger.disconnecting(dpid));
    this.now += 2_500;
    for (const entry of this.#entriesOf(dpid)) {
      entry.packets = 0;
      entry.addedAt = this.now;
    }
  }

  /** Persists and publishes, as the writer does. */
  flush(): void {
    const changes = this.ledger.takeChanges();
    for (const id of changes.removed) this.#disk.policies.delete(id);
    for (const id of changes.policies) {
      const account = this.ledger.account(id);
      const record = account?.record(account.snapshot(this.now));
      if (record) this.#disk.policies.set(id, structuredClone(record));
    }
    for (const [dpid, cookies] of changes.entries) {
      for (const cookie of cookies) {
        const record = this.ledger.switch(dpid).record(cookie);
        if (record) this.#disk.entries.set(`${dpid} ${cookie}`, structuredClone(record));
        else this.#disk.entries.delete(`${dpid} ${cookie}`);
      }
    }
    for (const [id, record] of this.#disk.policies) this.published.set(id, record);
  }

  /** The controller is killed and started again. */
  restartController(): void {
    this.now += 1;
    this.ledger = this.#newLedger();
    const entries = [TAPS, EDGES].map((dpid) => ({
      dpid,
      records: [...this.#disk.entries].flatMap(([key, record]) =>
        key.startsWith(dpid) ? [record] : [],
      ),
    }));
    this.ledger.restore(this.#disk.policies.values(), entries);
    this.plan();
  }

  /** Time passes and everything is read, until nothing is open. */
  settle(): void {
    for (let turn = 0; turn < 3; turn++) {
      for (const dpid of [TAPS, EDGES]) {
        this.now += 3_000;
        this.poll(dpid);
      }
    }
    this.flush();
  }

  totals(id: string): Totals {
    const account = this.ledger.account(id as PolicyId);
    if (!account) throw new Error(`no account of ${id}`);
    return account.total.snapshot();
  }

  /** What a policy's totals would be if everything were known. */
  trueTotals(id: string): { copied: number; delivered: number } {
    const rules = (this.policies[id] ?? []).flatMap((n) => this.truth[n] ?? []);
    return {
      copied: rules.reduce((sum, { copied }) => sum + copied, 0),
      delivered: rules.reduce((sum, { delivered }) => sum + delivered, 0),
    };
  }

  #newLedger(): Ledger {
    return new Ledger({
      now: () => this.now,
      epoch: () => this.now,
      marksOf: () => this.marks,
      wasQuiet: (...of) => this.wasQuiet(...of),
      isOverridden: (ref) => this.overridden.has(ref),
    });
  }

  #source(n: number): Entry {
    const entry = this.sources[n];
    if (!entry) throw new Error(`no rule ${n}`);
    return entry;
  }

  #entriesOf(dpid: string): Entry[] {
    return dpid === TAPS ? this.sources : this.sinks;
  }

  #counter({ cookie, packets, addedAt }: Entry) {
    const isSource = this.sources.some((source) => source.cookie === cookie);
    return {
      cookie,
      packets,
      bytes: packets * FRAME_BYTES,
      durationMs: this.now - addedAt,
      group: isSource ? 1 : undefined,
    };
  }
}
