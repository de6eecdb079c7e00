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

/** A mirror of a label, and the port by which its frames leave; undefined: they leave by all ports of a VLAN. */
interface FoundRow {
  readonly row: Mirror;
  readonly output: PortNo | undefined;
}

/** Why there can be no row; waiting may solve what is no error. */
interface NoRow {
  readonly problem: string;
  readonly isError: boolean;
}

/** The row of a mirror, or why there can be none; undefined: its bridge has no port of the pattern. */
export function rowOf(
  label: string,
  planned: PlannedMirror,
  ports: BridgePorts,
): FoundRow | NoRow | undefined {
  const numbers = [...planned.sources, ...planned.destinations];
  const selected = new Map<PortNo, DatabasePort>();
  for (const number of numbers) {
    const port = ports.numbered(number);
    if (port === undefined)
      return { problem: `port ${number} is not in the database yet`, isError: false };
    if (port.isBond) return { problem: bondProblem(port), isError: true };
    selected.set(number, port);
  }
  const output = outputOf(planned, ports);
  if (output === undefined || "problem" in output) return output;
  const uuids = (of: readonly PortNo[]) =>
    new Set(of.map((number) => selected.get(number)?.uuid ?? ""));
  const row: Mirror = {
    name: nameOf(label),
    selectAll: planned.isAll,
    sources: uuids(planned.sources),
    destinations: uuids(planned.destinations),
    vlans: new Set(planned.vlans),
    outputPort: output.port?.uuid,
    outputVlan: output.vlan,
    snapLength: planned.snapLength,
    externalIds: new Map([[MIRROR_LABEL, label]]),
  };
  return { row, output: output.port?.number };
}

/** Where a mirror sends frames. */
interface FoundOutput {
  readonly port?: DatabasePort;
  readonly vlan?: number;
}

function outputOf(
  { monitor, output }: PlannedMirror,
  ports: BridgePorts,
): FoundOutput | NoRow | undefined {
  if ("vlan" in output) return vlanOutput(output.vlan, ports);
  const found = "port" in output ? [ports.numbered(output.port)] : ports.named(output.pattern);
  const [port, another] = found;
  if (port === undefined) {
    if ("pattern" in output) return undefined;
    return { problem: `port ${output.port} is not in the database yet`, isError: false };
  }
  if (another !== undefined) {
    return {
      problem: `${monitor} is ambiguous: ${port.name} and ${another.name}; write a pattern that one port has`,
      isError: true,
    };
  }
  if (port.isBond) return { problem: bondProblem(port), isError: true };
  if (port.number === undefined) {
    return { problem: `port ${port.name} has no OpenFlow number yet`, isError: false };
  }
  return { port };
}

/** How many ports a problem names. */
const MOST_NAMED = 5;

/** A switch sends copies to every port that carries the VLAN: so each is to say that it does. */
function vlanOutput(vlan: number, ports: BridgePorts): FoundOutput | NoRow {
  const carrying = ports.carrying(vlan);
  const open = carrying.flatMap(({ name, vlans }) => (vlans === undefined ? [name] : [])).sort();
  if (open.length > 0) {
    const named = open.slice(0, MOST_NAMED).join(", ");
    const more = open.length > MOST_NAMED ? ` and ${open.length - MOST_NAMED} more` : "";
    const problem = `copies in VLAN ${vlan} would leave by every port that carries all VLANs: ${named}${more}; give each of them a tag or trunks`;
    return { problem, isError: true };
  }
  if (carrying.length > 0) return { vlan };
  return { problem: `no port carries VLAN ${vlan}`, isError: false };
}

/** A text that is equal for mirrors that send frames to the same place. */
function placeOfOutput({ outputPort, outputVlan }: Mirror): string {
  return outputPort ?? `VLAN ${outputVlan}`;
}

/** Whether two mirrors send frames to the same place. */
export function haveSameOutput(x: Mirror, y: Mirror): boolean {
  return placeOfOutput(x) === placeOfOutput(y);
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
    const output = placeOfOutput(row);
    const other = lengths.has(output) ? lengths.get(output) : 0;
    const isWhole = other === undefined || row.snapLength === undefined;
    lengths.set(output, isWhole ? undefined : Math.max(other, row.snapLength));
  }
  return desired.map(({ label, row }) => ({
    label,
    row: { ...row, snapLength: lengths.get(placeOfOutput(row)) },
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
