// SPDX-License-Identifier: Apache-2.0
import type { SwitchSettings } from "../../contract/observation/switch-database.ts";
import type { Dpid, PortAt, Topology } from "../../topology/index.ts";

/** What in the settings of a switch endangers copies, each a sentence without a full stop; usually nothing. */
export function dangersOf(
  topology: Topology,
  dpid: Dpid,
  { failMode, mirrors, bridge }: SwitchSettings,
): readonly string[] {
  const found = topology.switches.get(dpid);
  if (!found?.programmed) return [];
  const isTapPort = (output: string | undefined) => {
    if (output === undefined) return false;
    const port = [...found.ports.values()].find(({ name }) => name === output);
    return port !== undefined && topology.portRole(dpid, port.no) === "tap";
  };
  const dangers = mirrors
    .filter(({ outputPort, own }) => !own && isTapPort(outputPort))
    .map(
      ({ name, outputPort }) =>
        `mirror ${name} sends frames to port ${outputPort}, by which copies leave: its monitor receives more than copies; give the mirror another port`,
    );
  if (failMode === "secure") return dangers;
  const remedy = `ovs-vsctl set-fail-mode ${bridge} secure, while a controller is connected`;
  return [
    `the fail mode is standalone: when no controller is connected, the switch deletes all entries and forwards by itself, without copies; ${remedy}`,
    ...dangers,
  ];
}

/** What else than copies leaves by a port to a monitor: that of mirrors of others, as a clause; undefined: nothing. */
export function excessOf(
  topology: Topology,
  { dpid, port }: PortAt,
  { mirrors }: SwitchSettings,
): string | undefined {
  const found = topology.switches.get(dpid);
  const name = found?.ports.get(port)?.name;
  const to = mirrors.find(
    ({ own, outputPort }) => !own && name !== undefined && outputPort === name,
  );
  if (to === undefined || found === undefined) return undefined;
  return `mirror ${to.name} of switch ${found.name} sends frames to its port ${name}; give the mirror another port`;
}
