// SPDX-License-Identifier: Apache-2.0
import {
  BRIDGE,
  CONTROLLER,
  INTERFACE,
  insert,
  insertedRow,
  MIRROR,
  mutate,
  OPEN_VSWITCH,
  type Operation,
  PORT,
  type Replica,
  type RowOf,
  update,
  wait,
} from "../../ovsdb/index.ts";
import { type PatchedPort, type PatchUse, patchNames } from "../../topology/index.ts";
import { type NamedBridge, TAP_LABEL } from "../databases/bridge-settings.ts";
import { BridgePorts, type DatabasePort } from "../mirrors/bridge-ports.ts";
import { MOST_MIRRORS } from "../mirrors/mirror-rows.ts";
import type { OwnBridge, SourceBridge, TapBridgePlan } from "./desired-rows.ts";
import {
  bridgeNamed,
  bridgesOfLabel,
  markOf,
  mirrorName,
  type PresentPort,
  portsOf,
} from "./own-rows.ts";
import {
  contentOf,
  isAsItIs,
  ownConfig,
  PLAIN_PORT,
  type PortRow,
  patchSettings,
  selectedBy,
  settingsOf,
} from "./row-contents.ts";

/** How often the bridge tries to connect to OpenVTAP at least, in milliseconds. */
const MAX_BACKOFF_MS = 1000;

const FULL = `it has ${MOST_MIRRORS} mirrors already, as many as Open vSwitch has on a bridge: remove some, or have this switch tapped in its table 0 ("beside": { "mark": … })`;

/** What leads from the rows of a database to the desired ones, in one transaction. */
export function planTapBridge(
  replica: Replica,
  own: OwnBridge,
  sources: readonly SourceBridge[],
): TapBridgePlan {
  return new Planning(replica, own).plan(sources);
}

class Planning {
  readonly #replica: Replica;
  readonly #own: OwnBridge;
  readonly #operations: Operation[] = [];
  readonly #contents = new Map<string, string>();
  readonly #unchanged = new Map<string, string>();
  readonly #problems = new Map<string, string>();
  /** Ports to add to and delete from the bridge of OpenVTAP's own. */
  readonly #added = new Set<string>();
  readonly #gone = new Set<string>();
  #inserted = 0;

  constructor(replica: Replica, own: OwnBridge) {
    this.#replica = replica;
    this.#own = own;
  }

