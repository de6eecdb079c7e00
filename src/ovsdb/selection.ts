// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import type { Steps } from "../lang/steps.ts";
import { one } from "./columns.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";
import type { Members } from "./monitor.ts";
import { wholeRow } from "./replica.ts";
import type { RowOf, Table } from "./tables.ts";

const ID = one("_uuid", "uuid");

/** The parameters of a transaction that reads all rows of a table. @spec RFC 7047 §4.1.3, §5.2.2 */
export function selectAll(database: string, { name: table, columns }: Table): readonly Json[] {
  const names = [ID, ...Object.values(columns)].map(({ name }) => name);
  return [database, { op: "select", table, where: [], columns: names }];
}

/**
 * The rows that such a transaction has read, by uuid, in steps.
 * @throws OvsdbFormatError
 */
export function* selectedRows<T extends Table>(
  table: T,
  result: Json,
): Steps<ReadonlyMap<string, RowOf<T>>> {
  const [first] = Array.isArray(result) ? (result as readonly Json[]) : [];
  const { rows } = isObject(first) ? first : {};
  if (!Array.isArray(rows)) throw new OvsdbFormatError("a selection has no rows");
  const selected = new Map<string, RowOf<T>>();
  for (const row of rows) {
    if (!isObject(row)) throw new OvsdbFormatError("a row is not an object");
    const { _uuid: uuid = null } = row as Members;
    selected.set(ID.read(uuid), wholeRow(table, row as Members) as RowOf<T>);
    yield;
  }
  return selected;
}
