// SPDX-License-Identifier: Apache-2.0
import { type Codec, canGenerate } from "./codec.ts";
import type { Members, Value } from "./field.ts";
import { generateStruct } from "./generate.ts";
import { interpretStruct } from "./interpret.ts";
import { planStruct, type StructPlan } from "./plan.ts";

/** Flattens an intersection for display. */
type Flat<T> = { readonly [K in keyof T]: T[K] };

function build(plan: StructPlan): Codec<unknown> {
  const interpreted = interpretStruct(plan);
  const form = canGenerate ? generateStruct(plan) : interpreted;
  return { ...form, interpreted, declared: { kind: "struct", plan } };
}

/** A codec from a declaration: keys in wire order, padding and lengths included. */
export function struct<const M extends Members>(members: M): Codec<Flat<Value<M>>> {
  return build(planStruct(members)) as Codec<Flat<Value<M>>>;
}

/** A struct whose value carries a constant `type`: one case of a discriminated union. */
export function variant<const K extends string, const M extends Members>(
  type: K,
  members: M,
  before = 0,
): Codec<Flat<{ readonly type: K } & Value<M>>> {
  const plan = planStruct(members, { key: "type", value: type, before });
  return build(plan) as Codec<Flat<{ readonly type: K } & Value<M>>>;
}