  plan(sources: readonly SourceBridge[]): TapBridgePlan {
    const { name, label, tunnel } = this.#own;
    const bridge = bridgeNamed(this.#replica, name);
    const known = new Map(portsOf(this.#replica, bridge).map((port) => [port.name, port]));
    const kept = new Set<string>();
    if (tunnel !== undefined) {
      const { type, options } = tunnel;
      const port = { ...PLAIN_PORT, name: tunnel.name };
      const { uuid, isNew } = this.#ownPort(known.get(tunnel.name), port, { type, options });
      if (isNew) this.#added.add(uuid);
      kept.add(tunnel.name);
    }
    for (const source of sources) {
      this.#planSource(source, known);
      for (const { patched } of source.patches) kept.add(this.#namesOf(patched).own);
    }
    let isUsed = kept.size > 0;
    for (const port of known.values()) {
      if (port.label === label && !kept.has(port.name)) this.#gone.add(port.uuid);
      // A monitor is plugged in.
      else if (port.label !== label && port.name !== name) isUsed = true;
    }
    this.#removeFormer();
    const joined = sources.find(({ isMirrored }) => isMirrored);
    this.#planOwn(bridge, isUsed, joined?.bridge.datapathType);
    return {
      operations: this.#operations,
      contents: this.#contents,
      unchanged: this.#unchanged,
      problems: this.#problems,
    };
  }

  /** The bridge itself; `datapathType` is undefined while no frames are handed over: it stays as it is. */
  #planOwn(
    bridge: NamedBridge | undefined,
    isUsed: boolean,
    datapathType = bridge?.datapathType ?? "",
  ): void {
    const { name, dpid, label, root, controller } = this.#own;
    if (!isUsed) {
      if (bridge !== undefined) this.#deleteBridge(bridge, root);
      return;
    }
    const columns = { failMode: "secure", datapathType, otherConfig: ownConfig(dpid) };
    if (bridge === undefined) {
      const local = this.#insertPort({ ...PLAIN_PORT, name }, { name, type: "internal" });
      const ports = new Set([local, ...this.#added]);
      const row = { ...columns, name, ports, controllers: this.#insertController(controller) };
      const bridges = {
        insert: new Set([
          this.#insert(BRIDGE, { ...row, externalIds: new Map([[TAP_LABEL, label]]) }),
        ]),
      };
      this.#operations.push(mutate(OPEN_VSWITCH, { uuid: root }, { bridges }));
      return;
    }
    const isSame =
      bridge.failMode === columns.failMode &&
      bridge.datapathType === datapathType &&
      [...columns.otherConfig].every(([key, value]) => bridge.otherConfig.get(key) === value);
    if (!isSame) {
      const otherConfig = new Map([...bridge.otherConfig, ...columns.otherConfig]);
      this.#operations.push(update(BRIDGE, bridge, { ...columns, otherConfig }));
    }
    const [target, another] = [...bridge.controllers].map(
      (uuid) => this.#replica.row(CONTROLLER, uuid)?.target,
    );
    if (target !== controller || another !== undefined) {
      const controllers = this.#insertController(controller);
      this.#operations.push(update(BRIDGE, bridge, { controllers }));
    }
    if (this.#added.size + this.#gone.size > 0) {
      const ports = { delete: this.#gone, insert: this.#added };
      this.#operations.push(mutate(BRIDGE, bridge, { ports }));
    }
  }

  /** Bridges of this OpenVTAP that have another name, from before a change of its settings. */
  #removeFormer(): void {
    const { name, label, root } = this.#own;
    for (const bridge of bridgesOfLabel(this.#replica, label)) {
      if (bridge.name === name) continue;
      const all = portsOf(this.#replica, bridge);
      const own = all.filter((port) => port.label === label);
      const isPlugged = all.some((port) => port.label !== label && port.name !== bridge.name);
      if (!isPlugged) {
        this.#deleteBridge(bridge, root);
        continue;
      }
      // The ports of others stay, without what copies or forwards.
      const ports = { delete: new Set(own.map(({ uuid }) => uuid)) };
      if (own.length > 0) this.#operations.push(mutate(BRIDGE, bridge, { ports }));
      if (bridge.controllers.size > 0)
        this.#operations.push(update(BRIDGE, bridge, { controllers: new Set<string>() }));
    }
  }

  #deleteBridge(bridge: NamedBridge, root: string): void {
    const bridges = { delete: new Set([bridge.uuid]) };
    // Not together with a port that another client plugs in meanwhile.
    this.#operations.push(wait(BRIDGE, bridge, ["ports"], [{ ports: bridge.ports }]));
    this.#operations.push(mutate(OPEN_VSWITCH, { uuid: root }, { bridges }));
  }

  /** Patch ports and mirrors of a bridge of another application. */
  #planSource({ bridge, patches }: SourceBridge, ownPorts: ReadonlyMap<string, PresentPort>): void {
    const { label } = this.#own;
    const present = new Map(portsOf(this.#replica, bridge).map((port) => [port.name, port]));
    const ports = new BridgePorts(this.#replica, patches.length > 0 ? bridge.ports : []);
    const outputs = new Map<string, string>();
    const added = new Set<string>();
    const kept = new Set<string>();
    for (const patch of patches) {
      const { patched, members } = patch;
      const { source, own } = this.#namesOf(patched);
      const from = selectedBy(patched, members, ports)[0];
      const row = isAsItIs(patch) ? this.#portRow(present.get(source)) : undefined;
      const columns = { ...(row ?? patchSettings(this.#replica, from, patched.use)), name: source };
      const end = this.#patchEnd(present.get(source), columns, own);
      if (end.isNew) added.add(end.uuid);
      outputs.set(source, end.uuid);
      kept.add(source);
      const ownEnd = this.#patchEnd(ownPorts.get(own), { ...PLAIN_PORT, name: own }, source);
      if (ownEnd.isNew) this.#added.add(ownEnd.uuid);
    }
    const gone = new Set<string>();
    for (const { uuid, name, label: whose } of present.values()) {
      if (whose === label && !kept.has(name)) gone.add(uuid);
    }
    if (added.size + gone.size > 0) {
      this.#operations.push(mutate(BRIDGE, bridge, { ports: { delete: gone, insert: added } }));
    }
    this.#planMirrors({ bridge, patches }, ports, outputs);
  }

  #planMirrors(
    { bridge, patches }: Omit<SourceBridge, "isMirrored">,
    ports: BridgePorts,
    outputs: ReadonlyMap<string, string>,
  ): void {
    const { present, gone, others } = this.#presentMirrors(bridge);
    const added = new Set<string>();
    const kept = new Set<string>();
    for (const patch of patches) {
      const { patched, isReady, members } = patch;
      const { source } = this.#namesOf(patched);
      const name = mirrorName(source);
      const from = selectedBy(patched, members, ports);
      const known = present.get(name);
      const left = isAsItIs(patch) ? known?.row : undefined;
      const isEmpty = from.length === 0 && left === undefined;
      if (patched.use === "copies" || isEmpty || !(isReady || known)) continue;
      if (others + kept.size >= MOST_MIRRORS) {
        this.#problems.set(source, FULL);
        continue;
      }
      kept.add(name);
      const row = left ?? this.#mirror(name, from, patched.use, outputs.get(source) ?? "");
      const content = contentOf(row);
      this.#contents.set(source, content);
      if (known === undefined) added.add(this.#insert(MIRROR, row));
      else if (contentOf(known.row) === content) this.#unchanged.set(source, known.uuid);
      else this.#operations.push(update(MIRROR, known, row));
    }
    for (const [name, { uuid }] of present) if (!kept.has(name)) gone.add(uuid);
    if (added.size + gone.size > 0) {
      this.#operations.push(mutate(BRIDGE, bridge, { mirrors: { delete: gone, insert: added } }));
    }
  }

  /** The mirrors of a bridge by their names, those that are there twice, and how many others there are. */
  #presentMirrors({ mirrors }: NamedBridge) {
    const present = new Map<string, { uuid: string; row: RowOf<typeof MIRROR> }>();
    const gone = new Set<string>();
    let others = 0;
    for (const uuid of mirrors) {
      const row = this.#replica.row(MIRROR, uuid);
      if (row === undefined) continue;
      if (row.externalIds.get(TAP_LABEL) !== this.#own.label) others++;
      else if (present.has(row.name)) gone.add(uuid);
      else present.set(row.name, { uuid, row });
    }
    return { present, gone, others };
  }

  #mirror(name: string, from: readonly DatabasePort[], use: PatchUse, output: string) {
    const selected = new Set(from.map(({ uuid }) => uuid));
    return {
      ...{ name, selectAll: false, vlans: new Set<number>(), outputPort: output },
      ...{ outputVlan: undefined, snapLength: undefined },
      sources: use === "sent" ? selected : new Set<string>(),
      destinations: use === "received" ? selected : new Set<string>(),
      externalIds: new Map([[TAP_LABEL, this.#own.label]]),
    };
  }

  /** An end of a pair of patch ports. */
  #patchEnd(
    present: PresentPort | undefined,
    columns: Omit<PortRow, "externalIds">,
    peer: string,
  ): { readonly uuid: string; readonly isNew: boolean } {
    return this.#ownPort(present, columns, { type: "patch", options: new Map([["peer", peer]]) });
  }

  /** A port of OpenVTAP's own: made, or set as it is to be. */
  #ownPort(
    present: PresentPort | undefined,
    columns: Omit<PortRow, "externalIds">,
    { type, options }: Pick<RowOf<typeof INTERFACE>, "type" | "options">,
  ): { readonly uuid: string; readonly isNew: boolean } {
    const { name } = columns;
    if (present === undefined || present.label !== this.#own.label) {
      const ids = { externalIds: new Map([[TAP_LABEL, this.#own.label]]) };
      return {
        uuid: this.#insertPort({ ...columns, ...ids }, { name, type, options }),
        isNew: true,
      };
    }
    const { uuid } = present;
    const row = this.#portRow(present);
    if (row !== undefined && settingsOf(row) !== settingsOf(columns)) {
      // The name of a port cannot be changed.
      const { name: _, ...settings } = columns;
      this.#operations.push(update(PORT, { uuid }, settings));
    }
    for (const each of row?.interfaces ?? []) {
      const found = this.#replica.row(INTERFACE, each);
      if (found === undefined) continue;
      const isSame = [...options].every(([key, value]) => found.options.get(key) === value);
      if (found.type === type && isSame) continue;
      this.#operations.push(update(INTERFACE, { uuid: each }, { type, options }));
    }
    return { uuid, isNew: false };
  }

  #namesOf(patched: PatchedPort) {
    return patchNames(patched, markOf(this.#own.label));
  }

  #portRow(present: PresentPort | undefined): RowOf<typeof PORT> | undefined {
    return present && this.#replica.row(PORT, present.uuid);
  }

  #insertPort(row: Partial<PortRow>, to: Partial<RowOf<typeof INTERFACE>>): string {
    const interfaces = new Set([this.#insert(INTERFACE, to)]);
    return this.#insert(PORT, { ...row, interfaces });
  }

  #insertController(target: string): ReadonlySet<string> {
    return new Set([this.#insert(CONTROLLER, { target, maxBackoff: MAX_BACKOFF_MS })]);
  }

  #insert<T extends Parameters<typeof insert>[0]>(
    table: T,
    row: Parameters<typeof insert<T>>[1],
  ): string {
    const name = `r${this.#inserted++}`;
    this.#operations.push(insert(table, row, name));
    return insertedRow(name);
  }
}
