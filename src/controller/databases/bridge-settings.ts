// SPDX-License-Identifier: Apache-2.0
import type { SwitchSettings } from "../../contract/observation/switch-database.ts";
import { defined } from "../../lang/defined.ts";
import type { Steps } from "../../lang/steps.ts";
import {
  BRIDGE,
  CONTROLLER,
  INTERFACE,
  MANAGER,
  MIRROR,
  OPEN_VSWITCH,
  PORT,
  type Replica,
  type RowOf,
} from "../../ovsdb/index.ts";
import { type Dpid, parseDpid } from "../../topology/index.ts";

export type Bridge = RowOf<typeof BRIDGE>;
/** With the uuid of its row. */
export type NamedBridge = Bridge & { readonly uuid: string };
type Root = RowOf<typeof OPEN_VSWITCH>;

/** The key of `external_ids` that marks a mirror as OpenVTAP's. */
export const MIRROR_LABEL = "openvtap-mirror";

/** The key that marks bridges, patch ports and mirrors that hand frames over; its value says whose they are. */
export const TAP_LABEL = "openvtap-tap";

/** Most bridges of one database that are read. */
const MOST_BRIDGES = 64;
/** Most interfaces with an error that are shown. */
const MOST_ERRORS = 20;
/** Most controllers, managers, mirrors, and ports of a mirror that are shown. */
const MOST_ROWS = 256;
const MOST_VLANS = 4096;
/** Most characters of a name, a target or an error that are shown. */
const MOST_CHARACTERS = 256;
/** Open vSwitch's own default. */
const DEFAULT_VLAN_LIMIT = 1;

const ROLES = ["other", "master", "slave"] as const;

/** The bridges of a database by their datapath ids; one that has none yet is left out. */
export function bridgesOf(replica: Replica): ReadonlyMap<Dpid, NamedBridge> {
  const bridges = new Map<Dpid, NamedBridge>();
  for (const [uuid, bridge] of replica.rows(BRIDGE)) {
    const dpid = parseDpid(bridge.datapathId ?? "");
    if (dpid !== undefined) bridges.set(dpid, { ...bridge, uuid });
    if (bridges.size >= MOST_BRIDGES) break;
  }
  return bridges;
}

/** The row of the database as a whole. */
export function rootOf(replica: Replica, root: string): Root | undefined {
  return replica.row(OPEN_VSWITCH, root);
}

/**
 * How a bridge is configured, in steps: it may have thousands of ports. Lists are in an order that does not depend on
 * the server.
 */
export function* bridgeSettings(
  replica: Replica,
  root: Root | undefined,
  bridge: Bridge,
): Steps<SwitchSettings> {
  const { name, failMode, datapathType, protocols } = bridge;
  const portErrors = yield* errorsOf(replica, bridge);
  const dpdk = root?.dpdkInitialized
    ? {
        version: root.dpdkVersion && shortened(root.dpdkVersion),
        pmdCpuMask: root.otherConfig.get("pmd-cpu-mask")?.slice(0, MOST_CHARACTERS),
      }
    : undefined;
  return {
    bridge: shortened(name),
    ...defined({ version: root?.version && shortened(root.version) }),
    datapathType: shortened(datapathType || "system"),
    failMode: failMode === "secure" ? "secure" : "standalone",
    vlanLimit: vlanLimitOf(root),
    protocols: [...protocols].slice(0, MOST_ROWS).map(shortened).sort(),
    controllers: rowsIn(replica, CONTROLLER, bridge.controllers)
      .map(({ target, isConnected, role }) => ({
        target: shortened(target),
        connected: isConnected,
        ...defined({ role: ROLES.find((each) => each === role) }),
      }))
      .sort(byText(({ target }) => target)),
    managers: rowsIn(replica, MANAGER, root?.managers ?? [])
      .map(({ target, isConnected }) => ({ target: shortened(target), connected: isConnected }))
      .sort(byText(({ target }) => target)),
    mirrors: mirrorsOf(replica, bridge),
    ...(dpdk && { dpdk: defined(dpdk) }),
    portErrors,
  };
}

/** How many VLAN tags the switch parses; 0: as many as it can. */
function vlanLimitOf(root: Root | undefined): number {
  const text = root?.otherConfig.get("vlan-limit") ?? "";
  return /^\d{1,3}$/.test(text) ? Number(text) : DEFAULT_VLAN_LIMIT;
}

function mirrorsOf(replica: Replica, { mirrors }: Bridge): SwitchSettings["mirrors"] {
  const names = (uuids: Iterable<string>) =>
    rowsIn(replica, PORT, uuids)
      .map(({ name }) => shortened(name))
      .sort();
  return rowsIn(replica, MIRROR, mirrors)
    .map(
      ({ name, selectAll, sources, destinations, vlans, outputPort, outputVlan, externalIds }) => ({
        name: shortened(name),
        ...([MIRROR_LABEL, TAP_LABEL].some((key) => externalIds.has(key)) && {
          own: true as const,
        }),
        from: names(sources),
        to: names(destinations),
        all: selectAll,
        vlans: [...vlans].slice(0, MOST_VLANS).sort((a, b) => a - b),
        ...defined({ outputPort: outputPort && names([outputPort])[0], outputVlan }),
      }),
    )
    .sort(byText(({ name }) => name));
}

function* errorsOf(replica: Replica, { ports }: Bridge): Steps<SwitchSettings["portErrors"]> {
  const errors: { port: string; error: string }[] = [];
  for (const [, { name, error }] of interfacesIn(replica, ports)) {
    yield;
    if (error === undefined || error === "") continue;
    errors.push({ port: shortened(name), error: shortened(error) });
    if (errors.length > 2 * MOST_ERRORS) first(errors);
  }
  return first(errors);
}

/** Sorts errors, and leaves the first. */
function first(errors: { port: string; error: string }[]): SwitchSettings["portErrors"] {
  errors.sort(byText(({ port }) => port)).splice(MOST_ERRORS);
  return errors;
}

/** The interfaces of ports, with the uuids of their rows. */
export function* interfacesIn(
  replica: Replica,
  ports: Iterable<string>,
): Generator<readonly [uuid: string, RowOf<typeof INTERFACE>]> {
  for (const port of ports) {
    for (const uuid of replica.row(PORT, port)?.interfaces ?? []) {
      const found = replica.row(INTERFACE, uuid);
      if (found) yield [uuid, found];
    }
  }
}

function rowsIn<T extends Parameters<Replica["row"]>[0]>(
  replica: Replica,
  table: T,
  uuids: Iterable<string>,
): RowOf<T>[] {
  const rows = [...uuids].slice(0, MOST_ROWS).map((uuid) => replica.row(table, uuid));
  return rows.filter((row) => row !== undefined);
}

function shortened(text: string): string {
  return text.slice(0, MOST_CHARACTERS);
}

function byText<T>(text: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}
