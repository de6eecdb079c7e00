// SPDX-License-Identifier: Apache-2.0
import {
  carrierOf,
  type PatchedPort,
  type PortNo,
  patchKey,
  refusalOf,
  type TapBridge,
} from "../../topology/index.ts";
import type { DesiredPatch } from "./desired-rows.ts";

/** The pairs of patch ports by which the frames of ports come, by their `patchKey`; none for refused ports. */
export function desiredPatches(
  requested: Iterable<PatchedPort>,
  tapBridge: TapBridge | undefined,
  isReady: (patched: PatchedPort) => boolean,
): ReadonlyMap<string, DesiredPatch> {
  const found = new Map<string, DesiredPatch & { readonly members: readonly PortNo[] }>();
  for (const each of requested) {
    if (refusalOf(tapBridge, each) !== undefined) continue;
    const patched = carrierOf(tapBridge, each);
    const key = patchKey(patched);
    const known = found.get(key);
    found.set(key, {
      patched,
      isReady: known?.isReady || isReady(each),
      members: [...(known?.members ?? []), each.port],
    });
  }
  return found;
}
