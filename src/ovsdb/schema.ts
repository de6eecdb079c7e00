// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";
import type { Database } from "./tables.ts";

/** By table: the columns that OpenVTAP reads and the server has, by the server's names. */
export type PresentColumns = ReadonlyMap<string, readonly string[]>;

/**
 * The tables and columns of a database that a server of any version has in the form that OpenVTAP reads.
 * @throws OvsdbFormatError when the answer is no schema of the database
 */
export function presentColumns(database: Database, schema: Json): PresentColumns {
  const { name, tables } = isObject(schema) ? schema : {};
  if (name !== database.name || !isObject(tables)) {
    throw new OvsdbFormatError(`the schema is not that of database ${database.name}`);
  }
  const present = new Map<string, readonly string[]>();
  for (const { name: tableName, columns } of database.tables) {
    const found = member(member(tables, tableName), "columns");
    const names = Object.values(columns)
      .filter((column) => column.fits(member(member(found, column.name), "type")))
      .map((column) => column.name);
    if (names.length > 0) present.set(tableName, names);
  }
  if (present.has(database.root.name)) return present;
  throw new OvsdbFormatError(`the schema lacks table ${database.root.name}`);
}

function member(value: unknown, key: string): Json {
  return isObject(value) && Object.hasOwn(value, key) ? (value[key] as Json) : null;
}
