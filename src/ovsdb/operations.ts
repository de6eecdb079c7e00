// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { type Column, one } from "./columns.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";
import { wholeRow } from "./replica.ts";
import type { RowOf, Table } from "./tables.ts";

/**
 * One operation of a transaction: its form on the wire, and how its result is read.
 * @spec RFC 7047 §5.2
 */
export interface Operation<R = unknown> {
  readonly json: Json;
  /** @throws OvsdbFormatError when it is no result of the operation */
  result(json: Json): R;
}

/** The rows that an operation concerns: that of a uuid, or those with these values in their columns. */
export type Where<T extends Table> =
  | { readonly uuid: string }
  | { readonly equal: Partial<RowOf<T>> };

/** What a mutation does to one column. */
type Mutation<V> =
  V extends ReadonlySet<infer A>
    ? { readonly insert?: ReadonlySet<A>; readonly delete?: ReadonlySet<A> }
    : V extends ReadonlyMap<infer K, infer W>
      ? {
          /** A key that is there keeps its value. */
          readonly insert?: ReadonlyMap<K, W>;
          readonly delete?: ReadonlySet<K>;
        }
      : V extends number
        ? { readonly add: number }
        : never;

/** What a mutation does to a row, by its columns. */
export type MutationsOf<T extends Table> = {
  readonly [K in keyof RowOf<T>]?: Mutation<RowOf<T>[K]>;
};

const ID = one("_uuid", "uuid");

/**
 * Inserts a row; its columns that are left out have the defaults of the server. The result is its uuid.
 * Under `name` other operations of the transaction refer to it (`insertedRow`).
 */
export function insert<T extends Table>(
  table: T,
  row: Partial<RowOf<T>>,
  name?: string,
): Operation<string> {
  const named = name === undefined ? {} : { "uuid-name": name };
  return {
    json: { op: "insert", table: table.name, row: rowJson(table, row), ...named },
    result: (json) => ID.read(memberOf(json, "uuid")),
  };
}

/** Sets columns of rows; the result is how many rows there are. */
export function update<T extends Table>(
  table: T,
  where: Where<T>,
  row: Partial<RowOf<T>>,
): Operation<number> {
  return counting({ op: "update", ...found(table, where), row: rowJson(table, row) });
}

/** Adds to and deletes from sets and maps, and adds to numbers; the result is how many rows there are. */
export function mutate<T extends Table>(
  table: T,
  where: Where<T>,
  mutations: MutationsOf<T>,
): Operation<number> {
  const list = Object.entries(mutations).flatMap(([key, mutation]) =>
    mutationJson(columnOf(table, key), mutation as AnyMutation),
  );
  return counting({ op: "mutate", ...found(table, where), mutations: list });
}

/** Deletes rows; the result is how many there were. */
export function deleteRows<T extends Table>(table: T, where: Where<T>): Operation<number> {
  return counting({ op: "delete", ...found(table, where) });
}

/** Reads rows. */
export function select<T extends Table>(table: T, where: Where<T>): Operation<readonly RowOf<T>[]> {
  const columns = Object.values(table.columns).map(({ name }) => name);
  return {
    json: { op: "select", ...found(table, where), columns },
    result: (json) => listOf(memberOf(json, "rows")).map((row) => readRow(table, row)),
  };
}

/**
 * A guard: unless the rows have exactly these values in these columns, in any order, the transaction changes
 * nothing and is refused with `timed out`, at once.
 */
export function wait<T extends Table, K extends keyof RowOf<T> & string>(
  table: T,
  where: Where<T>,
  columns: readonly K[],
  rows: readonly Partial<RowOf<T>>[],
): Operation<void> {
  const json = {
    op: "wait",
    timeout: 0,
    ...found(table, where),
    columns: columns.map((key) => columnOf(table, key).name),
    until: "==",
    rows: rows.map((row) => rowJson(table, row)),
  };
  return { json, result: () => undefined };
}

/** A text for the log of the server. */
export function comment(text: string): Operation<void> {
  return { json: { op: "comment", comment: text }, result: () => undefined };
}

/** Ends the transaction without a change: `aborted`. */
export function abort(): Operation<void> {
  return { json: { op: "abort" }, result: () => undefined };
}

interface AnyMutation {
  readonly insert?: unknown;
  readonly delete?: Iterable<unknown>;
  readonly add?: number;
}

function mutationJson(column: Column, mutation: AnyMutation): Json[] {
  const { name } = column;
  const json: Json[] = [];
  if (mutation.add !== undefined) json.push([name, "+=", mutation.add]);
  const { delete: gone } = mutation;
  if (gone !== undefined) {
    json.push([name, "delete", column.writeKeys?.(gone) ?? column.write(gone)]);
  }
  if (mutation.insert !== undefined) json.push([name, "insert", column.write(mutation.insert)]);
  return json;
}

function found<T extends Table>(table: T, where: Where<T>): { table: string; where: Json } {
  if ("uuid" in where) {
    return { table: table.name, where: [[ID.name, "==", ID.write(where.uuid)]] };
  }
  const conditions = Object.entries(rowJson(table, where.equal));
  return { table: table.name, where: conditions.map(([name, value]) => [name, "==", value]) };
}

function rowJson<T extends Table>(table: T, row: Partial<RowOf<T>>): Record<string, Json> {
  const json: Record<string, Json> = {};
  for (const [key, value] of Object.entries(row)) {
    const column = columnOf(table, key);
    json[column.name] = column.write(value);
  }
  return json;
}

/** Methods make parameters bivariant: the column of a key takes the values that rows have under it. */
function columnOf({ name, columns }: Table, key: string): Column {
  const column = columns[key];
  if (column === undefined) throw new RangeError(`table ${name} has no column ${key} here`);
  return column as Column;
}

function readRow<T extends Table>(table: T, row: Json): RowOf<T> {
  if (!isObject(row)) throw new OvsdbFormatError("a row is not an object");
  return wholeRow(table, row as Readonly<Record<string, Json>>) as RowOf<T>;
}

function counting(json: Json): Operation<number> {
  return {
    json,
    result(answer) {
      const count = memberOf(answer, "count");
      if (typeof count === "number") return count;
      throw new OvsdbFormatError("a result has no count");
    },
  };
}

function listOf(json: Json): readonly Json[] {
  if (Array.isArray(json)) return json;
  throw new OvsdbFormatError("a selection has no rows");
}

function memberOf(json: Json, key: string): Json {
  return isObject(json) && Object.hasOwn(json, key) ? (json[key] as Json) : null;
}
