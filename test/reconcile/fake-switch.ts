// SPDX-License-Identifier: Apache-2.0
import { flowKey, isOwned } from "../../src/flow-model/index.ts";
import { type Action, BadRequestCode, ErrorType, type Message } from "../../src/openflow/index.ts";
import type {
  CommitOutcome,
  ListedFlow,
  Listing,
  MessageFailure,
  MessageList,
  OpenFlowError,
  StepOutcome,
  SwitchChannel,
} from "../../src/reconcile/index.ts";
import { actionsOf, errorOf, FakeTables, metersOf } from "./fake-tables.ts";

export { failed } from "./fake-tables.ts";

/** Where a flow entry is. */
export type FlowPlace = Pick<ListedFlow, "table" | "priority" | "match">;

/** What a fake switch does with the next transaction instead of carrying it out. */
export type Fault = "drop before" | "drop after" | "slave" | "unsupported";

/**
 * A switch in memory that carries out messages as a real one does. It also checks that every message
 * fits its tables, unless they have been changed otherwise (`tamper`) since the controller read them on
 * connecting.
 */
export class FakeSwitch {
  tables = new FakeTables();
  /** Every message that was sent, in words. */
  readonly log: string[] = [];
  /** How often the flow entries were listed. */
  reads = 0;
  /** Transactions so far. */
  commits = 0;
  /** Messages of all transactions, also of failed ones. */
  received = 0;
  bundles = true;
  /** Why it has no meters, if it has none. */
  noMeters: string | undefined;
  /** Decides which messages the switch refuses. */
  refuses: (message: Message) => OpenFlowError | undefined = () => undefined;
  /** Faults for the next transactions, first come first served. */
  readonly faults: Fault[] = [];
  /** Whether a failed bundle says which message it was. */
  namesCulprit = true;
  /** Called after every message of a transaction that takes effect, with the tables as they are. */
  onChange: () => void = () => undefined;
  /** Duration of a transaction, in iterations of the event loop. */
  delay = () => 0;
  onDrop: (channel: SwitchChannel) => void = () => undefined;
  #tampered = false;

  /** A connection to this switch. */
  connect(): SwitchChannel {
    let open = true;
    let isNew = true;
    const gone = () => ({ type: "unknown", reason: "connection lost" }) as const;
    const drop = () => {
      open = false;
      this.onDrop(channel);
    };
    const channel: SwitchChannel = {
      readFlows: () => {
        this.reads++;
        // Foreign changes so far are visible to the controller now.
        if (isNew) this.#tampered = false;
        isNew = false;
        const flows = [...this.tables.flows.values()];
        return this.#list(() => flows);
      },
      // Listed later than the flow entries: foreign changes are possible in between.
      readGroups: () => this.#list(() => [...this.tables.groups.values()]),
      readMeters: async () => {
        const listed = await this.#list(() => [...this.tables.meters.values()]);
        if (this.noMeters !== undefined) return { type: "unsupported", reason: this.noMeters };
        return listed;
      },
      commit: async (messages) => {
        await this.#wait();
        if (!open) return gone();
        return this.#commit(messages, drop) ?? gone();
      },
      step: async (messages) => {
        await this.#wait();
        return open ? (this.#step(messages, drop) ?? gone()) : gone();
      },
      close: drop,
    };
    return channel;
  }

  /** Loses everything, as in a power cut. */
  restart(): void {
    this.tables = new FakeTables();
  }

  /** Another application changes the tables. */
  tamper(work: (tables: FakeTables) => void): void {
    this.#tampered = true;
    work(this.tables);
  }

  /** Another application puts an entry where an own one is, or could be. */
  putForeign({ table, priority, match }: FlowPlace): void {
    const foreign = { table, priority, match, cookie: 0x99n, instructions: [] };
    this.tamper(({ flows }) => flows.set(flowKey(foreign), foreign));
  }

  /** The entries of other applications. */
  get foreign(): readonly FlowPlace[] {
    return [...this.tables.flows.values()].filter(({ cookie }) => !isOwned(cookie));
  }

  /** The other applications remove them again. */
  removeForeign(): void {
    for (const place of this.foreign) this.tables.flows.delete(flowKey(place));
  }

  /** Flow entries and the groups they use, in words, without ids: what the switch does. */
  dump(): string[] {
    const text = (actions: readonly Action[]): string =>
      actions
        .map((action) => {
          if (action.type === "nxController2") return "punt";
          if (action.type !== "group") return JSON.stringify(action, bigintAsText);
          const group = this.tables.groups.get(action.groupId);
          return `{${group?.buckets.map((each) => text(each.actions)).join(" | ")}}`;
        })
        .join();
    const flows = [...this.tables.flows].map(([key, { cookie, instructions }]) => {
      const actions = actionsOf(instructions);
      const meters = metersOf(instructions).map((id) => this.#meterText(id));
      return `${key} ${cookie.toString(16)} -> ${meters.join("")}${text(actions)}`;
    });
    const { groups, meters } = this.tables;
    const counts = meters.size > 0 ? [`${meters.size} meters`] : [];
    return [...flows, `${groups.size} groups`, ...counts].sort();
  }

  #meterText(id: number): string {
    const { flags, bands } = this.tables.meters.get(id) ?? {};
    return `<${flags} ${JSON.stringify(bands)}>`;
  }

  async #list<T>(entries: () => T[]): Promise<Listing<T>> {
    await this.#wait();
    return { type: "listed", entries: entries() };
  }

