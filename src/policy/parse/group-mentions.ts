// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../../lang/is-object.ts";
import type { GroupId } from "../model/policy.ts";
import { GROUP_REFERENCE } from "./document.ts";

/** The keys of a policy whose values may name groups. */
const NAMING = ["sender", "receiver", "filters", "exclude"];

/** The ids of the groups that a policy's document names, valid or not, in order. */
export function groupsNamedIn(document: Readonly<Record<string, unknown>>): readonly GroupId[] {
  const named = new Set(NAMING.flatMap((key) => [...mentions(document[key])]));
  return [...named].sort() as GroupId[];
}

function* mentions(value: unknown): Generator<string> {
  if (typeof value === "string" && GROUP_REFERENCE.test(value)) yield value.slice(1);
  if (Array.isArray(value)) for (const member of value) yield* mentions(member);
  if (!isObject(value)) return;
  if (typeof value.group === "string") yield value.group;
  yield* mentions(Object.values(value));
}
