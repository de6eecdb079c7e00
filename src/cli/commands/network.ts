// SPDX-License-Identifier: Apache-2.0
import type { StatusView } from "../../contract/status.ts";
import type { SwitchView } from "../../contract/switches.ts";
import { pairLines, tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";
import { markLines, overridingLines, refusedLines } from "./entry-lines.ts";

/** `vtap switches`. */
export async function listSwitches(client: Client): Promise<number> {
  const answer = await client.rest.list("/switches");
  return printAnswer<{ items: SwitchView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no switches"];
    const rows = items.map((each) => [
      each.dpid,
      each.name,
      each.connected ? "connected" : "disconnected",
      each.admission === "quarantined" ? "quarantined" : profileText(each.forwarding),
      `${each.ports.filter(({ up }) => up).length}/${each.ports.length}`,
      each.address ?? "",
    ]);
    const headings = ["DPID", "NAME", "SESSION", "FORWARDING", "PORTS UP", "ADDRESS"];
    const troubles = [refusedLines, overridingLines, markLines].flatMap((each) => each(items));
    return [...tableLines(headings, rows), ...troubles];
  });
}

/** `vtap status`. */
export async function showStatus(client: Client): Promise<number> {
  const answer = await client.rest.request("GET", "/status");
  return printAnswer<StatusView>(client, answer, (status) => {
    const { total, byState } = status.policies;
    const states = Object.entries(byState)
      .filter(([, count]) => count > 0)
      .map(([state, count]) => `${count} ${state}`);
    const { configured, accepted, quarantined, connected } = status.switches;
    const switches = [
      `${connected} connected`,
      `${configured} configured`,
      ...(accepted > 0 ? [`${accepted} accepted`] : []),
      ...(quarantined > 0 ? [`${quarantined} quarantined`] : []),
    ];
    return pairLines([
      ["version", status.version],
      ["started", status.startedAt],
      ["ready", status.ready ? "yes" : "no"],
      ...(status.taps.state === "running" ? [] : [["taps", suspendedText(status.taps)] as const]),
      ["policies", states.length > 0 ? `${total} (${states.join(", ")})` : String(total)],
      ["switches", switches.join(", ")],
      ["links", String(status.links)],
      ["hosts", String(status.hosts)],
    ]);
  });
}

function suspendedText({ since, by, reason }: StatusView["taps"]): string {
  const from = [since && `since ${since}`, by && `by ${by}`].filter(Boolean).join(" ");
  return `suspended ${from}${reason ? `: ${reason}` : ""}`;
}

function profileText(profile: SwitchView["forwarding"]): string {
  if (typeof profile === "string") return profile;
  if ("table" in profile) return `table ${profile.table}`;
  return `beside ${"mark" in profile.beside ? profile.beside.mark : "mirrors"}`;
}
