// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { isUuid } from "./columns.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";
import type { PresentColumns } from "./schema.ts";

/** The transaction id that no server knows: everything is sent. */
const NO_TRANSACTION = "00000000-0000-0000-0000-000000000000";

/** Changes of rows as a server sends them. */
export interface TableUpdates {
  /** `full`: RFC 7047, rows as they are. `difference`: `update2`, what differs. */
  readonly form: "full" | "difference";
  readonly tables: Json;
}

/** The reply to a monitor request. */
interface Started {
  readonly updates: TableUpdates;
  /** Whether the updates continue from the transaction that was asked for. */
  readonly continues: boolean;
  /** The last transaction that the updates contain, where the server names it. */
  readonly transaction?: string;
}

/** A notification of changes. */
type Notified = Pick<Started, "updates" | "transaction">;

/** A way to follow a database; servers know some or all of them. */
export interface MonitorMethod {
  readonly method: string;
  readonly notification: string;
  /** `since`: the last transaction that is known. */
  params(database: string, columns: PresentColumns, since?: string): readonly Json[];
  /** @throws OvsdbFormatError */
  started(result: Json): Started;
  /** @throws OvsdbFormatError */
  notified(params: readonly Json[]): Notified;
}

/** The ways to follow a database, the best first. @spec RFC 7047 §4.1.5, ovsdb-server(7) §4.1.12 to 4.1.15 */
export const MONITOR_METHODS: readonly MonitorMethod[] = [
  {
    method: "monitor_cond_since",
    notification: "update3",
    params: (database, columns, since = NO_TRANSACTION) => [
      database,
      database,
      conditional(columns),
      since,
    ],
    started(result) {
      const [found, transaction, tables] = listOf(result, 3);
      if (typeof found !== "boolean") throw new OvsdbFormatError("a reply has no found flag");
      return { updates: difference(tables), continues: found, ...ofTransaction(transaction) };
    },
    notified: (params) => {
      const [, transaction, tables] = listOf(params, 3);
      return { updates: difference(tables), ...ofTransaction(transaction) };
    },
  },
  {
    method: "monitor_cond",
    notification: "update2",
    params: (database, columns) => [database, database, conditional(columns)],
    started: (tables) => ({ updates: difference(tables), continues: false }),
    notified: (params) => ({ updates: difference(listOf(params, 2)[1]) }),
  },
  {
    method: "monitor",
    notification: "update",
    params: (database, columns) => [database, database, plain(columns)],
    started: (tables) => ({ updates: full(tables), continues: false }),
    notified: (params) => ({ updates: full(listOf(params, 2)[1]) }),
  },
];

/** A change of one row. */
export type RowUpdate =
  /** The row as a whole; columns that are left out are empty. */
  | { readonly type: "set"; readonly table: string; readonly uuid: string; readonly row: Members }
  /** What differs in a row that is known. */
  | {
      readonly type: "difference";
      readonly table: string;
      readonly uuid: string;
      readonly row: Members;
    }
  | { readonly type: "delete"; readonly table: string; readonly uuid: string };

export type Members = Readonly<Record<string, Json>>;

/**
 * The changes of rows, one by one.
 * @throws OvsdbFormatError
 */
export function* rowUpdates({ form, tables }: TableUpdates): Generator<RowUpdate> {
  for (const [table, rows] of entriesOf(tables, "table updates")) {
    for (const [uuid, update] of entriesOf(rows, "row updates")) {
      if (!isUuid(uuid)) throw new OvsdbFormatError("a row is not named by its uuid");
      if (!isObject(update)) throw new OvsdbFormatError("a row update is not an object");
      yield { ...(form === "full" ? fullUpdate(update) : differenceUpdate(update)), table, uuid };
    }
  }
}

type Change<T = RowUpdate> = T extends RowUpdate ? Omit<T, "table" | "uuid"> : never;

function fullUpdate(update: Readonly<Record<string, unknown>>): Change {
  if (update.new === undefined || update.new === null) return { type: "delete" };
  return { type: "set", row: membersOf(update.new) };
}

function differenceUpdate(update: Readonly<Record<string, unknown>>): Change {
  const whole = update.initial ?? update.insert;
  if (whole !== undefined) return { type: "set", row: membersOf(whole) };
  if (update.modify !== undefined) return { type: "difference", row: membersOf(update.modify) };
  if ("delete" in update) return { type: "delete" };
  throw new OvsdbFormatError("a row update has none of its four members");
}

function membersOf(row: unknown): Members {
  if (isObject(row)) return row as Members;
  throw new OvsdbFormatError("a row is not an object");
}

/** The members of an object, without a list of them: there may be very many. */
function* entriesOf(value: Json | undefined, what: string): Generator<[string, Json]> {
  if (!isObject(value)) throw new OvsdbFormatError(`${what} are not an object`);
  for (const key in value) yield [key, value[key] as Json];
}

function plain(columns: PresentColumns): Json {
  return Object.fromEntries([...columns].map(([table, names]) => [table, { columns: names }]));
}

function conditional(columns: PresentColumns): Json {
  return Object.fromEntries([...columns].map(([table, names]) => [table, [{ columns: names }]]));
}

function listOf(value: Json, length: number): readonly Json[] {
  if (Array.isArray(value) && value.length >= length) return value;
  throw new OvsdbFormatError(`a list of ${length} is expected`);
}

function difference(tables: Json = null): TableUpdates {
  return { form: "difference", tables };
}

function full(tables: Json = null): TableUpdates {
  return { form: "full", tables };
}

function ofTransaction(transaction: Json | undefined): { readonly transaction?: string } {
  return isUuid(transaction) && transaction !== NO_TRANSACTION ? { transaction } : {};
}
