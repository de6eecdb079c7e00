// SPDX-License-Identifier: Apache-2.0
import { flowKey, isOwned } from "../../src/flow-model/index.ts";
import {
  type Action,
  describeError,
  ErrorType,
  FlowModCommand,
  GroupModCommand,
  GroupModFailedCode,
  type Instruction,
  type Message,
  MeterModCommand,
  MeterModFailedCode,
} from "../../src/openflow/index.ts";
import type {
  ListedFlow,
  ListedGroup,
  ListedMeter,
  OpenFlowError,
} from "../../src/reconcile/index.ts";

/** Observes the messages that are carried out. */
export interface TablesWatch {
  /** A change that took effect, in words. */
  done(what: string): void;
  /** A request that does not fit the tables; the switch continues as a real one does. */
  surprised(what: string): void;
}

type FlowMod = Extract<Message, { type: "flowMod" }>;
type GroupMod = Extract<Message, { type: "groupMod" }>;
type MeterMod = Extract<Message, { type: "meterMod" }>;

/**
 * The tables of a switch in memory. Messages have the effect that they have on Open vSwitch 3.1
 * (tested): modifying or deleting a missing entry is no error, and deleting a group or meter deletes
 * the flow entries that use it.
 */
export class FakeTables {
  readonly flows = new Map<string, ListedFlow>();
  readonly groups = new Map<number, ListedGroup>();
  readonly meters = new Map<number, ListedMeter>();
  /** The clock by which timeouts are listed, in milliseconds. */
  now = () => 0;

  copy(): FakeTables {
    const copy = new FakeTables();
    copy.now = this.now;
    for (const [key, flow] of this.flows) copy.flows.set(key, flow);
    for (const [id, group] of this.groups) copy.groups.set(id, group);
    for (const [id, meter] of this.meters) copy.meters.set(id, meter);
    return copy;
  }

  /** Carries a message out; returns the error when it is refused. */
  apply(message: Message, watch: TablesWatch): OpenFlowError | undefined {
    if (message.type === "flowMod") return this.#applyFlow(message, watch);
    if (message.type === "groupMod") return this.#applyGroup(message, watch);
    if (message.type === "meterMod") return this.#applyMeter(message, watch);
    throw new Error(`unexpected ${message.type}`);
  }

  /** Deletes a group, and with it every flow entry that uses it. */
  deleteGroup(id: number): boolean {
    this.#deleteFlows(({ instructions }) => groupsOf(actionsOf(instructions)).includes(id));
    return this.groups.delete(id);
  }

  /** Deletes a meter, and with it every flow entry that goes through it; punts go on without. */
  deleteMeter(id: number): boolean {
    this.#deleteFlows(({ instructions }) => meterOf(instructions) === id);
    return this.meters.delete(id);
  }

