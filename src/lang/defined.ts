// SPDX-License-Identifier: Apache-2.0
/** Members of `T` whose value may be undefined, as optional ones that never are; the others as they are. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * The object without its undefined members, for targets that `exactOptionalPropertyTypes` protects:
 * `{ id, ...defined({ name }) }` has no key `name` when `name` is undefined. Members that are null,
 * false, zero or empty stay.
 *
 * It walks the keys at run time: not for code that runs once per frame or message.
 */
export function defined<const T extends object>(members: T): Defined<T> {
  const present: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(members)) {
    if (value !== undefined) present[key] = value;
  }
  return present as Defined<T>;
}
