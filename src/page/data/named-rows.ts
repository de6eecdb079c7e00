// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { PartyText, PolicyRow } from "./policy-row.ts";

type Rows = ReadonlyMap<string, PolicyRow>;
type Hosts = ReadonlyMap<string, Pick<HostView, "name">>;

const MAC = /\b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b/g;

let cachedHosts: Hosts | undefined;
let cache = new WeakMap<PolicyRow, PolicyRow>();

/**
 * Rows in which known hosts have their names: a policy may name them by address, and people look for the name. Rows
 * that stay the same are the same objects. `hosts`: by MAC address.
 */
export function namedRows(rows: Rows, hosts: Hosts): Rows {
  if (hosts !== cachedHosts) {
    cachedHosts = hosts;
    cache = new WeakMap();
  }
  const nameOf = (mac: string) => hosts.get(mac)?.name;
  return new Map(
    Array.from(rows, ([id, row]) => {
      const known = cache.get(row) ?? named(row, nameOf);
      cache.set(row, known);
      return [id, known];
    }),
  );
}

type NameOf = (mac: string) => string | undefined;

function named(row: PolicyRow, nameOf: NameOf): PolicyRow {
  const [sender, receiver] = [namedParty(row.sender, nameOf), namedParty(row.receiver, nameOf)];
  const monitors = row.monitors.map((text) => text.replace(MAC, (mac) => nameOf(mac) ?? mac));
  const isSame =
    sender === row.sender &&
    receiver === row.receiver &&
    monitors.every((text, index) => text === row.monitors[index]);
  return isSame ? row : { ...row, sender, receiver, monitors };
}

function namedParty(party: PartyText, nameOf: NameOf): PartyText {
  const name = party.host === "" ? nameOf(party.mac) : undefined;
  return name === undefined ? party : { ...party, host: name };
}
