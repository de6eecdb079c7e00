// SPDX-License-Identifier: Apache-2.0
/**
 * The map for keyboards and screen readers: a tree of switches with their links and hosts, which has the same
 * selection. @spec WAI-ARIA APG, tree view
 */
import type { MapGraph, MapHost, MapLink, MapSwitch } from "../model/graph.ts";
import { itemKey, type MapItem } from "./items.ts";

export interface TreeNode {
  /** Unique in the tree: a link is below both of its switches. */
  readonly key: string;
  readonly item: MapItem;
  readonly label: string;
  /** From 1. */
  readonly level: number;
  /** From 1, among `siblings`. */
  readonly position: number;
  readonly siblings: number;
  /** Whether it is open; undefined: it has no children. */
  readonly isOpen?: boolean;
  readonly parent?: string;
}

/** The visible nodes in order: all switches, and the links and hosts of the open ones. */
export function treeNodes(graph: MapGraph, open: ReadonlySet<string>): readonly TreeNode[] {
  const switches = [...graph.switches.values()];
  return switches.flatMap((entry, index) => {
    const item: MapItem = { kind: "switch", dpid: entry.dpid };
    const key = itemKey(item);
    const links = linksOf(graph, entry);
    const hosts = graph.hosts.filter(({ dpid }) => dpid === entry.dpid);
    const size = links.length + hosts.length;
    const isOpen = open.has(key);
    const node: TreeNode = {
      ...{ key, item, label: switchLabel(entry, links.length, hosts.length) },
      ...{ level: 1, position: index + 1, siblings: switches.length },
      ...(size > 0 ? { isOpen } : {}),
    };
    if (!isOpen) return [node];
    const children = [
      ...links.map((link) => ({
        item: { kind: "link", id: link.id } as const,
        label: linkLabel(link, entry),
      })),
      ...hosts.map((host) => ({
        item: { kind: "host", mac: host.mac } as const,
        label: hostLabel(host),
      })),
    ];
    return [
      node,
      ...children.map((child, position) => ({
        ...child,
        key: `${key} ${itemKey(child.item)}`,
        ...{ level: 2, position: position + 1, siblings: size, parent: key },
      })),
    ];
  });
}

function linksOf({ links }: MapGraph, { dpid }: MapSwitch): readonly MapLink[] {
  return links.filter(({ a, b }) => a.dpid === dpid || b.dpid === dpid);
}

function switchLabel(entry: MapSwitch, links: number, hosts: number): string {
  const session = entry.connected ? "connected" : "not connected";
  const ports = `${entry.portsUp} of ${count(entry.ports, "port")} up`;
  return `Switch ${entry.name}, ${session}, ${ports}, ${count(links, "link")}, ${count(hosts, "host")}`;
}

function linkLabel({ a, b, state, problem, isOutsideTree }: MapLink, from: MapSwitch): string {
  const [near, far] = a.dpid === from.dpid ? [a, b] : [b, a];
  const up = isOutsideTree ? "up, outside the spanning tree" : "up";
  const condition = state === "up" ? up : (problem ?? state);
  return `Link from port ${near.port} to ${far.switch} port ${far.port}, ${condition}`;
}

function hostLabel({ label, mac, port, isMonitor, ips }: MapHost): string {
  const kind = isMonitor ? "Monitor" : "Host";
  const others = [mac, ...ips].filter((each) => each !== label);
  return `${kind} ${label} at port ${port}, ${others.join(", ")}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** What a key does in the tree: another node gets the focus, or a node opens or closes. */
export type TreeMove =
  | { readonly type: "focus"; readonly key: string }
  | { readonly type: "open" | "close"; readonly key: string };

/** The effect of a key of the keyboard; undefined: none. */
export function treeMove(
  nodes: readonly TreeNode[],
  focused: string | undefined,
  pressed: string,
): TreeMove | undefined {
  const index = nodes.findIndex(({ key }) => key === focused);
  const node = nodes[index];
  const focus = (target: TreeNode | undefined): TreeMove | undefined =>
    target && target.key !== focused ? { type: "focus", key: target.key } : undefined;
  switch (pressed) {
    case "ArrowDown":
      return focus(nodes[index + 1]);
    case "ArrowUp":
      return focus(nodes[index - 1] ?? nodes[0]);
    case "Home":
      return focus(nodes[0]);
    case "End":
      return focus(nodes.at(-1));
    case "ArrowRight":
      if (node?.isOpen === false) return { type: "open", key: node.key };
      return node?.isOpen ? focus(nodes[index + 1]) : undefined;
    case "ArrowLeft":
      if (node?.isOpen) return { type: "close", key: node.key };
      return focus(nodes.find(({ key }) => key === node?.parent));
    default:
      return undefined;
  }
}
