// SPDX-License-Identifier: Apache-2.0
import { complete } from "../../../src/lang/steps.ts";
import { type Json, type Operation, Replica, SWITCH_DATABASE } from "../../../src/ovsdb/index.ts";

type Row = { [column: string]: Json };
type Tables = { [table: string]: { [uuid: string]: Row } };

/** A uuid in a row, or in a condition. */
const uuid = (id: string): Json => ["uuid", id];
export const id = (number: number) => `6f2b1f5e-0000-4000-8000-${String(number).padStart(12, "0")}`;
export const ROOT = id(1);
export const SOURCE_ROW = id(9);
export const DPID = "00000000000000a1";

/** The rows of a database, as transactions change them; what nothing refers to is removed. */
export class DatabaseRows {
  readonly tables: Tables = {
    Open_vSwitch: { [ROOT]: { bridges: ["set", [uuid(SOURCE_ROW)]] } },
    Bridge: {},
    Port: {},
    Interface: {},
    Controller: {},
    Mirror: {},
  };
  #last = 1000;

  /** A bridge with ports 1 to 4; port 2 has a tag, port 3 is a bond, port 4 has another mode. */
  constructor() {
    const ports = [1, 2, 3, 4].map((n) => uuid(id(10 + n)));
    this.#table("Bridge")[SOURCE_ROW] = {
      ...{ name: "br-int", datapath_id: DPID, fail_mode: "standalone", ports: ["set", ports] },
      ...{ mirrors: ["set", []], datapath_type: "netdev" },
    };
    for (const n of [1, 2, 3, 4]) {
      const bond: Json = ["set", [uuid(id(23)), uuid(id(25))]];
      const more: Row =
        n === 2 ? { tag: 7 } : n === 4 ? { vlan_mode: "native-tagged", tag: 7 } : {};
      this.#table("Port")[id(10 + n)] = {
        ...{ name: `p${n}`, interfaces: n === 3 ? bond : uuid(id(20 + n)) },
        ...more,
      };
    }
    for (const n of [1, 2, 3, 4, 5]) {
      this.#table("Interface")[id(20 + n)] = { name: `p${n}`, ofport: n };
    }
  }

  /** Adds a mirror of another client. */
  addMirror(name: string): void {
    const made = id(++this.#last);
    this.#table("Mirror")[made] = { name, select_all: true };
    this.#add("Bridge", SOURCE_ROW, "mirrors", made);
  }

  /** Adds a port to a bridge, as another client does. */
  addPort(bridge: string, name: string, ofport?: number): void {
    const [face, port] = [id(++this.#last), id(++this.#last)];
    this.#table("Interface")[face] = { name, ...(ofport !== undefined && { ofport }) };
    this.#table("Port")[port] = { name, interfaces: uuid(face) };
    this.#add("Bridge", bridge, "ports", port);
  }

  addBridge(name: string, row: Row): void {
    const made = id(++this.#last);
    this.#table("Bridge")[made] = { name, ...row };
    this.#add("Open_vSwitch", ROOT, "bridges", made);
  }

  /** A row of a table, by its name. */
  named(table: string, name: string): (Row & { readonly id: string }) | undefined {
    const found = Object.entries(this.#table(table)).find(([, row]) => row.name === name);
    return found && { ...found[1], id: found[0] };
  }

  names(table: string): string[] {
    return Object.values(this.#table(table))
      .map(({ name }) => String(name))
      .sort();
  }

  replica(): Replica {
    const replica = new Replica(SWITCH_DATABASE, { maxRows: 10_000, maxAtoms: 100_000 });
    const tables = Object.fromEntries(
      Object.entries(this.tables).map(([name, rows]) => [
        name,
        Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, { new: row }])),
      ]),
    );
    complete(replica.apply({ form: "full", tables: tables as Json }));
    return replica;
  }

  /** All operations, or none: then it throws. */
  carryOut(operations: readonly Operation[]): void {
    const before = structuredClone(this.tables);
    try {
      this.#carryOut(operations);
      this.#collect();
      for (const table of ["Bridge", "Port", "Interface"]) {
        const names = this.names(table);
        const twice = names.find((name, index) => name === names[index + 1]);
        if (twice !== undefined) throw new Error(`two rows of ${table} have the name ${twice}`);
      }
    } catch (error) {
      Object.assign(this.tables, before);
      throw error;
    }
  }

  #carryOut(operations: readonly Operation[]): void {
    const made = new Map<string, string>();
    const all = operations.map(({ json }) => json as { readonly [key: string]: Json });
    for (const each of all)
      if (each.op === "insert") made.set(String(each["uuid-name"]), id(++this.#last));
    const real = (json: Json): Json => {
      if (!Array.isArray(json)) return json;
      if (json[0] === "named-uuid") return uuid(made.get(String(json[1])) ?? "");
      return json.map(real);
    };
    for (const each of all) {
      const { op, table, row = {}, where, mutations, "uuid-name": name } = each;
      const rows = this.#table(String(table));
      const columns = Object.entries(row as Row).map(([key, value]) => [key, real(value)] as const);
      if (op === "insert") {
        rows[made.get(String(name)) ?? ""] = Object.fromEntries(columns);
        continue;
      }
      const at = ((where as Json[])[0] as Json[])[2] as Json[];
      const target = rows[String(at[1])];
      if (target === undefined) throw new Error(`no row ${at} of ${table}`);
      if (op === "wait") {
        expectSame(target, each.rows as Row[]);
        continue;
      }
      assign(target, columns, String(table));
      for (const [key, kind, value] of (mutations ?? []) as [string, string, Json][]) {
        for (const item of elements(real(value))) {
          const left = elements(target[key]).filter((each) => each !== item);
          target[key] = ["set", (kind === "insert" ? [...left, item] : left).map(uuid)];
        }
      }
    }
  }

  #add(table: string, key: string, column: string, made: string): void {
    const row = this.#table(table)[key];
    if (row === undefined) throw new Error(`no row ${key}`);
    row[column] = ["set", [...elements(row[column]), made].map(uuid)];
  }

  #table(name: string): { [uuid: string]: Row } {
    const found = this.tables[name];
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  }

  /** Removes rows that no row refers to. */
  #collect(): void {
    for (const [table, from, columns] of [
      ["Bridge", "Open_vSwitch", ["bridges"]],
      ["Port", "Bridge", ["ports"]],
      ["Mirror", "Bridge", ["mirrors"]],
      ["Controller", "Bridge", ["controller"]],
      ["Interface", "Port", ["interfaces"]],
    ] as const) {
      const used = new Set(
        Object.values(this.#table(from)).flatMap((row) =>
          columns.flatMap((column) => elements(row[column])),
        ),
      );
      const rows = this.#table(table);
      for (const key of Object.keys(rows)) if (!used.has(key)) delete rows[key];
    }
  }
}

/** Sets columns of a row, as the schema allows it. */
function assign(row: Row, columns: readonly (readonly [string, Json])[], table: string): void {
  for (const [key, value] of columns) {
    const isFixed = key === "name" && table !== "Mirror";
    if (isFixed) throw new Error(`column name of ${table} cannot be changed`);
    row[key] = value;
  }
}

/** Throws if uuids of a row are not those that a transaction waits for. */
function expectSame(row: Row, [values = {}]: readonly Row[]): void {
  for (const [key, value] of Object.entries(values)) {
    const [now, then] = [elements(row[key]), elements(value)];
    if (now.sort().join() !== then.sort().join()) throw new Error(`${key} are not as expected`);
  }
}

/** The uuids of a column. */
export function elements(json: Json | undefined): string[] {
  if (!Array.isArray(json)) return [];
  if (json[0] === "uuid") return [String(json[1])];
  return (json[1] as Json[]).flatMap((each) => elements(each));
}
