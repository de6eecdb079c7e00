// SPDX-License-Identifier: Apache-2.0
import { markedEnd } from "../model/one-sided-marks.ts";
import { vlanKey } from "../model/tap-vlans.ts";
import type { NumberKind } from "../model/waiting-copies.ts";
import type { Tap } from "../taps/tap.ts";
import type { Copy } from "./copy.ts";

/** The number that the copies of a tap for a monitor need when no other policy requests any. */
export interface NumberNeed {
  readonly tap: Tap;
  readonly copy: Copy;
  readonly truncate: number | undefined;
  /** Identity of the number. */
  readonly key: string;
}

/** The kind of number that marks copies on their way; undefined: none does. */
export function numberKindOf({ transport }: Copy): NumberKind | undefined {
  switch (transport.kind) {
    case "tag":
      return "vlan";
    case "mark":
      return "mark";
    case "rewrite":
      return "pair";
    case "direct":
    case "tunnel":
    case "overlay":
      return undefined;
    default:
      return transport satisfies never;
  }
}

/** Identity of the number that copies of a length need; undefined: none that can run out. */
export function numberKey(
  { monitor, transport }: Copy,
  truncate: number | undefined,
): string | undefined {
  if (transport.kind === "tag") return vlanKey(monitor.key, truncate);
  if (transport.kind !== "mark") return undefined;
  const { end } = transport;
  return truncate === undefined ? end.key : markedEnd({ ...end, truncate }).key;
}

/** The needs, each once, that the copies which are made do not fulfil. */
export function unmetNeeds(needs: readonly NumberNeed[], copies: readonly Copy[]): NumberNeed[] {
  if (needs.length === 0) return [];
  const known = new Set<string | undefined>();
  for (const copy of copies) {
    for (const { treatment } of copy.flowClasses) known.add(numberKey(copy, treatment.truncate));
  }
  return needs.filter(({ key }) => {
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}
