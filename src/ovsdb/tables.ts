// SPDX-License-Identifier: Apache-2.0
import { type Column, mapOf, one, optional, setOf, type ValueOf } from "./columns.ts";

/** A table that OpenVTAP reads: its columns by the names that rows have here. */
export interface Table<C extends Columns = Columns> {
  readonly name: string;
  readonly columns: C;
}

/** Methods make parameters bivariant: columns of all types are `Column`s. */
type Columns = Readonly<Record<string, Column<never> | Column>>;

/** A row of a table; columns that the server lacks are empty. */
export type RowOf<T extends Table> = {
  readonly [K in keyof T["columns"]]: ValueOf<T["columns"][K]>;
};

/** A database and the tables of it that OpenVTAP reads. */
export interface Database {
  readonly name: string;
  /** The table with one row, which identifies the database as long as it exists. */
  readonly root: Table;
  readonly tables: readonly Table[];
}

function table<const C extends Columns>(name: string, columns: C): Table<C> {
  return { name, columns };
}

/** The tables of an Open vSwitch. @spec ovs-vswitchd.conf.db(5) */
export const OPEN_VSWITCH = table("Open_vSwitch", {
  bridges: setOf("bridges", "uuid"),
  managers: setOf("manager_options", "uuid"),
  version: optional("ovs_version", "string"),
  /** Who changes the configuration and waits for the switch raises it by one. */
  nextConfig: one("next_cfg", "integer"),
  /** Rises when the switch has taken over the configuration up to `nextConfig` of that time. */
  currentConfig: one("cur_cfg", "integer"),
  otherConfig: mapOf("other_config", "string", "string"),
  externalIds: mapOf("external_ids", "string", "string"),
  dpdkInitialized: one("dpdk_initialized", "boolean"),
  dpdkVersion: optional("dpdk_version", "string"),
});

/** How busy the machine is: it changes every few seconds, and is read when it is needed. */
export const OPEN_VSWITCH_STATISTICS = table("Open_vSwitch", {
  statistics: mapOf("statistics", "string", "string"),
});

export const BRIDGE = table("Bridge", {
  name: one("name", "string"),
  datapathId: optional("datapath_id", "string"),
  datapathType: one("datapath_type", "string"),
  datapathVersion: one("datapath_version", "string"),
  failMode: optional("fail_mode", "string"),
  protocols: setOf("protocols", "string"),
  ports: setOf("ports", "uuid"),
  controllers: setOf("controller", "uuid"),
  mirrors: setOf("mirrors", "uuid"),
  otherConfig: mapOf("other_config", "string", "string"),
  externalIds: mapOf("external_ids", "string", "string"),
});

export const PORT = table("Port", {
  name: one("name", "string"),
  interfaces: setOf("interfaces", "uuid"),
  /** Absent: `access` with a tag, `trunk` without one. */
  vlanMode: optional("vlan_mode", "string"),
  tag: optional("tag", "integer"),
  /** The VLANs of a trunk; none: all. */
  trunks: setOf("trunks", "integer"),
  otherConfig: mapOf("other_config", "string", "string"),
  externalIds: mapOf("external_ids", "string", "string"),
});

export const INTERFACE = table("Interface", {
  name: one("name", "string"),
  type: one("type", "string"),
  options: mapOf("options", "string", "string"),
  ofport: optional("ofport", "integer"),
  /** Bytes of a frame without its Ethernet header, at most. */
  mtu: optional("mtu", "integer"),
  error: optional("error", "string"),
  externalIds: mapOf("external_ids", "string", "string"),
});

/** Counters of interfaces: they change every few seconds, and are read when they are needed. */
export const INTERFACE_STATISTICS = table("Interface", {
  statistics: mapOf("statistics", "string", "integer"),
});

export const CONTROLLER = table("Controller", {
  target: one("target", "string"),
  isConnected: one("is_connected", "boolean"),
  role: optional("role", "string"),
  /** Longest time between two attempts to connect, in milliseconds; absent: that of Open vSwitch. */
  maxBackoff: optional("max_backoff", "integer"),
});

/** How controllers are doing: it changes every few seconds, and is read when it is needed. */
export const CONTROLLER_STATUS = table("Controller", {
  target: one("target", "string"),
  status: mapOf("status", "string", "string"),
});

export const MANAGER = table("Manager", {
  target: one("target", "string"),
  isConnected: one("is_connected", "boolean"),
});

export const MIRROR = table("Mirror", {
  name: one("name", "string"),
  selectAll: one("select_all", "boolean"),
  sources: setOf("select_src_port", "uuid"),
  destinations: setOf("select_dst_port", "uuid"),
  vlans: setOf("select_vlan", "integer"),
  outputPort: optional("output_port", "uuid"),
  outputVlan: optional("output_vlan", "integer"),
  /** Bytes of a frame that are mirrored; absent: all. */
  snapLength: optional("snaplen", "integer"),
  externalIds: mapOf("external_ids", "string", "string"),
});

/** Counters of mirrors, read when they are needed. */
export const MIRROR_STATISTICS = table("Mirror", {
  statistics: mapOf("statistics", "string", "integer"),
});

/** The tables of OVN's Southbound database. @spec ovn-sb(5) */
const SB_GLOBAL = table("SB_Global", {
  externalIds: mapOf("external_ids", "string", "string"),
});

export const CHASSIS = table("Chassis", {
  /** The `system-id` of the hypervisor. */
  name: one("name", "string"),
});

export const PORT_BINDING = table("Port_Binding", {
  logicalPort: one("logical_port", "string"),
  /** "" for the interface of a workload. */
  type: one("type", "string"),
  /** A MAC address with IP addresses each, or words such as `unknown`. */
  mac: setOf("mac", "string"),
  chassis: optional("chassis", "uuid"),
  externalIds: mapOf("external_ids", "string", "string"),
});

/** The Southbound database of OVN. */
export const SOUTHBOUND_DATABASE: Database = {
  name: "OVN_Southbound",
  root: SB_GLOBAL,
  tables: [SB_GLOBAL, CHASSIS, PORT_BINDING],
};

/** The databases of a server, in its database `_Server`. @spec ovsdb-server(5) */
export const SERVED_DATABASE = table("Database", {
  name: one("name", "string"),
  /** Whether this server of the cluster is in contact with the others; always true where there is no cluster. */
  connected: one("connected", "boolean"),
  leader: one("leader", "boolean"),
  /** The cluster, and how many entries of its log the copy contains; both absent where there is none. */
  cluster: optional("cid", "uuid"),
  index: optional("index", "integer"),
});

/** The database of a switch's `ovsdb-server`. */
export const SWITCH_DATABASE: Database = {
  name: "Open_vSwitch",
  root: OPEN_VSWITCH,
  tables: [OPEN_VSWITCH, BRIDGE, PORT, INTERFACE, CONTROLLER, MANAGER, MIRROR],
};
