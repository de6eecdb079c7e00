// SPDX-License-Identifier: Apache-2.0
export type { CounterStore, EntryRecord, Totals } from "../counters/index.ts";
export type { CertificatePins } from "../openflow-session/index.ts";

export type { AuditStore } from "./audit/audit-store.ts";
export type { ControllerOptions } from "./construction/controller-options.ts";
export { type CreatedController, createController } from "./construction/create-controller.ts";
export type { Controller } from "./controller.ts";
export type { DiscoveryStore } from "./discovery/discovery-memory.ts";
export type { LearnedHostStore } from "./discovery/learned-host-memory.ts";
export { DEFAULT_MAPPING } from "./interfaces/interface-mapping.ts";
export type { HostStore } from "./network/host-writes.ts";
export type { PortStore } from "./network/port-memory.ts";
export type { DocumentSetStore, DocumentStore } from "./policies/document-store.ts";
export type { StorageSource, StorageState } from "./storage.ts";
export type { SuspensionStore } from "./suspension/index.ts";
