// SPDX-License-Identifier: Apache-2.0
import type { ProjectQuotas } from "../../contract/projects/quotas.ts";
import type { CounterStore } from "../../counters/index.ts";
import type {
  CertificatePins,
  ListenAddress,
  SessionOptions,
} from "../../openflow-session/index.ts";
import type { ConnectTls, OvsdbPlaces } from "../../ovsdb-session/index.ts";
import type { CompileLimits, HeldVlan, PolicyFiles, VlanRange } from "../../policy/index.ts";
import type { IdRange } from "../../reconcile/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import type {
  AdmissionSettings,
  HostLimits,
  PortStatement,
  TopologyConfig,
} from "../../topology/index.ts";
import type { AuditLimits } from "../audit/audit-retention.ts";
import type { AuditStore } from "../audit/audit-store.ts";
import type { TapVlanStore } from "../desired/tap-vlan-memory.ts";
import type { DiscoveryStore } from "../discovery/discovery-memory.ts";
import type { LearnedHostStore } from "../discovery/learned-host-memory.ts";
import type { InterfaceMapping } from "../interfaces/interface-mapping.ts";
import type { LifetimeOptions } from "../lifetimes/policy-lifetimes.ts";
import type { HostStore } from "../network/host-writes.ts";
import type { PortStore } from "../network/port-memory.ts";
import type { DocumentSetStore, DocumentStore } from "../policies/document-store.ts";
import type { LifeLimitOptions } from "../policies/life-limits.ts";
import type { PreviewOptions } from "../previews/previews.ts";
import type { StorageSource } from "../storage.ts";
import type { DropGuardOptions, SuspensionStore } from "../suspension/index.ts";
import type { TunnelKind } from "../tap-bridges/overlay-ends.ts";

/** What a controller is built from: configuration, stores, and the outside world. */
export interface ControllerOptions {
  /** OpenVTAP's version, as the API reports it. */
  readonly version: string;
  /** Where switches connect to; port 0: any free one. */
  readonly openflow: readonly ListenAddress[];
  /** Where databases of switches are found; absent: nowhere. */
  readonly ovsdb?: OvsdbPlaces;
  /** By which keys databases name interfaces, which are hosts. `false`, the default: they name none. */
  readonly ovsdbHosts?: InterfaceMapping | false;
  /** Whether OpenVTAP writes to databases, for policies with delivery `mirror`. Default: no. */
  readonly ovsdbWrites?: boolean;
  /** The name of the bridges of OpenVTAP's own in databases. Default: `br-vtap`. */
  readonly tapBridge?: string;
  /** Where these connect to OpenVTAP, as a `Controller` row has it; absent: known for databases of this machine alone. */
  readonly tapBridgeController?: string;
  /** How copies cross the network between them. Default: Geneve, to a UDP port of its own. */
  readonly tapTunnels?: Omit<TunnelKind, "dscp">;
  /** DSCP of the packets that carry copies there. Default: that of low-priority data. */
  readonly tapTunnelDscp?: number;
  /** The members of OVN's Southbound database; absent: there is none. */
  readonly ovnSouthbound?: OvsdbPlaces["targets"];
  /** What is presented where OpenVTAP connects over TLS. */
  readonly connectTls?: ConnectTls;
  /** The certificates that switches may present, on every listener. */
  readonly pins?: CertificatePins;
  readonly topology: TopologyConfig;
  /** What the ports file states of interfaces; absent: there is none. */
  readonly ports?: readonly PortStatement[];
  /** Which switches are admitted besides those that the topology names. */
  readonly admission?: AdmissionSettings;
  readonly policyFiles: PolicyFiles;
  /** The disk behind the stores; absent: stores that never fail. */
  readonly storage?: StorageSource;
  readonly auditStore: AuditStore;
  /** How long records of the audit are kept; what is omitted: 0, for ever. */
  readonly auditLimits?: Partial<AuditLimits>;
  readonly policyStore: DocumentStore;
  readonly groupStore: DocumentStore;
  readonly documentSetStore: DocumentSetStore;
  readonly hostStore: HostStore;
  readonly portStore: PortStore;
  readonly learnedHostStore: LearnedHostStore;
  readonly suspensionStore: SuspensionStore;
  /** Suspends a policy if production ports lose frames after its install; absent: no guard. */
  readonly dropGuard?: DropGuardOptions;
  readonly counterStore: CounterStore;
  readonly logger: Logger;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  /** What happens before and after the end of a policy; omitted options have their defaults. */
  readonly lifetimes?: Partial<LifetimeOptions>;
  /** How long policies may be in effect. Default: without a limit. */
  readonly policyLife?: LifeLimitOptions;
  readonly limits?: Partial<CompileLimits>;
  /** Whether policies that clients write must state their reason. Default: no. */
  readonly requireReason?: boolean;
  /** How many policies and monitors projects may have. Default: any number. */
  readonly projectQuotas?: ProjectQuotas;
  readonly groupIds?: IdRange;
  readonly meterIds?: IdRange;
  /** Interval at which every switch is read again, in milliseconds; 0: never. */
  readonly auditIntervalMs?: number;
  /** Interval at which every switch's counters are read, in milliseconds; 0: never. */
  readonly countersIntervalMs?: number;
  /** VLAN ids that only tagged copies use on links. */
  readonly tapVlans?: VlanRange;
  /** The VLAN ids that are held for monitors, as `tapVlanStore` has them. Default: none. */
  readonly heldVlans?: readonly HeldVlan[];
  readonly tapVlanStore: TapVlanStore;
  /** The secret that one-sided tap marks are made with. Default: none. */
  readonly markKey?: Uint8Array;
  /** Whether links and hosts are discovered. Default: true. */
  readonly discovery?: boolean;
  /** Limits of host learning; omitted ones have their defaults. */
  readonly hostLimits?: Partial<HostLimits>;
  readonly discoveryStore: DiscoveryStore;
  /** Interval between two probes of a port, in milliseconds. */
  readonly probeIntervalMs?: number;
  /** Interval between two probes of a way that copies take, in milliseconds; 0: none. Default: 0. */
  readonly pathProbeIntervalMs?: number;
  /** Whether clients may see copies, and how many at a time. Default: no. */
  readonly previews?: PreviewOptions;
  readonly session?: Partial<SessionOptions>;
}
