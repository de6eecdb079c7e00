// SPDX-License-Identifier: Apache-2.0
/** A server-sent event. */
export interface EventFrame {
  readonly id: string | undefined;
  readonly type: string;
  /** Empty: no event, but an id to return with. */
  readonly data: string;
}

/**
 * Splits the text of an event stream into its events, however the text is cut into chunks. Comments and `retry`
 * count for nothing.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventFrameReader {
  #rest = "";

  /** The events that are complete with this chunk. */
  read(chunk: string): EventFrame[] {
    const blocks = (this.#rest + chunk).split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => frameOf(block) ?? []);
  }
}

function frameOf(block: string): EventFrame | undefined {
  let id: string | undefined;
  let type = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "id") id = value;
    else if (name === "event") type = value;
    else if (name === "data") data.push(value);
  }
  return data.length === 0 && id === undefined ? undefined : { id, type, data: data.join("\n") };
}
