// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { HostObserver } from "../../contract/observation/host-observers.ts";
import { tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** `vtap hosts`. */
export async function listHosts(client: Client): Promise<number> {
  const answer = await client.rest.list("/hosts");
  return printAnswer<{ items: HostView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no hosts"];
    const rows = items.map((each) => [
      each.mac,
      each.name ?? "",
      each.switch,
      String(each.port),
      each.origin,
      each.role ?? (each.sharedPort ? "shared port" : ""),
      (each.vlans ?? []).join(","),
      each.ips.join(" "),
      (each.conflicts ?? []).map(conflictText).join("; "),
    ]);
    return tableLines(
      ["MAC", "NAME", "SWITCH", "PORT", "ORIGIN", "ROLE", "VLANS", "IPS", "CONFLICTS"],
      rows,
    );
  });
}

/** `vtap hosts observers MAC`. */
export async function listHostObservers(client: Client, mac: string): Promise<number> {
  const answer = await client.rest.list(`/hosts/${encodeURIComponent(mac)}/observers`);
  return printAnswer<{ items: HostObserver[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no policies"];
    const rows = items.map(
      ({ id, name = "", monitors = [], requester, project, expiresAt, reason }) =>
        [id, name, monitors.join(" "), requester, project, expiresAt, reason].map(
          (cell) => cell ?? "",
        ),
    );
    return tableLines(
      ["POLICY", "NAME", "MONITORS", "REQUESTER", "PROJECT", "EXPIRES", "REASON"],
      rows,
    );
  });
}

function conflictText(conflict: NonNullable<HostView["conflicts"]>[number]): string {
  switch (conflict.kind) {
    case "place":
      return `also seen at ${conflict.at.switch} port ${conflict.at.port}`;
    case "address":
      return `${conflict.ip} is used by ${conflict.macs.join(" and ")}`;
    case "flapping":
      return `held: seen in turn here and at ${conflict.at.switch} port ${conflict.at.port}`;
    case "monitor": {
      const { at, by } = conflict;
      const what = by ? `${by.ip} is used by ${by.mac}` : `${conflict.mac} is seen`;
      return `${what} at ${at.switch} port ${at.port}; the monitor stays`;
    }
    case "mark":
      return `an address of tap marks, at ${conflict.at.switch} port ${conflict.at.port}`;
    case "former":
      return `frames of it still enter at ${conflict.former.switch} port ${conflict.former.port}`;
    default:
      return conflict satisfies never;
  }
}
