// SPDX-License-Identifier: Apache-2.0
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";

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
}

/**
 * Sends an HTTP or HTTPS request. No redirection is followed: a token goes to the named server only. (`fetch`
 * does not take authorities.)
 *
 * @throws the errors of the network and of TLS.
 */
export function sendRequest(
  url: URL,
  { method, headers, body = "", ca }: HttpRequest,
): Promise<HttpAnswer> {
  const request = url.protocol === "https:" ? tlsRequest : plainRequest;
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const options = {
    method,
    headers: { ...headers, ...(body === "" ? {} : length) },
    ...(ca === undefined ? {} : { ca }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, text });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
