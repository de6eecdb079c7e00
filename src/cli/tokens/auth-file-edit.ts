// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { type AuthFile, parseAuthFile, type TokenRecord } from "../../access/auth-file.ts";
import { formatProblem } from "../json-file.ts";
import { fileFailure, readText, readTextFile } from "../read-files.ts";

/** A result, or one line for each error. */
type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly string[] };

const LIMIT_BYTES = 16 * 1024 * 1024;

/** A new file is readable by its owner only: it names users and their roles. */
const MODE = 0o600;

/** Reads an auth file. */
export async function readAuthFile(file: string): Promise<Outcome<AuthFile>> {
  const read = await readText(file, { limit: LIMIT_BYTES });
  if (!read.ok) return { ok: false, errors: [`${file}: ${read.why}`] };
  return parsed(file, read.text);
}

/**
 * Replaces the tokens of an auth file; creates the file if there is none. The file is replaced as a whole: a
 * server reads the old content or the new one. Its owner and mode stay.
 */
export async function changeAuthFile(
  file: string,
  change: (tokens: readonly TokenRecord[]) => readonly TokenRecord[],
): Promise<Outcome<void>> {
  const path = await realpath(file).catch(() => file);
  const beside = `${path}.new`;
  let handle: FileHandle;
  try {
    // Exclusive: two commands at a time would lose the change of one.
    handle = await open(beside, "wx", MODE);
  } catch (error) {
    return { ok: false, errors: [openFailure(beside, error)] };
  }
  try {
    const old = await oldFile(path);
    if (!old.ok) return old;
    const { text, owner } = old.value;
    // Without the schema, which would put the keys of every token into another order.
    const document = JSON.parse(text) as Record<string, unknown> & Partial<AuthFile>;
    const content = { ...document, tokens: change(document.tokens ?? []) };
    const written = `${JSON.stringify(content, null, 2)}\n`;
    const valid = parsed(file, written);
    if (!valid.ok) return valid;
    await handle.writeFile(written);
    if (owner) await takeOver(handle, owner);
    await handle.sync();
    await rename(beside, path);
    return { ok: true, value: undefined };
  } catch (error) {
    return { ok: false, errors: [`${file}: ${fileFailure(error)}`] };
  } finally {
    await handle.close();
    await rm(beside, { force: true });
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** The valid content of the file and its owner; an empty one if there is no file. */
async function oldFile(
  path: string,
): Promise<Outcome<{ readonly text: string; readonly owner?: Owner }>> {
  let owner: Owner;
  try {
    owner = await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { ok: true, value: { text: "{}" } };
  }
  const text = await readTextFile(path, { limit: LIMIT_BYTES });
  const valid = parsed(path, text);
  return valid.ok ? { ok: true, value: { text: text.replace(/^\uFEFF/, ""), owner } } : valid;
}

/** Gives the new file the owner and mode of the old one, so that the server can read it as before. */
async function takeOver(handle: FileHandle, { uid, gid, mode }: Owner): Promise<void> {
  await handle.chown(uid, gid);
  await handle.chmod(mode & 0o777);
}

function parsed(file: string, text: string): Outcome<AuthFile> {
  const result = parseAuthFile(text, file);
  return result.ok ? result : { ok: false, errors: result.errors.map(formatProblem) };
}

function openFailure(beside: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EEXIST") return `${beside}: ${fileFailure(error)}`;
  return `${beside}: there is such a file, wait for the other vtap token command, or remove the file if there is none`;
}
