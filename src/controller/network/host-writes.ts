// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { AuditEntry } from "../../contract/audit/audit.ts";
import type { HostSetOutcome } from "../../contract/hosts.ts";
import type { Rejection } from "../../contract/rejection.ts";
import { defined } from "../../lang/defined.ts";
import { complete, type Steps } from "../../lang/steps.ts";
import { formatMac, parseMac } from "../../openflow/index.ts";
import { completeInSlices } from "../../runtime/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { Host, Topology, TopologyState } from "../../topology/index.ts";
import { objectChange } from "../audit/audit-entries.ts";
import { documentProblems } from "../policies/policy-writes.ts";
import { hostView } from "../views/network-view.ts";
import {
  applying,
  type HostJson,
  type HostSet,
  type ParsedHost,
  parsedHost,
  readHostSet,
  switchNames,
} from "./host-set.ts";
import type { Network } from "./network.ts";

/** Stores the hosts added over REST. A write resolves only when it is durable. */
export interface HostStore {
  load(): Promise<readonly HostJson[]>;
  /** Creates, replaces and removes hosts, by MAC address, with records of the audit: all or none. */
  write(
    put: ReadonlyMap<string, HostJson>,
    remove: readonly string[],
    audit?: readonly AuditEntry[],
  ): Promise<void>;
}

type HostPutOutcome = { readonly type: "created" | "replaced"; readonly mac: number } | Rejection;

type RebaseOutcome =
  | { readonly type: "unchanged" }
  /** `before`: the network until this change. */
  | { readonly type: "changed"; readonly before: Topology }
  | { readonly type: "storeFailed"; readonly detail: string };

/** Adds, moves and removes hosts over REST: checks first, disk second, effect third. */
export class HostWrites {
  readonly #network: Network;
  readonly #store: HostStore;
  readonly #forget: (mac: number) => void;
  /** One queue for all hosts: whether two contradict each other must not change during a write. */
  readonly #queue = new KeyedQueue<"hosts">();

  /** `forget` removes a learned host. */
  constructor(network: Network, store: HostStore, forget: (mac: number) => void) {
    this.#network = network;
    this.#store = store;
    this.#forget = forget;
  }

  put(document: HostJson, cause: Cause): Promise<HostPutOutcome> {
    return this.#queue.run("hosts", async (): Promise<HostPutOutcome> => {
      const read = readHost(document, this.#network.state);
      if (!read.ok) return { type: "invalid", problems: documentProblems(read.problems) };
      const { mac } = read.host;
      const { state } = this.#network;
      if (state.isHostOfFile(mac)) return { type: "readOnly" };
      const isKnown = state.addedHost(mac) !== undefined;
      const change = state.addHost(read.host);
      if (!change.ok) return { type: "conflict", problems: documentProblems(change.problems) };
      const audit = [this.#change(cause, mac, { after: document, status: isKnown ? 200 : 201 })];
      const stored = await attemptStore(() =>
        this.#store.write(new Map([[formatMac(mac), document]]), [], audit),
      );
      if (!stored.ok) return stored.refusal;
      // Ports may have changed during the disk write: the change is applied to the present state.
      const now = this.#network.state.addHost(read.host);
      if (now.ok) this.#network.replace(now.state);
      // A host that was only learned so far is created as a named one.
      return { type: isKnown ? "replaced" : "created", mac };
    });
  }

  /**
   * Adds or moves all hosts of a set, or none: one write to disk and one change of the network. `prune`
   * removes the added hosts that are not in the set.
   */
  apply(
    set: readonly unknown[],
    { prune }: { readonly prune: boolean },
    cause: Cause,
  ): Promise<HostSetOutcome> {
    return this.#queue.run("hosts", async (): Promise<HostSetOutcome> => {
      const read = await readHostSet(set, this.#network.state, { prune });
      if (!read.ok) return read.rejection;
      const { changed, removed, counts } = read.value;
      const put = new Map(changed.map(({ host, document }) => [formatMac(host.mac), document]));
      const audit = await completeInSlices(this.#auditing(read.value, cause));
      const stored = await attemptStore(() =>
        this.#store.write(put, removed.map(formatMac), audit),
      );
      if (!stored.ok) return stored.refusal;
      await this.#replace((before) => applying(before, read.value));
      return { type: "applied", ...counts };
    });
  }

  delete(text: string, cause: Cause): Promise<{ readonly type: "deleted" } | Rejection> {
    return this.#queue.run("hosts", async (): Promise<{ readonly type: "deleted" } | Rejection> => {
      const mac = parseMac(text);
      const host = mac === undefined ? undefined : this.#network.topology.hostByMac(mac);
      if (!host) return { type: "notFound" };
      if (host.origin === "file" || host.origin === "ovsdb") return { type: "readOnly" };
      const audit = [this.#change(cause, host.mac, { status: 204 })];
      if (host.origin === "learned") {
        const noted = await attemptStore(() => this.#store.write(new Map(), [], audit));
        if (!noted.ok) return noted.refusal;
        this.#forget(host.mac);
        return { type: "deleted" };
      }
      const removed = await attemptStore(() =>
        this.#store.write(new Map(), [formatMac(host.mac)], audit),
      );
      if (!removed.ok) return removed.refusal;
      const change = this.#network.state.removeHost(host.mac);
      if (change.ok) this.#network.replace(change.state);
      return { type: "deleted" };
    });
  }

