// SPDX-License-Identifier: Apache-2.0
import {
  BRIDGE,
  insert,
  insertedRow,
  MIRROR,
  mutate,
  type Operation,
  type Replica,
  type RowOf,
  update,
  wait,
} from "../../ovsdb/index.ts";
import type { PlannedMirror, PolicyId } from "../../policy/index.ts";
import type { PortNo } from "../../topology/index.ts";
import { MIRROR_LABEL, type NamedBridge } from "../databases/bridge-settings.ts";
import type { BridgePorts, DatabasePort } from "./bridge-ports.ts";

type Mirror = RowOf<typeof MIRROR>;

/** Mirrors of a bridge in Open vSwitch. @spec ovs-vswitchd.conf.db(5), table Mirror */
export const MOST_MIRRORS = 32;

/** A mirror as it is to be in a database. */
export interface DesiredMirror {
  readonly label: string;
  readonly row: Mirror;
}

/** A mirror that a database has. */
interface PresentMirror {
  readonly uuid: string;
  /** Undefined: it is not OpenVTAP's. */
  readonly label: string | undefined;
  readonly row: Mirror;
}

/** A label that is the same for the same monitor of a policy on every switch, and after a restart. */
export function labelOf(policy: PolicyId, { index }: PlannedMirror): string {
  return `${policy}/${index}`;
}

/** The name of the mirror of a label. */
export function nameOf(label: string): string {
  return `openvtap-${label}`;
}

/** The policy of a label. */
export function policyOf(label: string): PolicyId {
  return label.slice(0, label.lastIndexOf("/")) as PolicyId;
}

/** A mirror of a label, and the port by which its frames leave. */
interface FoundRow {
  readonly row: Mirror;
  readonly output: PortNo;
}

/**
 * The row of a mirror, or why there can be none; undefined: its bridge has no port of the pattern. Waiting
 * may solve what is no error.
 */
export function rowOf(
  label: string,
  planned: PlannedMirror,
  ports: BridgePorts,
): FoundRow | { readonly problem: string; readonly isError: boolean } | undefined {
  const numbers = [...planned.sources, ...planned.destinations];
  const selected = new Map<PortNo, DatabasePort>();
  for (const number of numbers) {
    const port = ports.numbered(number);
    if (port === undefined)
      return { problem: `port ${number} is not in the database yet`, isError: false };
    if (port.isBond) return { problem: bondProblem(port), isError: true };
    selected.set(number, port);
  }
  const found =
    "port" in planned.output
      ? [ports.numbered(planned.output.port)].filter((port) => port !== undefined)
      : ports.named(planned.output.pattern);
  const [output, another] = found;
  if (output === undefined) {
    if ("pattern" in planned.output) return undefined;
    return { problem: `port ${planned.output.port} is not in the database yet`, isError: false };
  }
  if (another !== undefined) {
    return {
      problem: `${planned.monitor} is ambiguous: ${output.name} and ${another.name}; write a pattern that one port has`,
      isError: true,
    };
  }
  if (output.isBond) return { problem: bondProblem(output), isError: true };
  if (output.number === undefined) {
    return { problem: `port ${output.name} has no OpenFlow number yet`, isError: false };
  }
  const uuids = (of: readonly PortNo[]) =>
    new Set(of.map((number) => selected.get(number)?.uuid ?? ""));
  const row: Mirror = {
    name: nameOf(label),
    selectAll: planned.isAll,
    sources: uuids(planned.sources),
    destinations: uuids(planned.destinations),
    vlans: new Set(planned.vlans),
    outputPort: output.uuid,
    outputVlan: undefined,
    snapLength: planned.snapLength,
    externalIds: new Map([[MIRROR_LABEL, label]]),
  };
  return { row, output: output.number };
}

function bondProblem({ name }: DatabasePort): string {
  return `port ${name} is a bond: a mirror selects or serves it as a whole; delivery auto can`;
}

/** The mirrors that a bridge has. */
export function presentMirrors(replica: Replica, bridge: NamedBridge): readonly PresentMirror[] {
  const present: PresentMirror[] = [];
  for (const uuid of bridge.mirrors) {
    const row = replica.row(MIRROR, uuid);
    if (row) present.push({ uuid, label: row.externalIds.get(MIRROR_LABEL), row });
  }
  return present;
}

/** A text that is equal for rows with the same content. */
export function contentOf(row: Mirror): string {
  const { name, selectAll, sources, destinations, vlans, outputPort, outputVlan, snapLength } = row;
  const sets = [sources, destinations, vlans].map((each) => [...each].map(String).sort());
  return JSON.stringify([name, selectAll, ...sets, outputPort, outputVlan, snapLength]);
}

/** Mirrors with the largest of the lengths at each output: a switch sends a frame there once, cut as the first mirror says. */
export function withCommonLengths(desired: readonly DesiredMirror[]): readonly DesiredMirror[] {
  const lengths = new Map<string, number | undefined>();
  for (const { row } of desired) {
    const output = row.outputPort ?? "";
    const other = lengths.has(output) ? lengths.get(output) : 0;
    const isWhole = other === undefined || row.snapLength === undefined;
    lengths.set(output, isWhole ? undefined : Math.max(other, row.snapLength));
  }
  return desired.map(({ label, row }) => ({
    label,
    row: { ...row, snapLength: lengths.get(row.outputPort ?? "") },
  }));
}

/**
 * The operations that lead from the present mirrors of a bridge to the desired ones; none: they are there.
 * Mirrors that are not OpenVTAP's stay, and so do those with a label that `isKept`. The operations fail when
 * another client has changed the list of mirrors meanwhile.
 */
export function mirrorOperations(
  bridge: NamedBridge,
  present: readonly PresentMirror[],
  desired: readonly DesiredMirror[],
  isKept: (label: string) => boolean,
): readonly Operation[] {
  const missing = new Map(desired.map((each) => [each.label, each.row]));
  const gone = new Set<string>();
  const operations: Operation[] = [];
  for (const { uuid, label, row } of present) {
    if (label === undefined) continue;
    const now = missing.get(label);
    missing.delete(label);
    if (now === undefined) {
      const isSecond = desired.some((each) => each.label === label);
      if (isSecond || !isKept(label)) gone.add(uuid);
    } else if (contentOf(now) !== contentOf(row)) {
      const { externalIds: _, ...columns } = now;
      operations.push(update(MIRROR, { uuid }, columns));
    }
  }
  const added = [...missing].map(([, row], index) => {
    operations.push(insert(MIRROR, row, `m${index}`));
    return insertedRow(`m${index}`);
  });
  if (gone.size > 0 || added.length > 0) {
    const mirrors = { delete: gone, insert: new Set(added) };
    operations.push(mutate(BRIDGE, bridge, { mirrors }));
  }
  if (operations.length === 0) return [];
  return [wait(BRIDGE, bridge, ["mirrors"], [{ mirrors: bridge.mirrors }]), ...operations];
}
