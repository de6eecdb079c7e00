import { corrupt } from "./data-directory.ts";
import { decodeEntry } from "./record.ts";
import { StoreError } from "./store-error.ts";

/** Sorts before every keyspace; holds `Meta`. */
export const META_KEY = "!meta";

/** Version of the database's layout as a whole. */
const FORMAT = 1;

/** What the store knows of itself; written with every batch. */
export interface Meta {
  readonly format: number;
  /** Highest revision ever given. */
  readonly revision: number;
  /** How many entries there are: the database drops damaged parts of its log without a word. */
  readonly entries: number;
}

/** What `readMeta` needs of a database. */
interface Readable {
  get(key: string): Promise<string | undefined>;
  keys(): AsyncIterable<string>;
}

/**
 * Reads the store's own record and holds it against what is there.
 *
 * @throws StoreError `corrupt` or `tooNew`.
 */
export async function readMeta(directory: string, database: Readable): Promise<Meta> {
  const text = await database.get(META_KEY);
  let entries = text === undefined ? 0 : -1;
  for await (const _ of database.keys()) entries++;
  if (text === undefined) {
    if (entries > 0) throw corrupt(directory, "its first record is missing");
    return { format: FORMAT, revision: 0, entries: 0 };
  }
  const meta = parseMeta(directory, text);
  if (meta.entries !== entries) {
    throw corrupt(directory, `it has ${entries} records and should have ${meta.entries}`);
  }
  return meta;
}

function parseMeta(directory: string, text: string): Meta {
  const decoded = decodeEntry(text);
  if ("damage" in decoded) throw corrupt(directory, `record ${META_KEY}: ${decoded.damage}`);
  const meta = decoded.value as unknown as Meta;
  if (meta.format > FORMAT) {
    throw new StoreError(
      "tooNew",
      directory,
      `data directory ${directory} was written by a newer vtap (format ${meta.format}, this one reads ${FORMAT}); run that version, or give this one its own (--data)`,
    );
  }
  return meta;
}
