// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";

/** Policy of a page that loads nothing: JSON, text and problem documents. */
const NOTHING =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/**
 * Policy of the pages at /docs: files and requests of this origin only, no inline code. Swagger UI
 * draws its icons from data URLs and sets styles in attributes.
 */
export const PAGE_CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Headers of every answer. Constants of our own, since a plugin's hooks run for routed requests only:
 * malformed requests are answered before there is a route, some as plain text on the socket.
 *
 * Without TLS, Strict-Transport-Security and upgrade-insecure-requests have no place here.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": NOTHING,
  "x-content-type-options": "nosniff",
  // Not "no-referrer": browsers would then send "Origin: null" with forms of our own pages.
  "referrer-policy": "same-origin",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy":
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cache-control": "no-store",
};

/** Adds the security headers to every routed request; a route may replace single ones. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook("onRequest", async (_request, reply) => setSecurityHeaders(reply.raw));
}

/** On the raw response: event streams are written without fastify. */
export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
}
