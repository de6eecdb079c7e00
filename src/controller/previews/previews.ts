// SPDX-License-Identifier: Apache-2.0
import { randomInt } from "node:crypto";
import type {
  NotPreviewed,
  PreviewInput,
  PreviewOutcome,
} from "../../contract/observation/preview.ts";
import { WHOLE_FRAME } from "../../contract/observation/preview.ts";
import { type EntryRef, splitEntryRef } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import {
  type PolicyId,
  type PolicyPlan,
  PREVIEW_NUMBERS,
  readPreviewMetadata,
} from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Dpid } from "../../topology/index.ts";
import type { PreviewChanges } from "../desired/preview-changes.ts";
import type { PreviewOverlay } from "../desired/preview-overlay.ts";
import type { PuntedCopy } from "../discovery/packet-ins.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import type { EntryState } from "../status/policy-status.ts";
import type { PolicyStatusTracker } from "../status/policy-status-tracker.ts";
import { PreviewStream } from "./preview-stream.ts";

/** Whether there are previews. */
export interface PreviewOptions {
  /** Default: no. */
  readonly isOn?: boolean;
  /** Most previews at a time, of all policies. */
  readonly limit?: number;
}

/** Dependencies of `Previews`. */
export interface PreviewsDeps {
  readonly options: PreviewOptions;
  readonly registry: Pick<PolicyRegistry, "known">;
  readonly statusTracker: Pick<PolicyStatusTracker, "status">;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  readonly overlay: PreviewOverlay;
  readonly changes: Pick<PreviewChanges, "add" | "remove">;
  readonly entryState: (ref: EntryRef) => EntryState;
  readonly switchName: (dpid: Dpid) => string;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly logger: Logger;
  /** OpenVTAP's version, in the files. */
  readonly version: string;
}

/** A preview from its request to its end. */
interface Running {
  readonly policy: PolicyId;
  /** When its switches are to send nothing any more, by the clock. */
  endsAt: number;
  /** Absent until its entries are confirmed. */
  stream?: PreviewStream;
  /** Calls back when the state of its entries may have changed. */
  review: () => void;
  /** Why it ended before its entries were confirmed. */
  lost?: string;
  cancel: CancelTimer;
}

const DEFAULT_LIMIT = 4;

const ONE_AT_A_TIME = "it is being previewed already, and one preview of a policy runs at a time";

/** How long switches may take to confirm the entries of a preview, in milliseconds. */
const CONFIRMED_WITHIN_MS = 5000;

/**
 * Shows the copies of policies as monitors get them. The rules of a preview are there while it runs; each that
 * sends frames ends by itself on its switch, where OpenVTAP is not there to remove it.
 */
export class Previews {
  readonly #deps: PreviewsDeps;
  readonly #running = new Map<number, Running>();

