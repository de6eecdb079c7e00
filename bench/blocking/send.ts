// SPDX-License-Identifier: Apache-2.0
import type { BlockingServer } from "./kind.ts";

/** A request; without a type, the body is JSON. */
export interface Sending {
  readonly method?: string;
  /** From the root: `/api/v1/policies`. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request; resolves to its status and the kind of its problem, in a few words. */
export async function send({ url }: BlockingServer, sending: Sending): Promise<string> {
  const { method = "POST", path, body, headers = {} } = sending;
  const response = await fetch(url + path, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const [, problem] = /"type":"urn:openvtap:problem:([a-z-]+)"/.exec(text) ?? [];
  return [response.status, problem, `${(text.length / 1024).toFixed(0)} KiB`]
    .filter((part) => part !== undefined)
    .join(" ");
}
