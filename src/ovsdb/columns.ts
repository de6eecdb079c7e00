// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../lang/is-object.ts";
import { type Json, OvsdbFormatError } from "./json-values.ts";

/** The types of atoms that OpenVTAP asks for. @spec RFC 7047 §3.1 */
interface Atoms {
  readonly string: string;
  /** 64 bits on the wire; beyond 2^53 the last digits are lost. */
  readonly integer: number;
  readonly boolean: boolean;
  /** The uuid of a row, 36 characters; in a transaction also `insertedRow`. */
  readonly uuid: string;
}

type AtomType = keyof Atoms;

/** A column of a table that OpenVTAP reads, with the form of its values. */
export interface Column<T = unknown> {
  readonly name: string;
  /** The value in a row that a server without this column has; servers omit it from new rows. */
  readonly empty: T;
  /**
   * Reads a value.
   * @throws OvsdbFormatError when it is of another type
   */
  read(json: Json): T;
  write(value: T): Json;
  /** Keys of pairs, as what a mutation deletes; of maps alone. @spec RFC 7047 §5.1, `<mutation>` */
  writeKeys?(keys: Iterable<unknown>): Json;
  /**
   * The value after a change in the form of `update2`: of sets and maps what differs, of others the new value.
   * @spec ovsdb-server(7) §4.1.14
   */
  changed(value: T, difference: Json): T;
  /** Whether a server's schema gives the column this form. */
  fits(type: Json): boolean;
}

/** The type of a column's values. */
export type ValueOf<C> = C extends Column<infer T> ? T : never;

/** A column with exactly one atom. */
export function one<K extends AtomType>(name: string, type: K): Column<Atoms[K]> {
  const { read, write, empty } = ATOMS[type];
  return {
    name,
    empty,
    read: (json) => read(only(elementsOf(json), name) ?? json),
    write,
    changed: (_, difference) => read(difference),
    fits: (found) => isType(found, type) && maxOf(found) === 1,
  };
}

/** A column with one atom or none. */
export function optional<K extends AtomType>(name: string, type: K): Column<Atoms[K] | undefined> {
  const { read, write } = ATOMS[type];
  const readAny = (json: Json) => {
    const atom = only(elementsOf(json), name);
    return atom === undefined ? undefined : read(atom);
  };
  return {
    name,
    empty: undefined,
    read: readAny,
    write: (value) => (value === undefined ? ["set", []] : write(value)),
    changed: (_, difference) => readAny(difference),
    fits: (found) => isType(found, type) && maxOf(found) === 1,
  };
}

/** A column with any number of atoms. */
export function setOf<K extends AtomType>(name: string, type: K): Column<ReadonlySet<Atoms[K]>> {
  const { read, write } = ATOMS[type];
  return {
    name,
    empty: new Set(),
    read: (json) => new Set(elementsOf(json).map(read)),
    write: (value) => ["set", [...value].map(write)],
    changed(value, difference) {
      const changed = new Set(value);
      for (const atom of elementsOf(difference).map(read)) {
        if (!changed.delete(atom)) changed.add(atom);
      }
      return changed;
    },
    fits: (found) => isType(found, type) && maxOf(found) > 1,
  };
}

/** A column of pairs; each key is an atom of its own. */
export function mapOf<K extends AtomType, V extends AtomType>(
  name: string,
  key: K,
  type: V,
): Column<ReadonlyMap<Atoms[K], Atoms[V]>> {
  const [keys, values] = [ATOMS[key], ATOMS[type]];
  const pairs = (json: Json) =>
    pairsOf(json).map(([k, v]) => [keys.read(k), values.read(v)] as const);
  return {
    name,
    empty: new Map(),
    read: (json) => new Map(pairs(json)),
    write: (value) => ["map", [...value].map(([k, v]) => [keys.write(k), values.write(v)])],
    writeKeys: (of) => ["set", [...of].map((each) => keys.write(each as Atoms[K]))],
    changed(value, difference) {
      const changed = new Map(value);
      for (const [k, v] of pairs(difference)) {
        // A pair that is there already is one that is gone.
        if (changed.get(k) === v) changed.delete(k);
        else changed.set(k, v);
      }
      return changed;
    },
    fits: (found) => isType(found, key, type) && maxOf(found) > 1,
  };
}

