// SPDX-License-Identifier: Apache-2.0
import type { HostListQuery, HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { RoleName, SwitchView } from "../../contract/switches.ts";
import type { Counters } from "../../counters/index.ts";
import { defined } from "../../lang/defined.ts";
import { LazyList } from "../../lang/lazy-list.ts";
import { parseMac } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { completeInSlices, mapInSlices } from "../../runtime/index.ts";
import type { ConflictRecord, Dpid, Host, Link, Switch, Topology } from "../../topology/index.ts";
import type { SwitchDatabases } from "../databases/switch-databases.ts";
import type { Network } from "../network/network.ts";
import type { OverriddenRules } from "../overrides/overridden-rules.ts";
import { conflictHistoryView } from "../views/conflict-view.ts";
import { hostView, linkView, projectOf, switchView } from "../views/network-view.ts";
import { installedView } from "../views/rule-view.ts";
import { networkOfProject } from "./project-network.ts";

/** Dependencies of `NetworkQueries`. */
interface NetworkQueriesDeps {
  readonly network: Network;
  /** What is known of learned hosts; times are of the monotonic clock. */
  readonly learning: {
    conflicts(): ReadonlyMap<number, readonly ConflictRecord[]>;
    lastSeen(mac: number): number | undefined;
    timeText(ms: number): string;
  };
  readonly sessions: { get(dpid: Dpid): Session | undefined };
  readonly roles: { of(dpid: Dpid): RoleName | undefined };
  readonly reconciler: Reconciler;
  readonly overrides: Pick<OverriddenRules, "view">;
  readonly databases: Pick<SwitchDatabases, "view">;
  readonly counters: Pick<Counters, "guardedFrames">;
}

/** A network of one moment, and the part of it that a client sees. */
interface NetworkParts {
  readonly whole: Topology;
  readonly own: Topology;
}

/**
 * The network as clients see it. With a project: the part of it that belongs to the project; what is known of a switch
 * as such is in the views nevertheless.
 */
export class NetworkQueries {
  readonly #deps: NetworkQueriesDeps;

  constructor(deps: NetworkQueriesDeps) {
    this.#deps = deps;
  }

  /** The network as it is now, and the part of it that belongs to a project: without one, all of it. */
  async parts(project: string | undefined): Promise<NetworkParts> {
    const whole = await completeInSlices(this.#deps.network.state.building());
    if (project === undefined) return { whole, own: whole };
    return { whole, own: await completeInSlices(networkOfProject(whole, project)) };
  }

  async listSwitches(project: string | undefined) {
    return this.#switchesOf(await this.parts(project));
  }

  /** A switch by its name or datapath id, with the entries it has confirmed. */
  async getSwitch(text: string, project: string | undefined) {
    const { whole, own } = await this.parts(project);
    const found = own.switchByNameOrDpid(text);
    if (!found) return undefined;
    const installed = this.#deps.reconciler.installed(found.dpid);
    const entries = await installedView(installed ?? { flows: [], groups: [], meters: [] });
    return { ...this.#switchView(found, whole), ...entries };
  }

  async listLinks(project: string | undefined) {
    return this.#linksOf(await this.parts(project));
  }

  /** A page of hosts in the order of their MAC addresses; `after` is one of them. */
  listHosts({ after, limit, project }: HostListQuery) {
    const conflicts = this.#deps.learning.conflicts();
    const last = after === undefined ? undefined : parseMac(after);
    const { topology } = this.#deps.network;
    const items: HostView[] = [];
    for (const host of topology.hostsAfter(last)) {
      if (project !== undefined && projectOf(topology, host) !== project) continue;
      if (items.length === limit) return { items, more: true };
      items.push(this.#hostView(host, topology, conflicts.get(host.mac)));
    }
    return { items, more: false };
  }

  getHost(mac: number): HostView | undefined {
    const { network, learning } = this.#deps;
    const host = network.topology.hostByMac(mac);
    return host && this.#hostView(host, network.topology, learning.conflicts().get(mac));
  }

  /**
   * Switches, links and hosts of one moment, however long the answer takes; what host learning knows of a host is that
   * of the moment in which it is read.
   */
  async topology(project: string | undefined) {
    const conflicts = this.#deps.learning.conflicts();
    const parts = await this.parts(project);
    return {
      switches: await this.#switchesOf(parts),
      links: await this.#linksOf(parts),
      hosts: LazyList.from(parts.own.hostsAfter(), (host) =>
        this.#hostView(host, parts.whole, conflicts.get(host.mac)),
      ),
    };
  }

  #switchesOf({ whole, own }: NetworkParts) {
    const sorted = [...own.switches.values()].sort((x, y) => (x.dpid < y.dpid ? -1 : 1));
    return mapInSlices(sorted, (found) => this.#switchView(found, whole));
  }

  #linksOf({ whole, own }: NetworkParts) {
    return mapInSlices(own.links, (link) => {
      const since = this.#deps.network.since(link);
      return { ...linkView(whole, link), ...defined({ role: roleOf(whole, link), since }) };
    });
  }

  /** A host with what only host learning knows about it. */
  #hostView(host: Host, topology: Topology, conflicts: readonly ConflictRecord[] = []): HostView {
    const { learning } = this.#deps;
    const seen = learning.lastSeen(host.mac);
    const timeText = (ms: number) => learning.timeText(ms);
    return {
      ...hostView(topology, host),
      ...(seen === undefined ? {} : { lastSeen: timeText(seen) }),
      ...(conflicts.length === 0
        ? {}
        : { conflicts: conflicts.map((each) => conflictHistoryView(topology, each, timeText)) }),
    };
  }

  /** The roles of ports are those in the whole network. */
  #switchView(found: Switch, whole: Topology): SwitchView {
    const { reconciler, overrides, counters, databases } = this.#deps;
    const { dpid } = found;
    return switchView(whole, found, {
      session: this.#session(dpid),
      refused: reconciler.refused(dpid),
      overriding: overrides.view(dpid),
      forgedFrames: counters.guardedFrames(dpid),
      ...defined({ ovsdb: databases.view(dpid) }),
    });
  }

  #session(dpid: Dpid) {
    const session = this.#deps.sessions.get(dpid);
    if (!session) return undefined;
    const { peer, isTls = false, certificate, configFlags } = session;
    return { peer, isTls, certificate, role: this.#deps.roles.of(dpid), configFlags };
  }
}

/** What a link carries; undefined: a port of it is not known. */
function roleOf(topology: Topology, { a }: Link): LinkView["role"] {
  const role = a.port === undefined ? undefined : topology.linkRole(a.dpid, a.port);
  return role === "probing" ? undefined : role;
}
