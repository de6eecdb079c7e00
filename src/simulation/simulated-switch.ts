// SPDX-License-Identifier: Apache-2.0
import { type FlowActionSpec, type FlowSpec, NO_PORT } from "../flow-model/index.ts";
import { NX_IN_PORT, Port } from "../openflow/index.ts";
import {
  type FrameFields,
  frameFields,
  isEditable,
  poppedVlan,
  pushedVlan,
  type ReadingOptions,
  withFrameField,
} from "../packet/index.ts";
import type { PortNo } from "../topology/index.ts";
import { actionSet } from "./action-set.ts";
import { bridgedFrame } from "./bridged-frame.ts";
import { afterPush, type ParsedFrame, parsedFrame, written } from "./datapath-frame.ts";
import { type Bits, PipelineFields, satisfies } from "./pipeline-fields.ts";
import type { Fired, FrameRole, Sent, Switched } from "./trace.ts";

/** The behaviour of a switch that is not in its tables. */
export interface SwitchBehaviour {
  /** The ports to which action NORMAL sends a frame; the caller omits the ingress port. */
  readonly bridge: (inPort: PortNo, bytes: Uint8Array) => readonly PortNo[];
  /**
   * The VLAN of an access port, undefined for a trunk: where given, action NORMAL changes tags as Open
   * vSwitch does. Default: it leaves them as they are.
   */
  readonly accessVlan?: (port: PortNo) => number | undefined;
  /** A frame's hash (multipath) from 0 to `below` - 1, for a seed. */
  readonly hash: (bytes: Uint8Array, below: number, seed: number) => number;
  /** How it parses frames. Default: as Open vSwitch does by default. */
  readonly reading?: ReadingOptions;
}

/** A frame that enters a switch. */
interface Entering {
  readonly inPort: PortNo;
  readonly bytes: Uint8Array;
  readonly role: FrameRole;
  readonly mayDrop: boolean;
}

/** A frame within a switch: each bucket and each resubmit has its own. */
interface Packet extends Entering, ParsedFrame {
  readonly pipeline: PipelineFields;
}

/** Deepest nesting of resubmits that Open vSwitch executes for one frame. */
const MAX_DEPTH = 64;

/**
 * A switch with flow tables that behaves like Open vSwitch 3.1. Supports the actions that OpenVTAP
 * uses; throws on others, on two matching rules of one priority with different actions, and on an
 * endless resubmit.
 */
export class SimulatedSwitch {
  /** By table, highest priority first. */
  readonly #tables = new Map<number, FlowSpec[]>();
  readonly #behaviour: SwitchBehaviour;

