// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../lang/steps.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";
import { type Members, type RowUpdate, rowUpdates, type TableUpdates } from "./monitor.ts";
import type { Database, RowOf, Table } from "./tables.ts";

/** What a copy of a database may hold. */
export interface ReplicaLimits {
  readonly maxRows: number;
  /** Atoms of all rows together. */
  readonly maxAtoms: number;
}

type Row = Readonly<Record<string, unknown>>;

/** How a row of a table differs; undefined on the side where it is not there. */
export interface RowChange<R = Row> {
  readonly table: string;
  readonly uuid: string;
  readonly before: R | undefined;
  readonly after: R | undefined;
}

/** A change with its rows, when it is one of this table. */
export function changeOf<T extends Table>(
  { name }: T,
  change: RowChange,
): RowChange<RowOf<T>> | undefined {
  return change.table === name ? (change as RowChange<RowOf<T>>) : undefined;
}

interface KnownRow {
  readonly row: Row;
  readonly atoms: number;
}

const ROWS_PER_STEP = 16;

/** About what a row and an atom occupy in memory. */
const [ROW_BYTES, ATOM_BYTES] = [400, 64];

/** A copy of the rows of a database that OpenVTAP reads, kept up to date from what its server sends. */
export class Replica {
  readonly #tables: ReadonlyMap<
    string,
    { readonly table: Table; readonly rows: Map<string, KnownRow> }
  >;
  readonly #limits: ReplicaLimits;
  #rowCount = 0;
  #atoms = 0;

  constructor({ tables }: Database, limits: ReplicaLimits) {
    this.#limits = limits;
    this.#tables = new Map(tables.map((table) => [table.name, { table, rows: new Map() }]));
  }

  /** About how many bytes the rows occupy. */
  get memoryBytes(): number {
    return this.#rowCount * ROW_BYTES + this.#atoms * ATOM_BYTES;
  }

  /** The row of a table with this uuid. */
  row<T extends Table>({ name }: T, uuid: string): RowOf<T> | undefined {
    // Read by the columns of the same table.
    return this.#tables.get(name)?.rows.get(uuid)?.row as RowOf<T> | undefined;
  }

  /** The rows of a table, by uuid. */
  *rows<T extends Table>({ name }: T): Generator<readonly [string, RowOf<T>]> {
    for (const [uuid, { row }] of this.#tables.get(name)?.rows ?? []) {
      yield [uuid, row as RowOf<T>];
    }
  }

  /**
   * Applies updates, in steps. `changed` is called for each row.
   * @throws OvsdbFormatError when they contradict the rows, or the rows exceed the limits
   */
  *apply(
    updates: TableUpdates,
    changed: (change: RowChange) => void = () => undefined,
  ): Steps<void> {
    let count = 0;
    for (const update of rowUpdates(updates)) {
      const { table, uuid } = update;
      const before = this.#tables.get(table)?.rows.get(uuid)?.row;
      this.#apply(update);
      changed({ table, uuid, before, after: this.#tables.get(table)?.rows.get(uuid)?.row });
      if (++count % ROWS_PER_STEP === 0) yield;
    }
  }

  #apply(update: RowUpdate): void {
    const { table: name, uuid } = update;
    const known = this.#tables.get(name);
    if (known === undefined)
      throw new OvsdbFormatError("an update of a table that is not monitored");
    const { table, rows } = known;
    const before = rows.get(uuid);
    if (update.type === "delete") this.#put(rows, uuid, undefined);
    else if (update.type === "set") this.#put(rows, uuid, wholeRow(table, update.row));
    else if (before) this.#put(rows, uuid, changedRow(table, before.row, update.row));
    else throw new OvsdbFormatError(`a change of a row of ${name} that is not known`);
  }

  #put(rows: Map<string, KnownRow>, uuid: string, row: Row | undefined): void {
    const before = rows.get(uuid);
    const atoms = row === undefined ? 0 : atomsOf(row);
    this.#atoms += atoms - (before?.atoms ?? 0);
    this.#rowCount += (row === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    if (row === undefined) rows.delete(uuid);
    else rows.set(uuid, { row, atoms });
    const { maxRows, maxAtoms } = this.#limits;
    if (this.#rowCount > maxRows)
      throw new OvsdbFormatError(`the database exceeds ${maxRows} rows`);
    if (this.#atoms > maxAtoms)
      throw new OvsdbFormatError(`the database exceeds ${maxAtoms} values`);
  }
}

/** A row with the values of a server; columns that are left out are empty. */
export function wholeRow({ columns }: Table, members: Members): Row {
  return rowWith(columns, (column) => {
    const json = memberOf(members, column.name);
    return json === undefined ? column.empty : column.read(json);
  });
}

function changedRow({ columns }: Table, before: Row, members: Members): Row {
  return rowWith(columns, (column, key) => {
    const json = memberOf(members, column.name);
    return json === undefined ? before[key] : column.changed(before[key] as never, json);
  });
}

type Entries = readonly (readonly [key: string, column: Table["columns"][string]])[];

/** The columns of each table as a list: rows are read by the ten thousand. */
const entriesOf = new WeakMap<Table["columns"], Entries>();

function rowWith(
  columns: Table["columns"],
  value: (column: Table["columns"][string], key: string) => unknown,
): Row {
  const entries = entriesOf.get(columns) ?? Object.entries(columns);
  entriesOf.set(columns, entries);
  const row: Record<string, unknown> = {};
  for (const [key, column] of entries) row[key] = value(column, key);
  return row;
}

function memberOf(members: Members, key: string): Json | undefined {
  return Object.hasOwn(members, key) ? members[key] : undefined;
}

/** What a row occupies: its atoms, long texts as several. */
function atomsOf(row: Row): number {
  let atoms = 0;
  for (const value of Object.values(row)) {
    if (value instanceof Map) {
      for (const [key, of] of value) atoms += weight(key) + weight(of);
    } else if (value instanceof Set) for (const atom of value) atoms += weight(atom);
    else atoms += weight(value);
  }
  return atoms;
}

const ATOM_CHARACTERS = 64;

function weight(atom: unknown): number {
  return typeof atom === "string" ? 1 + Math.floor(atom.length / ATOM_CHARACTERS) : 1;
}