  constructor(deps: PreviewsDeps) {
    this.#deps = deps;
    deps.overlay.subscribe((number, why) => this.#lost(number, why));
  }

  /** For how long an entry of a preview is needed, in milliseconds; undefined: it is none that ends. */
  neededMs(ref: EntryRef): number | undefined {
    if (this.#running.size === 0) return undefined;
    const { dpid, key } = splitEntryRef(ref);
    const number = this.#deps.overlay.previewOf(dpid as Dpid, key);
    const running = number === undefined ? undefined : this.#running.get(number);
    return running && Math.max(0, running.endsAt - this.#deps.clock.now());
  }

  /** The states of entries may have changed. */
  entriesChanged(): void {
    for (const { review } of this.#running.values()) review();
  }

  /** A switch has sent a frame by a rule of a preview; nothing else is checked. */
  received({ dpid, metadata, bytes, totalLength }: PuntedCopy): void {
    const read = readPreviewMetadata(metadata);
    const stream = read && this.#running.get(read.number)?.stream;
    if (!read || !stream || !this.#deps.overlay.isAt(read.number, dpid)) return;
    const length = read.truncate === 0 ? totalLength : Math.min(totalLength, read.truncate);
    stream.add({ bytes: bytes.subarray(0, length), length });
  }

  /** Whether clients may have previews. */
  get isOn(): boolean {
    return this.#deps.options.isOn ?? false;
  }

  /** Begins a preview. It ends with the signal at the latest. */
  async start(id: PolicyId, input: PreviewInput, signal: AbortSignal): Promise<PreviewOutcome> {
    const { registry, clock } = this.#deps;
    const { limit = DEFAULT_LIMIT } = this.#deps.options;
    if (registry.known(id) === undefined) return { type: "notFound" };
    if (!this.isOn) return { type: "previewsOff" };
    for (const { policy } of this.#running.values()) {
      if (policy === id) return notPreviewed(ONE_AT_A_TIME);
    }
    if (this.#running.size >= limit) return { type: "previewsTaken", limit };
    const number = this.#freeNumber();
    const running: Running = {
      ...{ policy: id, endsAt: clock.now() },
      ...{ review: () => undefined, cancel: () => undefined },
    };
    this.#running.set(number, running);
    try {
      const outcome = await this.#begin(number, running, input, signal);
      if (outcome.type !== "previewing") this.#running.delete(number);
      return outcome;
    } catch (error) {
      this.#running.delete(number);
      throw error;
    }
  }

  async #begin(
    number: number,
    running: Running,
    input: PreviewInput,
    signal: AbortSignal,
  ): Promise<PreviewOutcome> {
    const { plan, changes, clock } = this.#deps;
    const { policy } = running;
    const obstacle = await this.#obstacle(running, signal);
    if (obstacle !== undefined) return notPreviewed(obstacle);
    const names = plan(policy)?.copies.map((copies) => copies.monitor) ?? [];
    const { monitor = names[0] } = input;
    if (monitor === undefined || !names.includes(monitor)) return unknownMonitor(monitor, names);
    const bytes = input.whole ? WHOLE_FRAME : input.bytes;
    running.endsAt = clock.now() + CONFIRMED_WITHIN_MS + input.seconds * 1000;
    const none = await changes.add({ number, policy, monitor, bytes });
    if (none) return { ...notPreviewed(none.why), ...defined({ others: none.others }) };
    const unconfirmed = await this.#confirmed(number, running, signal);
    if (unconfirmed !== undefined) {
      this.#end(number);
      return notPreviewed(unconfirmed);
    }
    const stream = this.#open(number, running, { ...input, bytes, monitor });
    if (signal.aborted) stream.end();
    else signal.addEventListener("abort", () => stream.end(), { once: true });
    return { type: "previewing", preview: { monitor, parts: stream.parts() } };
  }

  /** Why a policy cannot be previewed now, a clause. Another preview may have changed its rules just now. */
  async #obstacle(running: Running, signal: AbortSignal): Promise<string | undefined> {
    const { policy } = running;
    const status = () => this.#deps.statusTracker.status(policy);
    await this.#until(running, signal, () => status().state !== "pending");
    const { state, reasons } = status();
    if (state === "active" || state === "degraded") return undefined;
    const why = reasons.length === 0 ? "" : `: ${reasons.join("; ")}`;
    return `the policy is ${state}${why}`;
  }

  #open(
    number: number,
    running: Running,
    { monitor, bytes, packets, seconds }: PreviewInput & { readonly monitor: string },
  ): PreviewStream {
    const { clock, wallClock, logger, version } = this.#deps;
    const { policy } = running;
    const [began, beganAt] = [wallClock(), clock.now()];
    const stream = new PreviewStream({
      application: `OpenVTAP ${version}`,
      name: `${policy}/${monitor}`,
      ...{ bytes, packets, clock },
      now: () => BigInt(Math.round((began + clock.now() - beganAt) * 1000)),
      ended: () => this.#end(number),
    });
    running.stream = stream;
    running.cancel = clock.after(seconds * 1000, () => stream.end());
    logger.info({ policy, monitor, packets, seconds, bytes }, "copies are previewed");
    return stream;
  }

  /** Waits for the entries of a preview; resolves to why they are not confirmed. */
  async #confirmed(
    number: number,
    running: Running,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const open = new Set(this.#deps.overlay.refsOf(number));
    let refused: string | undefined;
    await this.#until(running, signal, () => {
      refused = running.lost ?? this.#review(open);
      return refused !== undefined || open.size === 0;
    });
    if (refused !== undefined || open.size === 0) return refused;
    return signal.aborted ? "the client has gone" : this.#whoWaits(open);
  }

  /** Resolves when a condition holds that entries decide, after some seconds, or when the signal aborts. */
  #until(running: Running, signal: AbortSignal, holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        running.review = () => undefined;
        resolve();
      };
      const cancel = this.#deps.clock.after(CONFIRMED_WITHIN_MS, done);
      signal.addEventListener("abort", done);
      running.review = () => {
        if (signal.aborted || holds()) done();
      };
      running.review();
    });
  }

  /** Takes confirmed entries from the open ones; returns why one of them is refused. */
  #review(open: Set<EntryRef>): string | undefined {
    for (const ref of open) {
      const state = this.#deps.entryState(ref);
      if (state === "confirmed") open.delete(ref);
      else if (typeof state === "object") {
        return `switch ${this.#nameAt(ref)} refused a rule: ${state.refused}`;
      }
    }
    return undefined;
  }

  #whoWaits(open: ReadonlySet<EntryRef>): string {
    const names = new Set([...open].map((ref) => this.#nameAt(ref)));
    return `switch ${[...names].join(", ")} has not confirmed the rules of the preview; try again`;
  }

  #nameAt(ref: EntryRef): string {
    return this.#deps.switchName(splitEntryRef(ref).dpid as Dpid);
  }

  /** The policy has changed so that the preview cannot go on. */
  #lost(number: number, why: string): void {
    const running = this.#running.get(number);
    if (!running) return;
    this.#deps.logger.info({ policy: running.policy, why }, "a preview ends early");
    running.lost = why;
    running.stream?.end();
    running.review();
  }

  #end(number: number): void {
    const running = this.#running.get(number);
    if (!running) return;
    running.cancel();
    this.#running.delete(number);
    this.#deps.changes.remove(number);
  }

  /** Random: what an earlier process has left on a switch is not taken for a present preview. */
  #freeNumber(): number {
    for (;;) {
      const number = randomInt(PREVIEW_NUMBERS);
      if (!this.#running.has(number)) return number;
    }
  }
}

function notPreviewed(detail: string): NotPreviewed {
  return { type: "notPreviewed", detail };
}

function unknownMonitor(monitor: string | undefined, names: readonly string[]): PreviewOutcome {
  if (monitor === undefined) return notPreviewed("the policy has no monitor");
  const detail = `the policy has no monitor "${monitor}"`;
  const remedy = `write one of ${names.join(", ")}`;
  return { type: "invalid", problems: [{ pointer: "/monitor", detail, remedy }] };
}
