// SPDX-License-Identifier: Apache-2.0
import type { ResyncView } from "../../contract/resync.ts";
import { tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";
import { refusedLines, refusedText } from "./entry-lines.ts";

/** `vtap resync [SWITCH]`. */
export async function resyncSwitches(client: Client, name: string | undefined): Promise<number> {
  const path = name === undefined ? "/switches" : `/switches/${encodeURIComponent(name)}`;
  const answer = await client.rest.request("POST", `${path}:resync`);
  return printAnswer<ResyncView | { items: ResyncView[] }>(client, answer, (body) => {
    const views = "items" in body ? body.items : [body];
    if (views.length === 0) return ["no switches"];
    const rows = views.map(({ dpid, name, state, drift, refused }) => [
      dpid,
      name,
      stateText(state, refused?.count ?? 0),
      ...[drift?.missing, drift?.changed, drift?.unexpected].map((n) => n?.toString() ?? ""),
    ]);
    const headings = ["DPID", "NAME", "STATE", "MISSING", "CHANGED", "UNEXPECTED"];
    return [...tableLines(headings, rows), ...refusedLines(views)];
  });
}

function stateText(state: ResyncView["state"], refused: number): string {
  if (refused === 0) return WORDS[state];
  return state === "inSync" ? refusedText(refused) : `${WORDS[state]}, ${refusedText(refused)}`;
}

const WORDS: Readonly<Record<ResyncView["state"], string>> = {
  inSync: "as it should be",
  repaired: "repaired",
  underWay: "still under way",
  notConnected: "not connected",
};