  #deleteFlows(which: (flow: ListedFlow) => boolean): void {
    for (const [key, flow] of this.flows) if (which(flow)) this.flows.delete(key);
  }

  #applyFlow(message: FlowMod, watch: TablesWatch): OpenFlowError | undefined {
    const { tableId: table, priority, match, cookie, cookieMask, instructions } = message;
    const key = flowKey({ table, priority, match });
    const old = this.flows.get(key);
    if (message.command === FlowModCommand.Add) {
      const error = this.#check(instructions, watch);
      if (error) return error;
      if (old && !isOwned(old.cookie) && priority > 0)
        watch.surprised(`a foreign flow is overwritten: ${key}`);
      const { hardTimeout } = message;
      const endsAt = this.now() + hardTimeout * 1000;
      const life = hardTimeout === 0 ? {} : { life: { hardTimeout, endsAt } };
      this.flows.set(key, { table, priority, match, cookie, instructions, ...life });
      watch.done(`flow add ${key}`);
      return undefined;
    }
    const verb = FLOW_VERBS.get(message.command);
    if (!verb) throw new Error(`unexpected command ${message.command}`);
    // An entry with another cookie does not match, like a missing one.
    if (!old || (old.cookie & cookieMask) !== (cookie & cookieMask)) {
      watch.surprised(`${verb} of a flow that is not there: ${key}`);
      return undefined;
    }
    if (verb === "delete") this.flows.delete(key);
    else {
      const error = this.#check(instructions, watch);
      if (error) return error;
      this.flows.set(key, { ...old, instructions });
    }
    watch.done(`flow ${verb} ${key}`);
    return undefined;
  }

  /** Whether the groups and meters that a flow entry is to use are there. */
  #check(instructions: readonly Instruction[], watch: TablesWatch): OpenFlowError | undefined {
    const meter = meterOf(instructions);
    if (meter !== undefined && !this.meters.has(meter)) return meterFailed("INVALID_METER");
    const actions = actionsOf(instructions);
    for (const id of puntMetersOf(actions)) {
      // It would punt without a limit.
      if (!this.meters.has(id)) watch.surprised(`a punt by a meter that is not there: ${id}`);
    }
    const isThere = (id: number) => this.groups.has(id);
    return groupsOf(actions).every(isThere) ? undefined : failed("UNKNOWN_GROUP");
  }

  #applyGroup(message: GroupMod, watch: TablesWatch): OpenFlowError | undefined {
    const { groupId: id, groupType: type, buckets, command } = message;
    if (command === GroupModCommand.Add) {
      if (this.groups.has(id)) return failed("GROUP_EXISTS");
      for (const child of buckets.flatMap(({ actions }) => groupsOf(actions))) {
        // It would drop what it gets.
        if (!this.groups.has(child)) watch.surprised(`a bucket uses no group: ${child}`);
      }
      this.groups.set(id, { id, type, buckets });
      watch.done(`group add ${id}`);
      return undefined;
    }
    if (command !== GroupModCommand.Delete) throw new Error(`unexpected command ${command}`);
    if (this.#isUsed(id)) watch.surprised(`group ${id} is deleted while it is used`);
    if (this.deleteGroup(id)) watch.done(`group delete ${id}`);
    else watch.surprised(`group ${id} is not there`);
    return undefined;
  }

  #applyMeter(message: MeterMod, watch: TablesWatch): OpenFlowError | undefined {
    const { meterId: id, flags, bands, command } = message;
    if (command === MeterModCommand.Add) {
      if (this.meters.has(id)) {
        watch.surprised(`meter ${id} is there already`);
        return meterFailed("METER_EXISTS");
      }
      this.meters.set(id, { id, flags, bands });
      watch.done(`meter add ${id}`);
      return undefined;
    }
    if (command !== MeterModCommand.Delete) throw new Error(`unexpected command ${command}`);
    const users = [...this.flows.values()].flatMap(({ instructions }) => metersOf(instructions));
    if (users.includes(id)) watch.surprised(`meter ${id} is deleted while it is used`);
    if (this.deleteMeter(id)) watch.done(`meter delete ${id}`);
    else watch.surprised(`meter ${id} is not there`);
    return undefined;
  }

  #isUsed(id: number): boolean {
    const lists = [
      ...[...this.flows.values()].map(({ instructions }) => actionsOf(instructions)),
      ...[...this.groups.values()].flatMap(({ buckets }) => buckets.map((b) => b.actions)),
    ];
    return lists.some((actions) => groupsOf(actions).includes(id));
  }
}

const FLOW_VERBS: ReadonlyMap<number, "modify" | "delete"> = new Map([
  [FlowModCommand.ModifyStrict, "modify"],
  [FlowModCommand.DeleteStrict, "delete"],
]);

/** Meters that a flow entry uses, whether before its actions or in one. */
export function metersOf(instructions: readonly Instruction[]): number[] {
  const meter = meterOf(instructions);
  return [...(meter === undefined ? [] : [meter]), ...puntMetersOf(actionsOf(instructions))];
}

export function failed(code: keyof typeof GroupModFailedCode): OpenFlowError {
  return errorOf(ErrorType.GroupModFailed, GroupModFailedCode[code]);
}

function meterFailed(code: keyof typeof MeterModFailedCode): OpenFlowError {
  return errorOf(ErrorType.MeterModFailed, MeterModFailedCode[code]);
}

/** An error as a session reports it. */
export function errorOf(errorType: number, errorCode: number): OpenFlowError {
  return { errorType, errorCode, text: describeError(errorType, errorCode) };
}

export function actionsOf(instructions: readonly Instruction[]): readonly Action[] {
  return instructions.flatMap((each) => ("actions" in each ? each.actions : []));
}

function groupsOf(actions: readonly Action[]): number[] {
  return actions.flatMap((action) => (action.type === "group" ? [action.groupId] : []));
}

function meterOf(instructions: readonly Instruction[]): number | undefined {
  for (const each of instructions) if (each.type === "meter") return each.meterId;
  return undefined;
}

function puntMetersOf(actions: readonly Action[]): number[] {
  return actions.flatMap((action) =>
    action.type === "nxController2"
      ? action.properties.flatMap((part) => (part.type === "meterId" ? [part.meterId] : []))
      : [],
  );
}
