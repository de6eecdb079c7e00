// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import { type Confirmation, confirmedChanges } from "../model/confirmed-change.ts";
import type {
  CommitOutcome,
  MessageFailure,
  OpenFlowError,
  StepOutcome,
  SwitchChannel,
} from "../model/switch-channel.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import { flowsInstalledBy, messagesOf, type TableChange } from "../model/table-change.ts";
import type { SwitchTracker } from "../state/switch-tracker.ts";
import { bundledSteps, type Step, stepsOf } from "./apply-steps.ts";
import { meansDrift, refuseAll, refuseNamed, unitsOf } from "./round-results.ts";
import type { SwitchConnection } from "./switch-connection.ts";
import type { SyncContext } from "./sync-context.ts";

/** Dependencies of `RoundSender`. */
export interface RoundSenderDeps {
  readonly context: SyncContext;
  readonly tracker: SwitchTracker;
  /** The present connection, or the last one. */
  readonly connection: () => SwitchConnection;
  /** The tables must be read before the next round. */
  readonly requestRead: () => void;
  readonly abortConnection: (channel: SwitchChannel, reason: string) => void;
}

/** A step of a plan, with the changes of the later steps. */
interface SentStep {
  readonly plan: SwitchPlan;
  readonly changes: readonly TableChange[];
  readonly later: readonly TableChange[];
}

/** Sends the changes of a plan, and updates the tracker by the switch's answers. */
export class RoundSender {
  readonly #deps: RoundSenderDeps;
  readonly #tracker: SwitchTracker;
  readonly #context: SyncContext;

  constructor(deps: RoundSenderDeps) {
    this.#deps = deps;
    this.#tracker = deps.tracker;
    this.#context = deps.context;
  }

  get #connection(): SwitchConnection {
    return this.#deps.connection();
  }

  /** Sends a plan step by step: each is confirmed before the next. */
  async send(channel: SwitchChannel, plan: SwitchPlan): Promise<void> {
    const steps = this.#connection.bundles ? bundledSteps(plan.changes) : stepsOf(plan.changes);
    for (const [index, { changes, atomic }] of steps.entries()) {
      const messages = messagesOf(changes);
      const sent: Promise<CommitOutcome | StepOutcome> = atomic
        ? channel.commit(messages)
        : channel.step(messages);
      const outcome = await Promise.race([this.#connection.gone, sent]);
      if (!this.#answered({ plan, changes, later: changesOf(steps, index + 1) }, outcome)) return;
    }
    this.#connection.roundWorked();
    this.#tracker.endRound();
  }

  /** Handles the outcome of a step; returns whether the later steps may follow. */
  #answered(step: SentStep, outcome: CommitOutcome | StepOutcome): boolean {
    const { plan, changes, later } = step;
    const rest = [...changes, ...later];
    if (outcome.type === "unknown") {
      this.#unknown(plan, rest, outcome.reason);
      return false;
    }
    this.#tracker.stepAnswered(later);
    switch (outcome.type) {
      case "committed":
        this.#confirm(changes, outcome);
        return true;
      case "unsupported":
        this.#context.logger.warn({ reason: outcome.reason }, "no bundles: sending step by step");
        this.#connection.bundles = false;
        this.#abandon(plan, rest);
        return false;
      case "refused":
        this.#refused(plan, rest, outcome);
        return false;
      case "done":
        this.#confirm(changes, outcome);
        return this.#hasNoFailure(step, outcome.failures);
      default:
        return outcome satisfies never;
    }
  }

  /** Handles the failures among messages sent one by one; returns whether there are none. */
  #hasNoFailure({ plan, changes, later }: SentStep, failures: readonly MessageFailure[]): boolean {
    const [first] = failures;
    if (!first) return true;
    const failed = new Set(failures.map((failure) => failure.index));
    const culprits = changes.filter((_, at) => failed.has(at));
    const named = failures.map((failure, at) => ({ ...failure, index: at }));
    this.#refused(plan, [...culprits, ...later], { error: first.error, failures: named });
    return false;
  }

  /** The switch has refused `rest`, what is left of a plan. */
  #refused(
    plan: SwitchPlan,
    rest: readonly TableChange[],
    { error, failures }: { error: OpenFlowError; failures: readonly MessageFailure[] },
  ): void {
    const [tracker, connection] = [this.#tracker, this.#connection];
    const { logger } = this.#context;
    logger.warn({ error: error.text, of: rest.length, failures: failures.length }, "refused");
    let refused: readonly FlowKey[] = [];
    // A switch that does not name the faulty messages still reports what is wrong.
    const errors = [error, ...failures.map((failure) => failure.error)];
    if (errors.some(meansDrift) && !connection.readForDrift) {
      connection.readForDrift = true;
      this.#deps.requestRead();
      tracker.invalidate();
    } else if (failures.length > 0) {
      refused = refuseNamed(tracker, rest, failures);
    } else if (unitsOf(plan) === 1) {
      refused = refuseAll(tracker, plan.changes, error);
    }
    connection.roundRefused(plan.keys.length + plan.changes.length);
    this.#abandon(plan, rest);
    this.#context.stateChanged(refused);
  }

  /** Part of a plan may be in effect: what it depends on stays retained until the tables are read. */
  #unknown(plan: SwitchPlan, rest: readonly TableChange[], reason: string): void {
    this.#tracker.loseRound(plan, rest);
    this.#deps.requestRead();
    this.#context.stateChanged(plan.keys);
    const { channel } = this.#connection;
    if (!channel) return;
    this.#context.logger.warn({ reason }, "outcome unknown: reading the tables");
    if (this.#connection.roundLost()) this.#deps.abortConnection(channel, reason);
  }

  #confirm(sent: readonly TableChange[], answer: Confirmation): void {
    const confirmed = confirmedChanges(sent, answer);
    this.#context.recordsChanged(this.#tracker.confirm(confirmed));
    this.#context.release(flowsInstalledBy(confirmed));
  }

  /** `rest`, what is left of a plan, is not in effect: its entries are planned again. */
  #abandon(plan: SwitchPlan, rest: readonly TableChange[]): void {
    const records = this.#tracker.abandon(plan);
    this.#context.release(flowsInstalledBy(rest));
    this.#context.recordsChanged(records);
  }
}

/** The changes of the steps from an index on. */
function changesOf(steps: readonly Step[], from: number): readonly TableChange[] {
  return steps.slice(from).flatMap(({ changes }) => changes);
}
