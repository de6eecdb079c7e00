import type { ResyncView } from "../../api/index.ts";
import { formatTable } from "../table.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** `vtap resync [SWITCH]`. */
export async function resyncSwitches(client: Client, name: string | undefined): Promise<number> {
  const path = name === undefined ? "/switches" : `/switches/${encodeURIComponent(name)}`;
  const answer = await client.rest.request("POST", `${path}:resync`);
  return printAnswer<ResyncView | { items: ResyncView[] }>(client, answer, (body) => {
    const views = "items" in body ? body.items : [body];
    if (views.length === 0) return "no switches\n";
    const rows = views.map(({ dpid, name, state, drift }) => [
      dpid,
      name,
      WORDS[state],
      ...[drift?.missing, drift?.changed, drift?.unexpected].map((n) => n?.toString() ?? ""),
    ]);
    return formatTable(["DPID", "NAME", "STATE", "MISSING", "CHANGED", "UNEXPECTED"], rows);
  });
}

const WORDS: Readonly<Record<ResyncView["state"], string>> = {
  inSync: "as it should be",
  repaired: "repaired",
  underWay: "still under way",
  notConnected: "not connected",
};