  constructor(flows: readonly FlowSpec[], behaviour: SwitchBehaviour) {
    this.#behaviour = behaviour;
    for (const flow of flows) {
      const table = this.#tables.get(flow.table);
      if (table) table.push(flow);
      else this.#tables.set(flow.table, [flow]);
    }
    for (const table of this.#tables.values()) table.sort((a, b) => b.priority - a.priority);
  }

  receive(frame: Entering): Switched {
    const run = new Run(this.#tables, this.#behaviour);
    const { tags } = parsedFrame(frame.bytes, this.#behaviour.reading?.vlanLimit ?? 1);
    run.enter({ ...frame, tags, pipeline: PipelineFields.none });
    return { fired: run.fired, sent: run.sent };
  }
}

/** One frame in the tables of one switch. */
class Run {
  readonly fired: Fired[] = [];
  readonly sent: Sent[] = [];
  /**
   * The frame in the datapath. Open vSwitch writes header changes there only before an output: the next
   * bucket with an output reverts those of an earlier bucket.
   */
  #datapath: ParsedFrame = { bytes: new Uint8Array(), tags: 0 };
  readonly #tables: ReadonlyMap<number, readonly FlowSpec[]>;
  readonly #behaviour: SwitchBehaviour;

  constructor(tables: ReadonlyMap<number, readonly FlowSpec[]>, behaviour: SwitchBehaviour) {
    this.#tables = tables;
    this.#behaviour = behaviour;
  }

  enter(packet: Packet): void {
    this.#datapath = packet;
    this.lookUp(0, packet, 0);
  }

  /** Looks a packet up in a table and executes the rule; returns the packet as the rule left it. */
  lookUp(table: number, packet: Packet, depth: number): Packet {
    if (depth > MAX_DEPTH) throw new Error("a resubmit never ends");
    const flows = this.#tables.get(table);
    const { bytes } = packet;
    if (flows === undefined && table !== 0) {
      this.sent.push({ to: "table", table, ...sentFrame(packet) });
      return packet;
    }
    const flow = ruleFor(flows ?? [], packet, this.#behaviour.reading);
    this.fired.push({ table, flow, bytes, resubmitted: depth > 0 });
    if (flow === undefined) return packet;
    const isCopy = flow.category === "recovery" || flow.category === "transit";
    const role = isCopy ? "copy" : packet.role;
    const mayDrop = packet.mayDrop || flow.meter !== undefined;
    return this.#execute(flow.actions, { ...packet, role, mayDrop }, depth);
  }

  #execute(actions: readonly FlowActionSpec[], packet: Packet, depth: number): Packet {
    let now = packet;
    for (const [index, action] of actions.entries()) {
      if (action.type === "nxClone") this.#clone(action, now, depth, index === actions.length - 1);
      else now = this.#executeOne(action, now, depth);
    }
    return now;
  }

  /** The datapath clones the frame, as it is now, only for actions that it could not undo. */
  #clone({ actions }: Clone, packet: Packet, depth: number, isLast: boolean): void {
    const isReal = !isLast && actions.some(({ type }) => type === "nxOutputTrunc");
    if (isReal) this.#write(packet);
    const before = this.#datapath;
    this.#execute(actions, packet, depth);
    if (isReal) this.#datapath = before;
  }

  #executeOne(action: FlowActionSpec, packet: Packet, depth: number): Packet {
    switch (action.type) {
      case "output":
        this.#output(action.port, packet);
        return packet;
      case "useGroup":
        for (const { actions, role } of action.group.buckets) {
          const copy = role === "copy" ? { ...packet, role } : packet;
          this.#execute(actionSet(actions), copy, depth);
        }
        return packet;
      case "nxResubmitTable":
        return this.lookUp(action.tableId, packet, depth + 1);
      case "nxOutputTrunc":
        this.#outputTruncated(action, packet);
        return packet;
      case "punt":
        this.sent.push({
          to: "controller",
          ...sentFrame({
            ...this.#write(packet),
            mayDrop: packet.mayDrop || action.meter !== undefined,
          }),
        });
        return packet;
      case "nxController":
      case "nxController2":
        this.sent.push({ to: "controller", ...sentFrame(packet) });
        return packet;
      case "nxMultipath": {
        const link = this.#behaviour.hash(packet.bytes, action.maxLink + 1, action.basis);
        return loaded(packet, action.dst, action.range, BigInt(link));
      }
      default:
        return edited(action, packet);
    }
  }

  /** Open vSwitch truncates before it writes the header changes. */
  #outputTruncated({ port, maxLen }: Truncation, packet: Packet): void {
    const cut = Math.max(0, this.#datapath.bytes.length - maxLen);
    if (port === NO_PORT) return;
    const whole = this.#write(packet);
    const bytes = whole.bytes.subarray(0, Math.max(0, whole.bytes.length - cut));
    if (bytes.length >= ETHERNET_BYTES) this.#send(port, { ...whole, bytes });
  }

  /** Brings the frame in the datapath up to date; returns the packet as it is there. */
  #write(packet: Packet): Packet {
    this.#datapath = written(this.#datapath, packet);
    return { ...packet, ...this.#datapath };
  }

  #output(port: number, packet: Packet): void {
    if (port === Port.Normal) this.#bridge(packet);
    else if (port !== NO_PORT) this.#send(port, this.#write(packet));
  }

  #bridge(packet: Packet): void {
    const { inPort } = packet;
    const { bridge, accessVlan } = this.#behaviour;
    for (const port of bridge(inPort, packet.bytes)) {
      if (port === inPort) continue;
      const vlans = accessVlan && { from: accessVlan(inPort), to: accessVlan(port) };
      const frame = vlans === undefined ? packet : bridgedFrame(packet, vlans);
      if (frame !== undefined) this.#send(port, this.#write({ ...packet, ...frame }));
    }
  }

  #send(port: number, packet: Packet): void {
    const { inPort } = packet;
    if (port === Port.Controller) {
      this.sent.push({ to: "controller", ...sentFrame(packet) });
    } else if (port === Port.InPort || port === NX_IN_PORT) {
      this.sent.push({ to: "port", port: inPort, ...sentFrame(packet) });
    } else if (port > Port.Max && port !== Port.Local) {
      throw new Error(`output to port 0x${port.toString(16)} is not simulated`);
    } else if (port !== inPort) {
      // A switch ignores an output to the ingress port.
      this.sent.push({ to: "port", port: port as PortNo, ...sentFrame(packet) });
    }
  }
}

