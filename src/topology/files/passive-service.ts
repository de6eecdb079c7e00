// SPDX-License-Identifier: Apache-2.0
import type { Dpid } from "../dpid.ts";
import type { PassiveService, TopologyConfig } from "../model.ts";

const SERVICE = /^(?:(ptcp|pssl):(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})|unix:(\/.+))$/;

/** Reads `ptcp:HOST:PORT`, `pssl:HOST:PORT` (an IPv6 address in brackets) or `unix:/PATH`. */
export function parsePassiveService(text: string): PassiveService | undefined {
  const [, scheme, bracketed, plain, digits = "", path] = SERVICE.exec(text) ?? [];
  if (path !== undefined) return { transport: "unix", path };
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port === 0 || port > 65_535) return undefined;
  return { transport: scheme === "pssl" ? "tls" : "tcp", host, port };
}

/** Where switches wait for connections, as the topology files say. */
export function passiveServices({
  switches,
}: Pick<TopologyConfig, "switches">): ReadonlyMap<Dpid, PassiveService> {
  return new Map(
    switches.flatMap(({ dpid, connect }) => (connect ? [[dpid, connect] as const] : [])),
  );
}
