// SPDX-License-Identifier: Apache-2.0
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../access/credentials.ts";

/** A connection has the same certificate for all its requests. */
const known = new WeakMap<TLSSocket, ClientCertificate | undefined>();

/** The certificate of a client that the authority of the setting `httpClientCa` has signed. */
export function clientCertificate(socket: Socket): ClientCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  if (!known.has(socket)) known.set(socket, certificateOf(socket));
  return known.get(socket);
}

function certificateOf(socket: TLSSocket): ClientCertificate | undefined {
  const { subject, subjectaltname = "", valid_to } = socket.getPeerCertificate();
  const validUntilMs = Date.parse(valid_to ?? "");
  if (Number.isNaN(validUntilMs)) return undefined;
  const names = [subject?.CN ?? []].flat().map((name) => `CN:${name}`);
  return { subjects: [...alternativeNames(subjectaltname), ...names], validUntilMs };
}

/** One of the names in `DNS:a.example.org, URI:"urn:x, DNS:y"`: Node quotes what could be taken for several. */
const NAME = /(?:^|, )([\w ]+):("(?:[^"\\]|\\.)*"|[^,]*)/gy;

/** The names of the kinds DNS and URI. */
export function alternativeNames(text: string): string[] {
  return [...text.matchAll(NAME)].flatMap(([, kind = "", value = ""]) => {
    const name: string = value.startsWith('"') ? JSON.parse(value) : value;
    if (kind === "DNS") return [`DNS:${name.toLowerCase()}`];
    return kind === "URI" ? [`URI:${name}`] : [];
  });
}
