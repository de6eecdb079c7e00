// SPDX-License-Identifier: Apache-2.0
import { connect } from "node:net";
import { text } from "node:stream/consumers";

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. A header that came twice is joined with "; twice: ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A request line with its headers, sent as it is: `fetch` chooses Host and Origin itself. */
export async function rawRequest(
  url: string,
  requestLine: string,
  ...headers: readonly string[]
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/^\[(.*)\]$/, "$1"));
  // Before the others: what follows a body would be another request.
  const lines = [requestLine, "Connection: close", ...headers, "", ""];
  socket.end(lines.join("\r\n"));
  const [head = "", ...body] = (await text(socket)).split("\r\n\r\n");
  const [statusLine = "", ...fields] = head.split("\r\n");
  const received = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    const before = received.has(name) ? `${received.get(name)}; twice: ` : "";
    received.set(name, before + field.slice(colon + 1).trim());
  }
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: received,
    body: body.join("\r\n\r\n"),
  };
}
