// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../../lang/is-object.ts";

/**
 * Applies a JSON merge patch: keys of the patch replace those of the document, `null` removes one,
 * objects are merged key by key, lists are replaced whole. Neither argument is changed.
 * @see RFC 7396
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(document) ? Object.entries(document) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
