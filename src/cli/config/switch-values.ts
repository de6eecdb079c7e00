// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { schemaType, type ValueType, wrong } from "./value-type.ts";

/** The treatment of a switch that is in no topology file. */
export const UNKNOWN_SWITCHES = ["accept", "quarantine", "refuse"] as const;

/** The base forwarding of a switch that is in no topology file. */
type DefaultForwarding = "paths" | "normal" | { readonly table: number };

/** A kind of tunnels; `port`: of UDP. */
export interface TapTunnels {
  readonly type: "geneve" | "vxlan" | "gre";
  readonly port?: number;
}

/** When a policy is suspended for the frames that production ports lose after its install. */
export interface DropGuardConfig {
  /** Largest number of lost frames that is tolerated. */
  readonly drops: number;
  /** How long a policy is watched after an install. */
  readonly windowSeconds: number;
}

/** A datapath id in every notation that topology files accept. */
export const DPID = /^([0-9a-fA-F]{16}|([0-9a-fA-F]{2}:){7}[0-9a-fA-F]{2}|0[xX][0-9a-fA-F]{1,16})$/;

/** Datapath ids in any notation; the values are 16 hex digits each. */
export const dpids: ValueType<readonly string[]> = {
  text: "list of datapath ids",
  schema: z.array(z.string().regex(DPID)),
  parse(value) {
    if (!Array.isArray(value)) return wrong(value, "a list of datapath ids", 'write ["…", "…"]');
    const read: string[] = [];
    for (const item of value) {
      const dpid = dpidOf(item);
      if (dpid === undefined) return wrong(item, "a datapath id", WRITE_DPID);
      read.push(dpid);
    }
    return { ok: true, value: read };
  },
};

const WRITE_DPID = 'write 16 hex digits: "0000000000000001"';

/** A datapath id as 16 hex digits; undefined for anything else. */
export function dpidOf(value: unknown): string | undefined {
  if (typeof value !== "string" || !DPID.test(value)) return undefined;
  return value.toLowerCase().replace(/^0x/, "").replaceAll(":", "").padStart(16, "0");
}

/** A forwarding profile, in the notation of topology files. */
export const forwarding: ValueType<DefaultForwarding> = schemaType(
  '`paths`, `normal` or `{ "table": N }`',
  z.union([z.literal(["paths", "normal"]), z.strictObject({ table: z.int().min(1).max(253) })]),
  (value) =>
    wrong(
      value,
      "a forwarding profile",
      'write "paths", "normal" or { "table": N } with N from 1 to 253',
    ),
);

/** When the drop guard suspends a policy. */
export const dropGuard: ValueType<DropGuardConfig> = schemaType(
  '`{ "drops": N, "windowSeconds": S }`',
  z.strictObject({ drops: z.int().min(0), windowSeconds: z.number().min(1).max(3600) }),
  (value) =>
    wrong(
      value,
      "a guard",
      'write { "drops": N, "windowSeconds": S } with whole N from 0 and S from 1 to 3600',
    ),
);

/** The name of a bridge of Open vSwitch; that of its port has 15 characters at most. */
export const bridgeName: ValueType<string> = schemaType(
  "name of a bridge",
  z.string().regex(/^[A-Za-z0-9_.-]{1,15}$/),
  (value) =>
    wrong(value, "the name of a bridge", 'write 1 to 15 letters, digits, ".", "_" and "-"'),
);

/** Where a bridge connects to its controller. @spec ovs-vswitchd.conf.db(5), table Controller, target */
export const controllerTarget: ValueType<string> = schemaType(
  "`tcp:ADDRESS:PORT` or `ssl:ADDRESS:PORT`",
  z.string().regex(/^(tcp|ssl):(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z.-]+):\d{1,5}$/),
  (value) =>
    wrong(value, "where a bridge connects to its controller", 'write "tcp:192.0.2.10:6653"'),
);

const TUNNELS = /^(?:(geneve|vxlan):(\d{1,5})|(gre))$/;

/** How copies cross the network between bridges of OpenVTAP's own. */
export const tapTunnels: ValueType<TapTunnels> = {
  text: "`geneve:PORT`, `vxlan:PORT` or `gre`",
  schema: z.string().regex(TUNNELS),
  parse(value) {
    const [, type, digits, plain] = (typeof value === "string" && TUNNELS.exec(value)) || [];
    const port = Number(digits);
    if (plain === "gre") return { ok: true, value: { type: plain } };
    if ((type === "geneve" || type === "vxlan") && port > 0 && port <= 65_535) {
      return { ok: true, value: { type, port } };
    }
    return wrong(value, "a kind of tunnels", 'write "geneve:61081", "vxlan:61081" or "gre"');
  },
};
