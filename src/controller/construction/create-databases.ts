// SPDX-License-Identifier: Apache-2.0
import type { Policy } from "../../policy/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import { SwitchDatabases } from "../databases/switch-databases.ts";
import { InterfaceNaming } from "../interfaces/interface-naming.ts";
import { InterfaceRegistry } from "../interfaces/interface-registry.ts";
import { NativeMirrors } from "../mirrors/native-mirrors.ts";
import type { PolicyEntry } from "../policies/policy-registry.ts";
import type { OutletIndex } from "../status/outlet-index.ts";
import { switchName } from "../views/network-view.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";

/** The parts that follow the databases of switches, and write to them. */
export function createDatabases(
  { pins = new Map(), now, ovsdbHosts: mapping = false, ovsdbWrites = false }: ControllerOptions,
  { network, events, logger, registry, compilation }: Core,
  following: {
    readonly outlets: OutletIndex;
    readonly effective: (entry: PolicyEntry) => Policy;
  },
) {
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
    plan: (id) => compilation.lastPlan(id),
    topology: () => network.topology,
    switchName: (dpid) => switchName(network.topology, dpid),
  });
  databases.subscribe(() => mirrors.changed());
  return { databases, interfaces, mirrors };
}
