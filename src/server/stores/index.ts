// SPDX-License-Identifier: Apache-2.0
import {
  type AuditRecords,
  CounterRecords,
  DiscoveryRecords,
  DocumentSets,
  GroupRecords,
  HostRecords,
  LearnedHostRecords,
  PolicyRecords,
  PortRecords,
  type Store,
  SuspensionRecords,
  TapVlanRecords,
} from "../../store/index.ts";
import { appendingTo, auditStore } from "./audit.ts";
import { counterStore } from "./counters.ts";
import { discoveryStore } from "./discovery.ts";
import { documentSetStore, documentStore } from "./documents.ts";
import { hostStore } from "./hosts.ts";
import { learnedHostStore } from "./learned-hosts.ts";
import { portStore } from "./ports.ts";
import { storageSource } from "./storage.ts";
import { suspensionStore } from "./suspensions.ts";

/** The stores of the controller, all in one database, with its audit. */
export function controllerStores(store: Store, audit: AuditRecords) {
  const appending = appendingTo(audit);
  return {
    auditStore: auditStore(audit),
    storage: storageSource(store),
    policyStore: documentStore(new PolicyRecords(store, () => new Date()), appending),
    groupStore: documentStore(new GroupRecords(store, () => new Date()), appending),
    documentSetStore: documentSetStore(new DocumentSets(store, () => new Date()), appending),
    hostStore: hostStore(new HostRecords(store), appending),
    portStore: portStore(new PortRecords(store), appending),
    learnedHostStore: learnedHostStore(new LearnedHostRecords(store)),
    suspensionStore: suspensionStore(new SuspensionRecords(store), appending),
    tapVlanStore: new TapVlanRecords(store),
    discoveryStore: discoveryStore(new DiscoveryRecords(store)),
    counterStore: counterStore(new CounterRecords(store)),
  };
}
