// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { defined } from "../lang/defined.ts";

interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Authorities of the server's certificate, in PEM; absent: those of the system. */
  readonly ca?: string;
}

/** An answer with its whole body. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** The header of this name. */
  readonly date?: string;
}

/** An answer whose body is read as it comes. */
export interface StreamedAnswer {
  readonly status: number;
  readonly parts: AsyncIterable<Uint8Array>;
}

/**
 * Sends an HTTP or HTTPS request, and reads the whole answer. No redirection is followed: a token goes to the
 * named server only. (`fetch` does not take authorities.)
 *
 * @throws the errors of the network and of TLS.
 */
export async function sendRequest(url: URL, request: HttpRequest): Promise<HttpAnswer> {
  const response = await begin(url, request);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode ?? 0, text, ...defined({ date: response.headers.date }) };
}

/**
 * As `sendRequest`, with an answer that the signal ends.
 *
 * @throws the errors of the network and of TLS, also while the answer is read.
 */
export async function streamRequest(
  url: URL,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<StreamedAnswer> {
  const response = await begin(url, request, signal);
  return { status: response.statusCode ?? 0, parts: response };
}

function begin(
  url: URL,
  { method, headers, body = "", ca }: HttpRequest,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? tlsRequest : plainRequest;
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const options = {
    method,
    headers: { ...headers, ...(body === "" ? {} : length) },
    ...(ca === undefined ? {} : { ca }),
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}
