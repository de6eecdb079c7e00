import type {
  CommitOutcome,
  ListedFlow,
  ListedGroup,
  ListedMeter,
  Listing,
  MessageFailure,
  MessageList,
  OpenFlowError,
  StepOutcome,
  SwitchChannel,
} from "../../../src/controller/reconcile/index.ts";
import {
  type Action,
  BadRequestCode,
  describeError,
  ErrorType,
  FlowModCommand,
  GroupModCommand,
  GroupModFailedCode,
  type Instruction,
  type Message,
  MeterModCommand,
  MeterModFailedCode,
} from "../../../src/openflow/index.ts";
import { flowKey, isOwned } from "../../../src/pipeline/index.ts";

/** What a fake switch does with the next transaction instead of its duty. */
export type Fault = "drop before" | "drop after" | "slave" | "unsupported";

interface FakeTables {
  flows: Map<string, ListedFlow>;
  groups: Map<number, ListedGroup>;
  meters: Map<number, ListedMeter>;
}

function noTables(): FakeTables {
  return { flows: new Map(), groups: new Map(), meters: new Map() };
}

/** A switch in memory that checks what it is told as a real one does, and that nothing is lost. */
export class FakeSwitch {
  tables: FakeTables = noTables();
  /** Every message that was sent, in words. */
  readonly log: string[] = [];
  /** How often the flow entries were listed. */
  reads = 0;
  /** Transactions so far. */
  commits = 0;
  /** Messages of all transactions, those in vain too. */
  received = 0;
  bundles = true;
  /** Why it has no meters, if it has none. */
  noMeters: string | undefined;
  /** Flow keys and group actions that the switch does not like. */
  refuses: (message: Message) => OpenFlowError | undefined = () => undefined;
  /** Somebody else is at work too: as on a real switch, changes of what is not there do nothing. */
  changedByOthers = false;
  /** Faults for the next transactions, first come first served. */
  readonly faults: Fault[] = [];
  /** Whether a failed bundle says which message it was. */
  namesCulprit = true;
  /** Called after every message of a transaction that takes effect, with the tables as they are. */
  onChange: () => void = () => undefined;
  /** Time a transaction takes, as turns of the event loop. */
  delay = () => 0;
  onDrop: (channel: SwitchChannel) => void = () => undefined;