type Clone = Extract<FlowActionSpec, { type: "nxClone" }>;
type Truncation = Extract<FlowActionSpec, { type: "nxOutputTrunc" }>;

/** Smallest frame that leaves a switch. */
const ETHERNET_BYTES = 14;

function sentFrame({ bytes, role, mayDrop }: Packet) {
  return { bytes, role, mayDrop };
}

/** The rule for a packet; several of the highest priority must have equal actions. */
function ruleFor(
  flows: readonly FlowSpec[],
  packet: Packet,
  reading: ReadingOptions | undefined,
): FlowSpec | undefined {
  const fields = frameFields(packet.bytes, reading);
  if (fields === undefined) return undefined;
  let found: FlowSpec | undefined;
  for (const flow of flows) {
    if (found !== undefined && flow.priority < found.priority) break;
    if (!matches(flow, fields, packet)) continue;
    if (found === undefined) found = flow;
    else if (textOf(found) !== textOf(flow)) {
      throw new Error(`ambiguous: ${textOf(found)} or ${textOf(flow)}`);
    }
  }
  return found;
}

function matches({ match }: FlowSpec, fields: FrameFields, packet: Packet): boolean {
  return match.every((item) => {
    const value = packetValue(item.field, fields, packet);
    return value !== undefined && satisfies(value, item);
  });
}

/** Fields that every packet has, whatever its frame. */
const PIPELINE_FIELD = /^(metadata|x{0,2}reg\d+|tun[A-Z].*)$/;

function packetValue(
  name: string,
  fields: FrameFields,
  { inPort, pipeline }: Packet,
): Bits | undefined {
  if (name === "inPort") return inPort;
  if (PIPELINE_FIELD.test(name)) return pipeline.get(name);
  return name in fields ? fields[name as keyof FrameFields] : undefined;
}

function edited(action: FlowActionSpec, packet: Packet): Packet {
  switch (action.type) {
    case "setField": {
      const { field } = action;
      if (!("value" in field)) throw new Error("set_field of an unknown field is not simulated");
      if (PIPELINE_FIELD.test(field.field))
        return withPipelineField(packet, field.field, BigInt(field.value));
      if (!isEditable(field.field)) throw new Error(`set_field ${field.field} is not simulated`);
      const bytes = withFrameField(packet.bytes, field.field, field.value);
      return { ...packet, bytes };
    }
    case "pushVlan":
      return { ...packet, ...afterPush(pushedVlan(packet.bytes, action.ethertype), packet.tags) };
    case "popVlan":
      if (packet.tags === 0) return packet;
      return { ...packet, bytes: poppedVlan(packet.bytes), tags: packet.tags - 1 };
    case "nxRegLoad":
      if (action.dst.field === "inPort")
        return { ...packet, inPort: Number(action.value) as PortNo };
      return loaded(packet, action.dst, action.range, action.value);
    case "setQueue":
      return packet;
    default:
      throw new Error(`action ${action.type} is not simulated`);
  }
}

function withPipelineField(packet: Packet, name: string, value: bigint): Packet {
  return { ...packet, pipeline: packet.pipeline.with(name, value) };
}

/** The addresses of which a load may write some bits, as it names them. */
const LOADED_ADDRESSES: Readonly<Record<string, "ethSrc" | "ethDst">> = {
  nxmEthSrc: "ethSrc",
  nxmEthDst: "ethDst",
};

/** A packet with some bits of a field set. */
function loaded(
  packet: Packet,
  { field }: { readonly field: string },
  { ofs, nBits }: { readonly ofs: number; readonly nBits: number },
  value: bigint,
): Packet {
  const mask = ((1n << BigInt(nBits)) - 1n) << BigInt(ofs);
  const bits = (value << BigInt(ofs)) & mask;
  if (PIPELINE_FIELD.test(field)) {
    return withPipelineField(packet, field, (packet.pipeline.get(field) & ~mask) | bits);
  }
  const name = LOADED_ADDRESSES[field];
  if (name === undefined) throw new Error(`load ${field} is not simulated`);
  const kept = BigInt(frameFields(packet.bytes)?.[name] ?? 0) & ~mask;
  return { ...packet, bytes: withFrameField(packet.bytes, name, Number(kept | bits)) };
}

function textOf({ actions }: FlowSpec): string {
  return JSON.stringify(actions, (_, each: unknown) =>
    typeof each === "bigint" ? `0x${each.toString(16)}` : each,
  );
}
