// SPDX-License-Identifier: Apache-2.0
import {
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
import { counterStore } from "./counters.ts";
import { discoveryStore } from "./discovery.ts";
import { documentSetStore, documentStore } from "./documents.ts";
import { hostStore } from "./hosts.ts";
import { learnedHostStore } from "./learned-hosts.ts";
import { portStore } from "./ports.ts";
import { storageSource } from "./storage.ts";
import { suspensionStore } from "./suspensions.ts";

/** The stores of the controller, all in one database. */
export function controllerStores(store: Store) {
  return {
    storage: storageSource(store),
    policyStore: documentStore(new PolicyRecords(store, () => new Date())),
    groupStore: documentStore(new GroupRecords(store, () => new Date())),
    documentSetStore: documentSetStore(new DocumentSets(store, () => new Date())),
    hostStore: hostStore(new HostRecords(store)),
    portStore: portStore(new PortRecords(store)),
    learnedHostStore: learnedHostStore(new LearnedHostRecords(store)),
    suspensionStore: suspensionStore(new SuspensionRecords(store)),
    tapVlanStore: new TapVlanRecords(store),
    discoveryStore: discoveryStore(new DiscoveryRecords(store)),
    counterStore: counterStore(new CounterRecords(store)),
  };
}