  /** A connection to this switch. */
  connect(): SwitchChannel {
    let open = true;
    const gone = () => ({ type: "unknown", reason: "connection lost" }) as const;
    const drop = () => {
      open = false;
      this.onDrop(channel);
    };
    const channel: SwitchChannel = {
      readFlows: () => {
        this.reads++;
        return this.#list([...this.tables.flows.values()]);
      },
      readGroups: () => this.#list([...this.tables.groups.values()]),
      readMeters: async () => {
        await this.#wait();
        if (this.noMeters !== undefined) return { type: "unsupported", reason: this.noMeters };
        return { type: "listed", entries: [...this.tables.meters.values()] };
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
    this.tables = noTables();
  }

  /** Another application puts an entry where one of ours is, or could be. */
  putForeign({ table, priority, match }: Pick<ListedFlow, "table" | "priority" | "match">): void {
    const foreign: ListedFlow = { table, priority, match, cookie: 0x99n, instructions: [] };
    this.tables.flows.set(flowKey(foreign), foreign);
  }

  /** It takes them away again. */
  removeForeign(): void {
    for (const [key, { cookie }] of this.tables.flows) {
      if (!isOwned(cookie)) this.tables.flows.delete(key);
    }
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
      const actions = instructions.flatMap((each) => ("actions" in each ? each.actions : []));
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

  async #list<T>(entries: T[]): Promise<Listing<T>> {
    await this.#wait();
    return { type: "listed", entries };
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
      // As a session: the end of our say there is told first.
      drop();
      const error = slaveError();
      return { type: "refused", error, failures: [{ index: 0, error }] };
    }
    const before = copyOf(this.tables);
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
    if (message.type === "groupMod") return this.#applyGroup(message);
    if (message.type === "meterMod") return this.#applyMeter(message);
    if (message.type !== "flowMod") throw new Error(`unexpected ${message.type}`);
    const { tableId: table, priority, match, cookie, instructions } = message;
    const key = flowKey({ table, priority, match });
    const old = this.tables.flows.get(key);
    switch (message.command) {
      case FlowModCommand.Add:
        if (old && !isOwned(old.cookie) && priority > 0)
          throw new Error(`a foreign flow is overwritten: ${key}`);
        this.log.push(`flow add ${key}`);
        this.tables.flows.set(key, { table, priority, match, cookie, instructions });
        break;
      case FlowModCommand.ModifyStrict:
        if (!old && this.changedByOthers) return undefined;
        if (!old) throw new Error(`a flow that is not there is modified: ${key}`);
        this.log.push(`flow modify ${key}`);
        this.tables.flows.set(key, { ...old, instructions });
        break;
      case FlowModCommand.DeleteStrict:
        if (!old) throw new Error(`a flow that is not there is deleted: ${key}`);
        this.log.push(`flow delete ${key}`);
        this.tables.flows.delete(key);
        return undefined;
      default:
        throw new Error(`unexpected command ${message.command}`);
    }
    if (metersOf(instructions).some((id) => !this.tables.meters.has(id))) return noMeter();
    const used = instructions.flatMap((each) => ("actions" in each ? groupsOf(each.actions) : []));
    return used.every((id) => this.tables.groups.has(id)) ? undefined : failed("UNKNOWN_GROUP");
  }

  #applyGroup(message: Extract<Message, { type: "groupMod" }>): OpenFlowError | undefined {
    const { groupId: id, groupType: type, buckets, command } = message;
    if (command === GroupModCommand.Add) {
      if (this.tables.groups.has(id)) return failed("GROUP_EXISTS");
      for (const child of buckets.flatMap(({ actions }) => groupsOf(actions))) {
        if (!this.tables.groups.has(child)) return failed("UNKNOWN_GROUP");
      }
      this.log.push(`group add ${id}`);
      this.tables.groups.set(id, { id, type, buckets });
      return undefined;
    }
    if (command !== GroupModCommand.Delete) throw new Error(`unexpected command ${command}`);
    if (this.#users(id) > 0) throw new Error(`group ${id} is deleted while it is used`);
    if (!this.tables.groups.delete(id)) throw new Error(`group ${id} is not there`);
    this.log.push(`group delete ${id}`);
    return undefined;
  }

  #applyMeter(message: Extract<Message, { type: "meterMod" }>): OpenFlowError | undefined {
    const { meterId: id, flags, bands, command } = message;
    if (command === MeterModCommand.Add) {
      if (this.tables.meters.has(id)) throw new Error(`meter ${id} is there already`);
      this.log.push(`meter add ${id}`);
      this.tables.meters.set(id, { id, flags, bands });
      return undefined;
    }
    if (command !== MeterModCommand.Delete) throw new Error(`unexpected command ${command}`);
    const flows = [...this.tables.flows.values()];
    if (flows.some(({ instructions }) => metersOf(instructions).includes(id))) {
      throw new Error(`meter ${id} is deleted while it is used`);
    }
    if (!this.tables.meters.delete(id) && !this.changedByOthers) {
      throw new Error(`meter ${id} is not there`);
    }
    this.log.push(`meter delete ${id}`);
    return undefined;
  }

  #users(id: number): number {
    const flows = [...this.tables.flows.values()].flatMap(({ instructions }) => instructions);
    const lists = [
      ...flows.flatMap((each) => ("actions" in each ? [each.actions] : [])),
      ...[...this.tables.groups.values()].flatMap(({ buckets }) => buckets.map((b) => b.actions)),
    ];
    return lists.filter((actions) => groupsOf(actions).includes(id)).length;
  }
}

function groupsOf(actions: readonly Action[]): number[] {
  return actions.flatMap((action) => (action.type === "group" ? [action.groupId] : []));
}

/** Meters that a flow entry uses, whether before its actions or in one. */
function metersOf(instructions: readonly Instruction[]): number[] {
  return instructions.flatMap((each) => {
    if (each.type === "meter") return [each.meterId];
    const actions = "actions" in each ? each.actions : [];
    return actions.flatMap((action) =>
      action.type === "nxController2"
        ? action.properties.flatMap((part) => (part.type === "meterId" ? [part.meterId] : []))
        : [],
    );
  });
}

function noMeter(): OpenFlowError {
  const errorType = ErrorType.MeterModFailed;
  const errorCode = MeterModFailedCode.INVALID_METER;
  return { errorType, errorCode, text: describeError(errorType, errorCode) };
}

function copyOf({ flows, groups, meters }: FakeTables): FakeTables {
  return { flows: new Map(flows), groups: new Map(groups), meters: new Map(meters) };
}

export function failed(code: keyof typeof GroupModFailedCode): OpenFlowError {
  const errorCode = GroupModFailedCode[code];
  const errorType = ErrorType.GroupModFailed;
  return { errorType, errorCode, text: describeError(errorType, errorCode) };
}

function slaveError(): OpenFlowError {
  const [errorType, errorCode] = [ErrorType.BadRequest, BadRequestCode.IS_SLAVE];
  return { errorType, errorCode, text: describeError(errorType, errorCode) };
}

function bigintAsText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
