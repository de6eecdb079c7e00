// SPDX-License-Identifier: Apache-2.0
import { Port } from "../../structures/reserved.ts";
import { parseSmall } from "./numbers.ts";
import type { Located } from "./scanner.ts";
import { badValue } from "./text-error.ts";

const NAMES: ReadonlyMap<number, string> = new Map([
  [Port.InPort, "IN_PORT"],
  [Port.Table, "TABLE"],
  [Port.Normal, "NORMAL"],
  [Port.Flood, "FLOOD"],
  [Port.All, "ALL"],
  [Port.Controller, "CONTROLLER"],
  [Port.Local, "LOCAL"],
  [Port.Any, "ANY"],
]);

const NUMBERS: ReadonlyMap<string, number> = new Map([
  ...[...NAMES].map(([number, name]) => [name, number] as const),
  ["NONE", Port.Any],
]);

/** The name of a reserved port; undefined for any other. */
export function reservedPortName(port: number): string | undefined {
  return NAMES.get(port);
}

/** The reserved port with this name, in upper or lower case. */
export function reservedPort(name: string): number | undefined {
  return NUMBERS.get(name.toUpperCase());
}

/** `7`, `LOCAL`. */
export function formatPort(port: number): string {
  return NAMES.get(port) ?? String(port);
}

/**
 * A number or the name of a reserved port.
 * @throws TextError `bad-value` for names of a switch's ports: only the switch knows them
 */
export function parsePort(text: Located): number {
  const reserved = reservedPort(text.text);
  if (reserved !== undefined) return reserved;
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text.text)) return parseSmall(text.text, text.offset, 32);
  const remedy = "write the port's number, or LOCAL, IN_PORT, CONTROLLER, NORMAL, FLOOD, ALL, ANY";
  throw badValue(text.offset, `${JSON.stringify(text.text)} is not a port`, remedy);
}
