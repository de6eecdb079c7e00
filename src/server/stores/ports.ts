// SPDX-License-Identifier: Apache-2.0
import type { PortStore } from "../../controller/index.ts";
import type { PortRecord, PortRecords } from "../../store/index.ts";
import { isPortNo, type PortTable, parseDpid } from "../../topology/index.ts";
import type { Appending } from "./audit.ts";

/** Adapts records of the last reported ports of switches to the controller's port store. */
export function portStore(records: PortRecords, appending: Appending): PortStore {
  return {
    load: async () => (await records.load()).flatMap(portTable),
    put: (table) => records.put(table),
    remove: (dpid, audit) => records.remove(dpid, appending(audit)),
  };
}

function portTable({ dpid: text, ports }: PortRecord): PortTable[] {
  const dpid = parseDpid(text);
  const known = ports.flatMap(({ no, ...rest }) => (isPortNo(no) ? [{ no, ...rest }] : []));
  return dpid === undefined ? [] : [{ dpid, ports: known }];
}
