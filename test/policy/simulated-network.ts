import { Port } from "../../src/openflow/index.ts";
import type { ActionSpec, FlowSpec } from "../../src/pipeline/index.ts";
import { and, type Bits } from "../../src/policy/region/bits.ts";
import type { FrameFields } from "../../src/policy/region/region.ts";
import type { Dpid, PortNo, Topology } from "../../src/topology/index.ts";

/** A frame with its header fields and the tags under its outermost one. */
export interface SimulatedFrame {
  readonly fields: FrameFields;
  readonly tags: readonly {
    readonly vlanVid: Bits | undefined;
    readonly vlanPcp: Bits | undefined;
  }[];
}

/** A frame at a port, entering or leaving a switch. */
export interface FrameAt {
  readonly dpid: Dpid;
  readonly port: PortNo;
  readonly frame: SimulatedFrame;
}

/** Where action NORMAL sends a frame. */
export type Bridge = (dpid: Dpid, ethDst: number) => readonly PortNo[];

/** What became of a frame: what left the network, and where switches saw the frame on its way. */
export interface Outcome {
  readonly delivered: readonly FrameAt[];
  readonly seen: readonly { readonly dpid: Dpid; readonly inPort: PortNo }[];
}

const MAX_HOPS = 2000;

/** A frame without hidden tags. */
export function plainFrame(fields: FrameFields): SimulatedFrame {
  return { fields, tags: [] };
}

/**
 * Runs flow tables on every switch of a topology. Throws on a loop and on a frame that two entries
 * of one priority would treat differently.
 */
export class SimulatedNetwork {
  readonly #topology: Topology;
  readonly #tables: (dpid: Dpid) => readonly FlowSpec[];
  readonly #bridge: Bridge;

  constructor(topology: Topology, tables: (dpid: Dpid) => readonly FlowSpec[], bridge: Bridge) {
    this.#topology = topology;
    this.#tables = tables;
    this.#bridge = bridge;
  }

  send(at: FrameAt): Outcome {
    const delivered: FrameAt[] = [];
    const seen: { dpid: Dpid; inPort: PortNo }[] = [];
    const moving: FrameAt[] = [at];
    for (let hops = 0; ; hops++) {
      const next = moving.pop();
      if (next === undefined) return { delivered, seen };
      if (hops > MAX_HOPS) throw new Error("the frame loops");
      seen.push({ dpid: next.dpid, inPort: next.port });
      for (const out of this.#switch(next)) {
        const peer = this.#topology.peer(out.dpid, out.port);
        if (peer !== undefined) moving.push({ ...peer, frame: out.frame });
        else if (!this.#topology.isLinkPort(out.dpid, out.port)) delivered.push(out);
      }
    }
  }

  #switch(at: FrameAt): FrameAt[] {
    const fields: FrameFields = { ...at.frame.fields, inPort: at.port };
    const hits = this.#tables(at.dpid).filter((flow) => matches(flow, fields));
    const top = Math.max(...hits.map(({ priority }) => priority));
    const best = hits.filter(({ priority }) => priority === top);
    const texts = new Set(best.map(({ actions }) => text(actions)));
    if (texts.size > 1) throw new Error(`ambiguous: ${[...texts].join(" or ")}`);
    const out: FrameAt[] = [];
    this.#run(best[0]?.actions ?? [], at, at.frame, out);
    return out;
  }

  #run(
    actions: readonly ActionSpec[],
    at: FrameAt,
    frame: SimulatedFrame,
    out: FrameAt[],
  ): SimulatedFrame {
    let now = frame;
    for (const action of actions) {
      if (action.type === "output") this.#output(action.port, at, now, out);
      else if (action.type === "useGroup") {
        for (const bucket of action.group.buckets) this.#run(bucket.actions, at, now, out);
      } else now = modified(now, action);
    }
    return now;
  }

  #output(port: number, at: FrameAt, frame: SimulatedFrame, out: FrameAt[]): void {
    if (port === Port.InPort) out.push({ dpid: at.dpid, port: at.port, frame });
    else if (port === Port.Normal) {
      const ports = this.#bridge(at.dpid, Number(frame.fields.ethDst));
      for (const each of ports) this.#output(each, at, frame, out);
    } else if (port !== at.port) out.push({ dpid: at.dpid, port: port as PortNo, frame });
  }
}

function modified(frame: SimulatedFrame, action: ActionSpec): SimulatedFrame {
  const { fields, tags } = frame;
  switch (action.type) {
    case "setField": {
      const { field } = action;
      if (!("value" in field)) throw new Error("cannot set that");
      return { fields: { ...fields, [field.field]: field.value }, tags };
    }
    case "pushVlan": {
      const { vlanVid, vlanPcp } = fields;
      const outer = vlanVid === 0 ? { vlanVid: 0x1000, vlanPcp: 0 } : {};
      return { fields: { ...fields, ...outer }, tags: [...tags, { vlanVid, vlanPcp }] };
    }
    case "popVlan": {
      const inner = tags.at(-1);
      if (inner === undefined) throw new Error("popping a tag that is not there");
      const { vlanVid: _vid, vlanPcp: _pcp, ...rest } = fields;
      return { fields: { ...rest, ...definedOnly(inner) }, tags: tags.slice(0, -1) };
    }
    default:
      throw new Error(`action ${action.type} is not simulated`);
  }
}

function definedOnly(tag: SimulatedFrame["tags"][number]): FrameFields {
  return {
    ...(tag.vlanVid === undefined ? {} : { vlanVid: tag.vlanVid }),
    ...(tag.vlanPcp === undefined ? {} : { vlanPcp: tag.vlanPcp }),
  };
}

function matches({ match }: FlowSpec, fields: FrameFields): boolean {
  return match.every((item) => {
    if (!("value" in item)) throw new Error("not simulated");
    const value = (fields as Record<string, Bits | undefined>)[item.field];
    if (value === undefined) return false;
    const mask = "mask" in item ? item.mask : undefined;
    return mask === undefined ? value === item.value : and(value, mask as Bits) === item.value;
  });
}

/** A frame at a port as text: equal for equal frames. */
export function frameText({ dpid, port, frame }: FrameAt): string {
  const fields = Object.entries(frame.fields).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${dpid}/${port} ${text(fields)} ${text(frame.tags)}`;
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "bigint" ? `0x${each.toString(16)}` : each,
  );
}