interface AtomCodec<T> {
  readonly empty: T;
  read(json: Json): T;
  write(value: T): Json;
}

const ATOMS: { readonly [K in AtomType]: AtomCodec<Atoms[K]> } = {
  string: plain("", (json) => typeof json === "string"),
  integer: plain(0, (json) => Number.isInteger(json)),
  boolean: plain(false, (json) => typeof json === "boolean"),
  uuid: {
    empty: "00000000-0000-0000-0000-000000000000",
    read: readUuid,
    write: (uuid) =>
      uuid.startsWith(INSERTED) ? ["named-uuid", uuid.slice(INSERTED.length)] : ["uuid", uuid],
  },
};

/** Marks the name of a row that a transaction inserts; no uuid begins with it. */
const INSERTED = "@";

/**
 * What stands for the uuid of a row in the transaction that inserts it under this name: letters, digits and
 * underscores. @spec RFC 7047 §5.1, `<named-uuid>`
 */
export function insertedRow(name: string): string {
  return `${INSERTED}${name}`;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is the uuid of a row. */
export function isUuid(text: unknown): text is string {
  return typeof text === "string" && UUID.test(text);
}

function readUuid(json: Json): string {
  const [tag, uuid] = Array.isArray(json) ? (json as readonly Json[]) : [];
  if (tag === "uuid" && isUuid(uuid)) return uuid;
  throw wrong(json, "a uuid");
}

function plain<T extends Json>(empty: T, isOne: (json: Json) => boolean): AtomCodec<T> {
  return {
    empty,
    read(json) {
      if (isOne(json)) return json as T;
      throw wrong(json, `a ${typeof empty}`);
    },
    write: (value) => value,
  };
}

/** The elements of a set; an atom stands for the set of it. */
function elementsOf(json: Json): readonly Json[] {
  if (!Array.isArray(json) || json[0] !== "set") return [json];
  if (Array.isArray(json[1])) return few(json[1]);
  throw wrong(json, "a set");
}

/** A value is read at once: a longer one would hold the event loop. */
const MAX_ELEMENTS = 40_000;

function few<T>(elements: readonly T[]): readonly T[] {
  if (elements.length <= MAX_ELEMENTS) return elements;
  throw new OvsdbFormatError(`a value has more than ${MAX_ELEMENTS} elements`);
}

function pairsOf(json: Json): readonly (readonly [Json, Json])[] {
  const [tag, pairs] = Array.isArray(json) ? (json as readonly Json[]) : [];
  const isPair = (each: Json) => Array.isArray(each) && each.length === 2;
  if (tag === "map" && Array.isArray(pairs) && few(pairs).every(isPair)) return pairs;
  throw wrong(json, "a map");
}

function only(elements: readonly Json[], name: string): Json | undefined {
  if (elements.length <= 1) return elements[0];
  throw new OvsdbFormatError(`column ${name} has several values`);
}

/** Whether a type of a schema has atoms of this type, and, for a map, values of that. */
function isType(type: Json, key: AtomType, value?: AtomType): boolean {
  if (typeof type === "string") return type === key && value === undefined;
  if (!isObject(type)) return false;
  return atomTypeOf(type.key as Json) === key && atomTypeOf(type.value as Json) === value;
}

function atomTypeOf(base: Json | undefined): unknown {
  return isObject(base) ? base.type : base;
}

function maxOf(type: Json): number {
  const max = isObject(type) ? (type.max ?? 1) : 1;
  return max === "unlimited" ? Number.POSITIVE_INFINITY : Number(max);
}

function wrong(json: Json, what: string): OvsdbFormatError {
  const found = typeof json === "string" ? JSON.stringify(json.slice(0, 60)) : `a ${typeof json}`;
  return new OvsdbFormatError(`${found} where ${what} is expected`);
}
