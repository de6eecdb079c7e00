// SPDX-License-Identifier: Apache-2.0
export * from "./admission.ts";
export { portsOfOtherRole } from "./changes/changed-ports.ts";
export * from "./changes/topology-changes.ts";
export * from "./discovery/discovered.ts";
export type { DiscoveryWatches, LossWatch, SilenceWatch } from "./discovery/discovery-watches.ts";
export type {
  ConflictNotice,
  ConflictRecord,
  HostConflict,
  MonitorConflict,
} from "./discovery/hosts/host-conflicts.ts";
export type { LearnedHost } from "./discovery/hosts/host-entry.ts";
export { HOST_LIMITS, type HostLimits } from "./discovery/hosts/host-limits.ts";
export type { HostProbe } from "./discovery/hosts/host-probes.ts";
export { HostTable } from "./discovery/hosts/host-table.ts";
export type { NamedHost, RememberedHost } from "./discovery/hosts/known-hosts.ts";
export * from "./discovery/link-discovery.ts";
export * from "./discovery/probe.ts";
export * from "./discovery/probe-address.ts";
export * from "./dpid.ts";
export * from "./files/json-document.ts";
export { passiveServices } from "./files/passive-service.ts";
export { hostSchema, projectText } from "./files/schema.ts";
export * from "./files/schema-problems.ts";
export { SwitchNames } from "./files/switch-names.ts";
export {
  type FileText,
  parseHost,
  parseTopologyFile,
  parseTopologyFiles,
} from "./files/topology-file.ts";
export * from "./forwarding-profile.ts";
export type { LinkRole } from "./graph/routing.ts";
export { InterfaceIndex } from "./interfaces/interface-index.ts";
export type { NamedInterface } from "./interfaces/named-interface.ts";
export { type PortStatement, parsePortsFiles } from "./interfaces/ports-file.ts";
export * from "./ip-address.ts";
export * from "./model.ts";
export * from "./overlay.ts";
export * from "./port.ts";
export * from "./port-at.ts";
export * from "./state.ts";
export * from "./tap-bridge.ts";
export * from "./tap-mark-range.ts";
export * from "./topology.ts";
