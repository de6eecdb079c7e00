// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import type { Policy } from "../../policy/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";
import { SwitchDatabases } from "../databases/switch-databases.ts";
import { InterfaceNaming } from "../interfaces/interface-naming.ts";
import { InterfaceRegistry } from "../interfaces/interface-registry.ts";
import { NativeMirrors } from "../mirrors/native-mirrors.ts";
import { creationOf, type PolicyEntry } from "../policies/policy-registry.ts";
import type { OutletIndex } from "../status/outlet-index.ts";
import type { EntryState } from "../status/policy-status.ts";
import { DEFAULT_DSCP, DEFAULT_TUNNELS } from "../tap-bridges/overlay-ends.ts";
import { DEFAULT_TAP_BRIDGE, tapLabel } from "../tap-bridges/own-rows.ts";
import { TapBridgeTargets } from "../tap-bridges/tap-bridge-targets.ts";
import { TapBridges } from "../tap-bridges/tap-bridges.ts";
import { switchName } from "../views/network-view.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";

/** The parts that follow the databases of switches, and write to them. */
export function createDatabases(
  options: ControllerOptions,
  { network, events, logger, registry, compilation }: Core,
  following: {
    readonly outlets: OutletIndex;
    readonly effective: (entry: PolicyEntry) => Policy;
    readonly entryState: (ref: EntryRef) => EntryState;
    readonly hasDesiredAlone: (dpid: Dpid) => boolean;
  },
) {
  const { pins = new Map(), now, ovsdbHosts: mapping = false, ovsdbWrites = false } = options;
  const interfaces: InterfaceRegistry = new InterfaceRegistry(() =>
    network.replacing((state) => state.withInterfaces(interfaces.interfaces, interfaces.hosts)),
  );
  const databases = new SwitchDatabases({
    topology: () => network.topology,
    ...{ pins, events, logger, clock: systemClock, now },
    naming: mapping === false ? undefined : new InterfaceNaming(interfaces, mapping),
  });
  const mirrors = new NativeMirrors({
    ...{ registry, databases, ...following, mayWrite: ovsdbWrites, clock: systemClock },
    tapVlans: options.tapVlans,
    plan: (id) => compilation.lastPlan(id),
    topology: () => network.topology,
    switchName: (dpid) => switchName(network.topology, dpid),
  });
  databases.subscribe(() => mirrors.changed());
  const places = new TapBridgeTargets(options.tapBridgeController);
  const tapBridges = new TapBridges({
    ...{ network, databases, mayWrite: ovsdbWrites, clock: systemClock },
    ...{ places, name: options.tapBridge ?? DEFAULT_TAP_BRIDGE },
    tunnels: {
      ...(options.tapTunnels ?? DEFAULT_TUNNELS),
      dscp: options.tapTunnelDscp ?? DEFAULT_DSCP,
    },
    label: tapLabel(options.markKey),
    created: (id) => {
      const creation = creationOf(registry.known(id));
      return creation === "file" ? "" : (creation ?? "");
    },
    plan: (id) => compilation.lastPlan(id),
    entryState: following.entryState,
    hasDesiredAlone: following.hasDesiredAlone,
  });
  databases.subscribe(() => tapBridges.changed());
  return { databases, interfaces, mirrors, tapBridges };
}
