// SPDX-License-Identifier: Apache-2.0
import type { LinkView } from "../../contract/links.ts";
import { tableLines } from "../output/table.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** `vtap links`. */
export async function listLinks(client: Client): Promise<number> {
  const answer = await client.rest.list("/links");
  return printAnswer<{ items: LinkView[] }>(client, answer, ({ items }) => {
    if (items.length === 0) return ["no links"];
    const rows = items.map(({ a, b, weight, origin, state, up, since = "", problem = "" }) => [
      endText(a),
      endText(b),
      state,
      up ? "yes" : "no",
      origin,
      String(weight),
      since,
      problem,
    ]);
    return tableLines(
      ["FROM", "TO", "STATE", "USED", "ORIGIN", "WEIGHT", "SINCE", "PROBLEM"],
      rows,
    );
  });
}

function endText({ switch: name, port }: LinkView["a"]): string {
  return `${name} port ${port}`;
}
