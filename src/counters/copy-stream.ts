import type { PolicyId } from "../policy/index.ts";
import type { Sink } from "./sink.ts";
import type { Amount, RunningTotal } from "./totals.ts";

/** Whose copies a stream's are, and from when to when. */
export interface Claim {
  readonly policy: PolicyId;
  /** Each is told of every copy: the policy's as a whole, and those of its monitors. */
  readonly tallies: readonly RunningTotal[];
  /** Called when a tally of it has changed. */
  readonly changed: () => void;
  readonly from: number;
  /** Infinity: it goes on. */
  until: number;
}

/** Copies of which is not known yet what has become of them. */
export interface Batch {
  /** All were made after this, and none after `until`. */
  readonly from: number;
  until: number;
  packets: number;
  bytes: number;
  readonly claims: Claim[];
  /** Those who claimed them in a former life of ours, and may take up their claim again. */
  readonly heirs?: readonly PolicyId[];
}

/** Copies that waited when they were written down, and the policies that claimed them. */
export interface Waiting extends Amount {
  readonly mark: string;
  readonly policies: readonly PolicyId[];
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Readings so close to each other share a batch, in milliseconds. */
const SAME_BATCH_MS = 500;

/** The copies that one bucket of a rewriting rule makes. */
export class CopyStream {
  readonly mark: string;
  /** Undefined when they need no more than to leave by a port. */
  readonly sink: Sink | undefined;
  claims: Claim[] = [];
  batches: Batch[] = [];
  /**
   * Of some of these nobody will ever know whether they arrived. They are never called lost, and only
   * arrivals that nothing else accounts for make them delivered.
   */
  uncertain: Batch[] = [];
  /** When the rewriting rule was last asked for what it has counted. */
  #readAt = Number.NEGATIVE_INFINITY;

  /** Called when copies wait no longer. */
  readonly changed: () => void;

  constructor(mark: string, sink: Sink | undefined, changed: () => void) {
    this.mark = mark;
    this.sink = sink;
    this.changed = changed;
  }

  get isIdle(): boolean {
    return this.claims.length === 0 && this.batches.length === 0;
  }

  get readAt(): number {
    return this.#readAt;
  }

  /** The rewriting rule has been asked for what it has counted. */
  read(asked: number): void {
    for (const { from, changed } of this.claims) if (from > this.#readAt) changed();
    this.#readAt = asked;
  }

  /** Whether all that is counted from now on is a claim's: it was there at the last reading. */
  covers({ from }: Claim): boolean {
    return from <= this.#readAt || from === NEVER;
  }

  /** Takes up copies that waited when a former life of ours wrote them down, until they are claimed. */
  restore({ packets, bytes, policies }: Waiting): void {
    if (!this.sink) return;
    const batch: Batch = { from: NEVER, until: NEVER, packets, bytes, claims: [], heirs: policies };
    this.batches.push(batch);
  }

  /** What is to be written down of the copies that wait, by who claims them. */
  waiting(): Waiting[] {
    const found = new Map<string, Waiting & { packets: number; bytes: number }>();
    for (const { packets, bytes, claims, heirs = [] } of this.batches) {
      const policies = [...new Set([...claims.map(({ policy }) => policy), ...heirs])].sort();
      const key = policies.join();
      const known = found.get(key) ?? { mark: this.mark, policies, packets: 0, bytes: 0 };
      known.packets += packets;
      known.bytes += bytes;
      found.set(key, known);
    }
    return [...found.values()].filter(({ packets }) => packets > 0);
  }

  /** Adds a claim; one that goes on from a former life of ours is also one to what that restored. */
  claim(claim: Claim): void {
    this.claims.push(claim);
    if (claim.from !== NEVER) return;
    for (const { heirs, claims } of this.batches) {
      if (heirs?.includes(claim.policy)) claims.push(claim);
    }
  }

  /**
   * Takes copies made between two times for those who claimed them all the while. The last copies of
   * a rule go to those who gave up their claim, too: that is why the rule went.
   */
  add(amount: Amount, from: number, until: number, isLast: boolean): void {
    if (amount.packets <= 0) return;
    const claims = this.claims.filter(
      (claim) => claim.from <= from && claim.until > (isLast ? from : until),
    );
    for (const { tallies, changed } of claims) {
      for (const tally of tallies) tally.addCopied(amount);
      changed();
    }
    if (this.sink === undefined) deliverTo(claims, amount);
    else if (this.sink.awaits({ from, until })) this.#await(amount, from, until, claims);
    else this.uncertain.push({ ...amount, from, until, claims });
  }

  /** Forgets the claims that are over. */
  dropClosed(): void {
    if (this.claims.some(({ until }) => until !== Number.POSITIVE_INFINITY)) {
      this.claims = this.claims.filter(({ until }) => until === Number.POSITIVE_INFINITY);
    }
  }

  #await({ packets, bytes }: Amount, from: number, until: number, claims: Claim[]): void {
    const last = this.batches.at(-1);
    const joins =
      last !== undefined && until - last.from < SAME_BATCH_MS && sameClaims(last.claims, claims);
    if (!joins) {
      this.batches.push({ from, until, packets, bytes, claims });
      return;
    }
    last.until = until;
    last.packets += packets;
    last.bytes += bytes;
  }
}

function sameClaims(a: readonly Claim[], b: readonly Claim[]): boolean {
  return a.length === b.length && a.every((claim, index) => claim === b[index]);
}

function deliverTo(claims: readonly Claim[], amount: Amount): void {
  for (const { tallies, changed } of claims) {
    for (const tally of tallies) tally.addDelivered(amount);
    changed();
  }
}

/**
 * Takes `packets` of the batches as delivered: of each its part. The last of a batch takes all bytes
 * that are left, so that of a batch that arrives whole none is missing.
 */
export function deliver(batches: readonly Batch[], packets: number): void {
  let waiting = batches.reduce((sum, batch) => sum + batch.packets, 0);
  let left = Math.min(packets, waiting);
  for (const batch of batches) {
    if (waiting === 0) return;
    const part = Math.min(batch.packets, Math.round((left * batch.packets) / waiting));
    waiting -= batch.packets;
    left -= part;
    if (part === 0) continue;
    const bytes =
      part === batch.packets ? batch.bytes : Math.floor((batch.bytes * part) / batch.packets);
    batch.packets -= part;
    batch.bytes -= bytes;
    deliverTo(batch.claims, { packets: part, bytes });
  }
}

/** Takes what is left of the batches as lost. */
export function lose(batches: readonly Batch[]): void {
  for (const batch of batches) {
    for (const { tallies, changed } of batch.claims) {
      for (const tally of tallies) tally.lost += batch.packets;
      changed();
    }
    batch.packets = 0;
  }
}
