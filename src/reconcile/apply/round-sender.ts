// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import { partsOf, type Steps } from "../../lang/steps.ts";
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

  /** Sends a plan step by step: each is confirmed before the next. The plan is in flight already. */
  async send(channel: SwitchChannel, plan: SwitchPlan): Promise<void> {
    const steps = this.#connection.bundles ? bundledSteps(plan.changes) : stepsOf(plan.changes);
    for (const [index, { changes, atomic }] of steps.entries()) {
      const messages = messagesOf(changes);
      const sent: Promise<CommitOutcome | StepOutcome> = atomic
        ? channel.commit(messages)
        : channel.step(messages);
      const outcome = await Promise.race([this.#connection.gone, sent]);
      const step = { plan, changes, later: changesOf(steps, index + 1) };
      if (!(await this.#context.inSteps(() => this.#answering(step, outcome)))) return;
    }
  }

  /** Handles the outcome of a step; returns whether the later steps may follow. */
  *#answering(step: SentStep, outcome: CommitOutcome | StepOutcome): Steps<boolean> {
    const mayGoOn = yield* this.#following(step, outcome);
    if (!mayGoOn || step.later.length > 0) return mayGoOn;
    this.#connection.roundWorked();
    this.#tracker.endRound();
    return true;
  }

  *#following(step: SentStep, outcome: CommitOutcome | StepOutcome): Steps<boolean> {
    const { plan, changes, later } = step;
    const rest = [...changes, ...later];
    if (outcome.type === "unknown") {
      yield* this.#unknown(plan, rest, outcome.reason);
      return false;
    }
    this.#tracker.stepAnswered(later);
    switch (outcome.type) {
      case "committed":
        yield* this.#confirming(changes, outcome);
        return true;
      case "unsupported":
        this.#context.logger.warn({ reason: outcome.reason }, "no bundles: sending step by step");
        this.#connection.bundles = false;
        yield* this.#abandoning(plan, rest);
        return false;
      case "refused":
        yield* this.#refused(plan, rest, outcome);
        return false;
      case "done":
        yield* this.#confirming(changes, outcome);
        return yield* this.#hasNoFailure(step, outcome.failures);
      default:
        return outcome satisfies never;
    }
  }

  /** Handles the failures among messages sent one by one; returns whether there are none. */
  *#hasNoFailure(
    { plan, changes, later }: SentStep,
    failures: readonly MessageFailure[],
  ): Steps<boolean> {
    const [first] = failures;
    if (!first) return true;
    const failed = new Set(failures.map((failure) => failure.index));
    const culprits = changes.filter((_, at) => failed.has(at));
    const named = failures.map((failure, at) => ({ ...failure, index: at }));
    yield* this.#refused(plan, [...culprits, ...later], { error: first.error, failures: named });
    return false;
  }

  /** The switch has refused `rest`, what is left of a plan. */
  *#refused(
    plan: SwitchPlan,
    rest: readonly TableChange[],
    { error, failures }: { error: OpenFlowError; failures: readonly MessageFailure[] },
  ): Steps<void> {
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
    yield* this.#abandoning(plan, rest);
    yield* this.#context.stateChanging(refused);
  }

  /** Part of a plan may be in effect: what it depends on stays retained until the tables are read. */
  *#unknown(plan: SwitchPlan, rest: readonly TableChange[], reason: string): Steps<void> {
    this.#deps.requestRead();
    yield* this.#tracker.losingRound(plan, rest);
    yield* this.#context.stateChanging(plan.keys);
    const { channel } = this.#connection;
    if (!channel) return;
    this.#context.logger.warn({ reason }, "outcome unknown: reading the tables");
    if (this.#connection.roundLost()) this.#deps.abortConnection(channel, reason);
  }

  /**
   * Takes over what the switch has confirmed, a few changes at a time. What is read of the tracker meanwhile
   * is true of the switch: of a change that is taken over, that it is in effect; of another, that no
   * confirmation of it is known.
   */
  *#confirming(sent: readonly TableChange[], answer: Confirmation): Steps<void> {
    for (const confirmed of partsOf(confirmedChanges(sent, answer))) {
      yield* this.#context.recordsChanging(this.#tracker.confirm(confirmed));
      yield* this.#context.releasing(flowsInstalledBy(confirmed));
      yield;
    }
  }

  /** `rest`, what is left of a plan, is not in effect: its entries are planned again. */
  *#abandoning(plan: SwitchPlan, rest: readonly TableChange[]): Steps<void> {
    const records = yield* this.#tracker.abandoning(plan);
    yield* this.#context.releasing(flowsInstalledBy(rest));
    yield* this.#context.recordsChanging(records);
  }
}

/** The changes of the steps from an index on. */
function changesOf(steps: readonly Step[], from: number): readonly TableChange[] {
  return steps.slice(from).flatMap(({ changes }) => changes);
}