  /**
   * Changes the network between two writes, in slices of the event loop, so that the hosts on disk are those
   * in effect. Adds stored hosts that did not fit before and do now; logs those that do not. `change`
   * changes files and admission rules, or returns the old state if there is nothing to do. All of it
   * takes effect at once.
   */
  rebase(
    change: (state: TopologyState) => Steps<TopologyState>,
    logger: Logger,
  ): Promise<RebaseOutcome> {
    return this.#queue.run("hosts", async (): Promise<RebaseOutcome> => {
      const stored = await attemptStore(() => this.#store.load());
      if (!stored.ok) return stored.refusal;
      const documents = stored.value;
      const before = await this.#replace((state) => rebasing(state, change, { documents, logger }));
      return before ? { type: "changed", before } : { type: "unchanged" };
    });
  }

  /**
   * Makes a state with other files or added hosts in slices of the event loop, and puts it into effect in one
   * step, with what switches have reported meanwhile. Resolves to the network until then; undefined if
   * nothing changes. No other write of hosts is under way.
   */
  async #replace(
    change: (before: TopologyState) => Steps<TopologyState>,
  ): Promise<Topology | undefined> {
    const before = this.#network.state;
    const now = await completeInSlices(change(before));
    if (now === before) return undefined;
    const { state } = this.#network;
    this.#network.replace(state === before ? now : state.withFilesOf(now));
    return state.topology;
  }

  /** The records of a set that is applied. */
  *#auditing({ changed, removed }: HostSet, cause: Cause): Steps<AuditEntry[]> {
    const entries: AuditEntry[] = [];
    for (const { host, document } of changed) {
      yield;
      entries.push(this.#change(cause, host.mac, { after: document, status: 200 }));
    }
    for (const mac of removed) {
      yield;
      entries.push(this.#change(cause, mac, { status: 200 }));
    }
    return entries;
  }

  /** The record of a change of a host; `after`: its document, undefined when it is deleted. */
  #change(
    cause: Cause,
    mac: number,
    { after, status }: { readonly after?: HostJson; readonly status: number },
  ): AuditEntry {
    const { topology } = this.#network;
    const known = topology.hostByMac(mac);
    const object = { kind: "host", id: formatMac(mac) } as const;
    return objectChange(cause, {
      object,
      before: known && membersOf(topology, known),
      after,
      status,
    });
  }

  /** Ends the writes that wait for others: they change nothing. */
  abandon(): void {
    this.#queue.close();
  }

  /** Resolves when every write that has begun is finished. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }
}

/** Adds the stored hosts; those that no longer fit the topology files are omitted and logged. */
export async function loadHosts(
  store: HostStore,
  state: TopologyState,
  logger: Logger,
): Promise<TopologyState> {
  return complete(restoring(state, { documents: await store.load(), logger }));
}

/** Hosts on disk, and where those that do not fit are logged. */
interface StoredHosts {
  readonly documents: readonly HostJson[];
  readonly logger: Logger;
}

/** A changed state with the stored hosts that fit, and its topology. */
function* rebasing(
  before: TopologyState,
  change: (state: TopologyState) => Steps<TopologyState>,
  stored: StoredHosts,
): Steps<TopologyState> {
  const changed = yield* change(before);
  if (changed === before) return before;
  const now = yield* restoring(changed, stored);
  yield* now.building();
  return now;
}

function* restoring(
  state: TopologyState,
  { documents, logger }: StoredHosts,
): Steps<TopologyState> {
  yield* state.building();
  let restored = state;
  const names = switchNames(state);
  for (const document of documents) {
    yield;
    const read = parsedHost(document, names);
    if (read.ok && restored.addedHost(read.host.mac)) continue;
    const change = read.ok ? restored.addHost(read.host) : read;
    if (change.ok) {
      restored = change.state;
      continue;
    }
    const why = change.problems.map(({ what }) => what);
    const fields = { host: document, why };
    logger.warn(fields, "a stored host does not fit the topology files: ignored");
  }
  return restored;
}

/** A host that is known, in the terms of a document: with its stated project, not that of its port. */
function membersOf(topology: Topology, host: Host): HostJson {
  const { name, mac, ips, switch: at, port, role, sharedPort } = hostView(topology, host);
  return defined({ name, mac, ips, switch: at, port, role, sharedPort, project: host.project });
}

function readHost(document: HostJson, state: TopologyState): ParsedHost {
  return parsedHost(document, switchNames(state));
}