  async #wait(): Promise<void> {
    for (let turns = this.delay(); turns > 0; turns--) await new Promise(setImmediate);
    await undefined;
  }

  #commit(messages: MessageList, drop: () => void): CommitOutcome | undefined {
    this.commits++;
    this.received += messages.length;
    const fault = this.bundles ? this.faults.shift() : "unsupported";
    if (fault === "unsupported") return { type: "unsupported", reason: "no bundles here" };
    if (fault === "drop before") {
      drop();
      return undefined;
    }
    if (fault === "slave") {
      // As a session does: it first reports that the controller's write access has ended.
      drop();
      const error = slaveError();
      return { type: "refused", error, failures: [{ index: 0, error }] };
    }
    const before = this.tables.copy();
    for (let index = 0; index < messages.length; index++) {
      const message = messages.at(index);
      if (message?.type === "meterMod") throw new Error("a bundle takes no meter-mods");
      const error = this.#apply(message);
      if (!error) continue;
      this.tables = before;
      return { type: "refused", error, failures: this.namesCulprit ? [{ index, error }] : [] };
    }
    this.onChange();
    if (fault !== "drop after") return { type: "committed" };
    drop();
    return undefined;
  }

  #step(messages: MessageList, drop: () => void): StepOutcome | undefined {
    this.received += messages.length;
    const fault = this.bundles ? this.faults.shift() : undefined;
    if (fault === "drop before") {
      drop();
      return undefined;
    }
    const failures: MessageFailure[] = [];
    for (let index = 0; index < messages.length; index++) {
      const error = this.#apply(messages.at(index));
      if (error) failures.push({ index, error });
      this.onChange();
    }
    if (fault !== "drop after") return { type: "done", failures };
    drop();
    return undefined;
  }

  #apply(message: Message | undefined): OpenFlowError | undefined {
    if (!message) throw new Error("a hole in the list of messages");
    const disliked = this.refuses(message);
    if (disliked) return disliked;
    return this.tables.apply(message, {
      done: (what) => this.log.push(what),
      surprised: (what) => {
        if (!this.#tampered) throw new Error(what);
      },
    });
  }
}

function slaveError(): OpenFlowError {
  return errorOf(ErrorType.BadRequest, BadRequestCode.IS_SLAVE);
}

/** For `JSON.stringify`. */
export function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
