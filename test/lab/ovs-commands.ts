// SPDX-License-Identifier: Apache-2.0
/** `ovs-vsctl` commands that create the parts of a lab; each command is a list of words. */

/** A host; `name` is also the name of its port. */
export interface LabHost {
  readonly name: string;
  readonly port: number;
}

/** A switch; its hosts are at ports of the same names. */
export interface LabSwitch {
  readonly name: string;
  /** Sixteen hex digits; by default the switch's number. */
  readonly dpid?: string;
  readonly hosts?: readonly LabHost[];
  /** Controller target such as `tcp:127.0.0.1:6653`; none by default. */
  readonly controller?: string;
}

/** A link: `[switch, port, switch, port]`. */
export type LabLink = readonly [string, number, string, number];

/** The port of a host: frames that leave it are written to the capture file. */
export function hostCommands(switchName: string, host: LabHost, capture: string): string[][] {
  const settings = ["type=dummy", `ofport_request=${host.port}`, `options:tx_pcap=${capture}`];
  return [
    ["add-port", switchName, host.name],
    ["set", "interface", host.name, ...settings],
  ];
}

/** The bridge itself: empty tables, no forwarding of its own, no controller yet. */
export function bridgeCommands(name: string, dpid: string): string[][] {
  const settings = ["datapath_type=dummy", "protocols=OpenFlow14", "fail-mode=secure"];
  return [
    ["add-br", name],
    ["set", "bridge", name, ...settings, `other-config:datapath-id=${dpid}`],
  ];
}

/** The OpenFlow name of a link port. */
export function linkPortName(switchName: string, port: number): string {
  return `${switchName}-p${port}`;
}

/** Both ends of a link, a pair of patch ports: one command each. */
export function linkCommands([a, aPort, b, bPort]: LabLink): string[][] {
  const [aName, bName] = [linkPortName(a, aPort), linkPortName(b, bPort)];
  const end = (owner: string, name: string, port: number, peer: string) => [
    ...["--may-exist", "add-port", owner, name, "--", "set", "interface", name],
    ...["type=patch", `options:peer=${peer}`, `ofport_request=${port}`],
  ];
  return [end(a, aName, aPort, bName), end(b, bName, bPort, aName)];
}

/** Points a switch to a controller; it retries every second, the shortest interval there is. */
export function controllerCommands(switchName: string, target: string): string[][] {
  return [
    ["set-controller", switchName, target],
    ["set", "controller", switchName, "max_backoff=1000", "connection_mode=out-of-band"],
  ];
}
