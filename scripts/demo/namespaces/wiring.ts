// SPDX-License-Identifier: Apache-2.0
import { LINK_PREFIX, NAMESPACE_PREFIX } from "../janitor.ts";
import type { DemoHost, DemoNetwork } from "../network.ts";

/** The network namespace of a host. */
export function namespaceOf(host: { readonly name: string }): string {
  return `${NAMESPACE_PREFIX}${host.name}`;
}

/** The switch's end of a host's cable. */
function portDevice(host: { readonly name: string }): string {
  return `${LINK_PREFIX}${host.name}`;
}

/** One end of the cable between two switches. */
function linkDevice(near: string, far: string): string {
  return `${LINK_PREFIX}${near}-${far}`;
}

/** All devices on the switches' side. */
export function switchDevices(network: DemoNetwork): string[] {
  return [
    ...network.hosts.map(portDevice),
    ...network.links.flatMap(({ a, b }) => [
      linkDevice(a.switch, b.switch),
      linkDevice(b.switch, a.switch),
    ]),
  ];
}

/** Commands that create all cables: input of `ip -batch -`. */
export function cables({ hosts, links }: DemoNetwork): string {
  const toHosts = hosts.map(
    (host) =>
      `link add ${portDevice(host)} type veth peer name eth0 address ${host.mac} netns ${namespaceOf(host)}`,
  );
  const between = links.map(
    ({ a, b }) =>
      `link add ${linkDevice(a.switch, b.switch)} type veth peer name ${linkDevice(b.switch, a.switch)}`,
  );
  return [...toHosts, ...between].join("\n");
}

/**
 * A shell script that brings the switches' ends up, without IPv6: the machine itself then sends
 * nothing on them.
 */
export function bringUp(devices: readonly string[]): string {
  return devices
    .map(
      (device) => `
        [ -e /proc/sys/net/ipv6/conf/${device} ] && echo 1 >/proc/sys/net/ipv6/conf/${device}/disable_ipv6
        ethtool -K ${device} tx off >/dev/null
        ip link set ${device} up`,
    )
    .join("\n");
}

/**
 * A shell script that brings a host up, to be run in its namespace. With transmit offloads off, frames
 * carry complete checksums and are never larger than the wire allows, so tcpdump captures exactly what
 * is sent. No router solicitations and no autoconfiguration: hosts send only the demo's traffic.
 */
export function bringHostUp({ ips }: DemoHost): string {
  const addresses = ips.map((ip) =>
    ip.includes(":")
      ? `[ -e /proc/sys/net/ipv6 ] && ip addr add ${ip}/64 dev eth0 nodad`
      : `ip addr add ${ip}/24 dev eth0`,
  );
  return `
    ip link set lo up
    ethtool -K eth0 tx off >/dev/null
    ip link set eth0 addrgenmode none
    if [ -e /proc/sys/net/ipv6 ]; then
      echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra
      echo 0 >/proc/sys/net/ipv6/conf/eth0/router_solicitations
    fi
    ip link set eth0 up
    ${addresses.join("\n")}
    true`;
}

/** Arguments of one `ovs-vsctl` call that creates the switches and attaches the cables. */
export function switchCommands({ switches, links, hosts }: DemoNetwork): string[] {
  const port = (name: string, device: string, number: number) => [
    ...["--", "add-port", name, device],
    ...["--", "set", "interface", device, `ofport_request=${number}`],
  ];
  return [
    ...switches.flatMap(({ name, dpid }) => [
      ...["--", "add-br", name, "--", "set", "bridge", name],
      // A user-space datapath that needs no device of its own, so it cannot collide with another Open
      // vSwitch on this machine (datapath_type=netdev would claim `ovs-netdev`).
      "datapath_type=dummy",
      ...["protocols=OpenFlow14", "fail-mode=secure", `other-config:datapath-id=${dpid}`],
    ]),
    ...hosts.flatMap((host) => port(host.switch, portDevice(host), host.port)),
    ...links.flatMap(({ a, b }) => [
      ...port(a.switch, linkDevice(a.switch, b.switch), a.port),
      ...port(b.switch, linkDevice(b.switch, a.switch), b.port),
    ]),
  ];
}
