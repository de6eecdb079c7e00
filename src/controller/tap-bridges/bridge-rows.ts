// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import { defined } from "../../lang/defined.ts";
import type { OvsdbSession } from "../../ovsdb-session/index.ts";
import type { Clock } from "../../runtime/clock.ts";
import {
  type Dpid,
  isMirrored,
  overlayPortName,
  type PatchedPort,
  patchedByName,
  patchKey,
  patchNames,
  patchPort,
  type Switch,
} from "../../topology/index.ts";
import { MirrorWriter, type WriteProblem } from "../mirrors/mirror-writer.ts";
import type { EntryState } from "../status/policy-status.ts";
import { desiredPatches } from "./desired-patches.ts";
import type { DesiredPatch, SourceBridge, TapBridgePlan, TunnelPort } from "./desired-rows.ts";
import type { Hypervisor, TapBridgeSetting } from "./hypervisors.ts";
import { Lingering } from "./lingering.ts";
import { overlayObstacle, tunnelPort } from "./overlay-ends.ts";
import {
  bridgeNamed,
  markOf,
  nameConflict,
  ownPortNames,
  portsOf,
  tapBridgeDpid,
} from "./own-rows.ts";
import type { PatchRequests } from "./patch-requests.ts";
import { PortNames } from "./port-names.ts";
import { planTapBridge } from "./tap-bridge-plan.ts";

/** Dependencies of `BridgeRows`. */
interface BridgeRowsDeps extends TapBridgeSetting {
  readonly requests: PatchRequests;
  readonly entryState: (ref: EntryRef) => EntryState;
  readonly clock: Clock;
  /** The rows of a database may have to be followed again. */
  readonly changed: () => void;
}

/** Brings the rows of databases to what policies need, and knows what switches have taken over. */
export class BridgeRows {
  readonly #deps: BridgeRowsDeps;
  readonly #writer: MirrorWriter;
  readonly #lingering: Lingering;
  /** By the name of the patch port at the source, of each switch. */
  readonly #problems = new Map<Dpid, ReadonlyMap<string, string>>();
  readonly #confirmed = new Map<Dpid, ReadonlySet<string>>();

  constructor(deps: BridgeRowsDeps) {
    this.#deps = deps;
    this.#writer = new MirrorWriter(deps.clock, deps.changed);
    this.#lingering = new Lingering(deps.clock, deps.changed);
  }

  close(): void {
    this.#lingering.close();
    this.#writer.close();
  }

  /** Whether the mirror that hands over frames of a port is taken over. */
  isConfirmed(patched: PatchedPort): boolean {
    return this.#confirmed.get(patched.dpid)?.has(this.#sourceName(patched)) ?? false;
  }

  /** Why there is no mirror for a port, a clause. */
  problemOf(patched: PatchedPort): string | undefined {
    return this.#problems.get(patched.dpid)?.get(this.#sourceName(patched));
  }

  /** Why the rows of a bridge are not as they are to be. */
  writeProblemOf(bridge: Dpid): WriteProblem | undefined {
    return this.#writer.problemOf(bridge);
  }

  /** Brings the rows of a database to what policies need; whether mirrors wait for entries. */
  follow({ session, sources }: Hypervisor): boolean {
    const { name, label, places } = this.#deps;
    const { replica, root } = session;
    const controller = places.of(session);
    if (typeof controller === "object" || nameConflict(replica, { name, label })) return false;
    const dpid = tapBridgeDpid(root, name);
    const bridges = this.#bridgesOf({ session, sources }, dpid);
    const tunnel = this.#tunnelOf(session, dpid);
    const own = { name, dpid, label, controller, root, ...defined({ tunnel }) };
    const plan = planTapBridge(replica, own, bridges);
    const { operations, contents, unchanged } = plan;
    const isDone = this.#writer.areConfirmed(dpid, contents);
    if (operations.length > 0 || !isDone) {
      this.#writer.write({ dpid, session, operations, contents, unchanged });
    }
    for (const [index, { patches }] of bridges.entries()) {
      const at = sources[index]?.dpid;
      if (at !== undefined) this.#note(at, patches, plan, dpid);
    }
    return bridges.some(({ patches }) => patches.some(({ isReady }) => !isReady));
  }

  #bridgesOf({ session, sources }: Hypervisor, own: Dpid): readonly SourceBridge[] {
    const { network, label, requests, entryState } = this.#deps;
    const { topology } = network;
    const { replica } = session;
    const taken = new PortNames(replica, label);
    const ready = requests.ready(own, entryState);
    return sources.map((source): SourceBridge => {
      const found = topology.switches.get(source.dpid);
      const isUsable = isMirrored(found?.forwarding) && found?.tapBridge?.obstacle === undefined;
      const needed = isUsable ? requests.at(source.dpid).values() : [];
      const requested = desiredPatches(needed, found?.tapBridge, (each) => {
        const isPatched = patchPort(topology.switches, each) !== undefined;
        return isPatched && ready.has(patchKey(each));
      });
      const names = [...requested.values()].map(({ patched }) => this.#sourceName(patched));
      const kept = this.#lingering.kept(source.dpid, {
        present: ownPortNames(replica, source.bridge, label),
        requested: new Set(names),
        // While a switch is away, it is not known what is at its ports.
        isAway: isUsable && found?.connected !== true,
      });
      const left = kept
        .flatMap((each) => patchedByName(source.dpid, each, markOf(label)) ?? [])
        .filter((patched) => taken.clash(patched, source.bridge) === undefined)
        .map((patched): DesiredPatch => ({ patched, isReady: false }));
      return {
        bridge: source.bridge,
        isMirrored: isMirrored(found?.forwarding),
        patches: [...requested.values(), ...left],
      };
    });
  }

  /** The port for tunnels that the bridge of a database is to have; undefined: none. */
  #tunnelOf({ replica }: OvsdbSession, own: Dpid): TunnelPort | undefined {
    const { label, name, tunnels, requests, network } = this.#deps;
    const port = overlayPortName(markOf(label));
    if (overlayObstacle(replica, tunnels, label) !== undefined) return undefined;
    const isRequested = requests.areTunnelled(own);
    const bridge = bridgeNamed(replica, name);
    const present = portsOf(replica, bridge).some(
      (each) => each.name === port && each.label === label,
    );
    const kept = this.#lingering.kept(own, {
      present: new Set(present ? [port] : []),
      requested: new Set(isRequested ? [port] : []),
      // Which bridges copies are to reach is known when all of them are.
      isAway: [...network.topology.switches.values()].some(isAwaited),
    });
    if (!isRequested && kept.length === 0) return undefined;
    return tunnelPort(port, tunnels);
  }

  #note(
    at: Dpid,
    patches: readonly DesiredPatch[],
    { problems, contents, unchanged }: TapBridgePlan,
    own: Dpid,
  ): void {
    this.#problems.set(at, problems);
    const names = patches.map(({ patched }) => this.#sourceName(patched));
    const confirmed = names.filter((each) => {
      const content = unchanged.has(each) ? contents.get(each) : undefined;
      return content !== undefined && this.#writer.isConfirmed(own, each, content);
    });
    this.#confirmed.set(at, new Set(confirmed));
  }

  #sourceName(patched: PatchedPort): string {
    return patchNames(patched, markOf(this.#deps.label)).source;
  }
}

/** Whether it is not known at present what is at the ports of a switch whose frames mirrors hand over. */
function isAwaited({ forwarding, tapBridge, connected }: Switch): boolean {
  return isMirrored(forwarding) && (tapBridge === undefined || !connected);
}
