// SPDX-License-Identifier: Apache-2.0
import { isIPv6 } from "node:net";

const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{0,5})?$/i;

/**
 * Reads `HOST` or `HOST:PORT` as browsers do: lower case, addresses in their shortest form, the default
 * port of the scheme omitted. Undefined when it is malformed.
 */
export function parseAuthority(
  text: string,
  scheme: "http:" | "https:" = "http:",
): URL | undefined {
  const url = `${scheme}//${text}`;
  return AUTHORITY.test(text) && URL.canParse(url) ? new URL(url) : undefined;
}

/** The name of a host for comparison: no port, no final dot; an IPv6 address in brackets. */
export function hostName({ hostname }: URL): string {
  return hostname.replace(/\.$/, "");
}

/** The same for a bare name or address; undefined when it is malformed. */
export function bareHostName(text: string): string | undefined {
  const url = parseAuthority(isIPv6(text) ? `[${text}]` : text);
  return url && hostName(url);
}
