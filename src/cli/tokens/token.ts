// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { TokenRecord } from "../../access/auth-file.ts";
import type { Role } from "../../access/roles.ts";
import { digestOf, TOKEN_BYTES, tokenOf } from "../../access/token.ts";
import { defined } from "../../lang/defined.ts";
import { type CliDependencies, EXIT, reportErrors } from "../dependencies.ts";
import { writeJson, writeLines } from "../output/output.ts";
import { tableLines } from "../output/table.ts";
import { changeAuthFile, readAuthFile } from "./auth-file-edit.ts";

export interface CreateTokenFlags {
  readonly user: string;
  readonly role: Role;
  readonly project?: string;
  readonly id?: string;
  /** Milliseconds; absent: the token does not expire. */
  readonly ttl?: number;
}

/** `vtap token create`: prints the token once; the file gets its hash. */
export async function createToken(
  dependencies: CliDependencies,
  file: string,
  { user, role, project, id = randomBytes(4).toString("hex"), ttl }: CreateTokenFlags,
): Promise<number> {
  const token = tokenOf(randomBytes(TOKEN_BYTES));
  const sha256 = digestOf(token).toString("hex");
  const expiresAt = ttl === undefined ? undefined : new Date(Date.now() + ttl).toISOString();
  const record: TokenRecord = {
    id,
    user,
    role,
    ...defined({ project }),
    sha256,
    ...defined({ expiresAt }),
  };
  const changed = await changeAuthFile(file, (tokens) => [...tokens, record]);
  if (!changed.ok) return reportErrors(dependencies, changed.errors, EXIT.usage);
  writeLines(dependencies.stdout, [token]);
  const limit = project === undefined ? "" : `, project ${project}`;
  // Apart from the token, so that a script can keep the output as it is.
  writeLines(dependencies.stderr, [
    `token ${id} of ${user}, role ${role}${limit}, ${expiryText(record)}: it is not shown again`,
  ]);
  return EXIT.ok;
}

/** `vtap token list`. */
export async function listTokens(
  dependencies: CliDependencies,
  file: string,
  { json }: { readonly json?: boolean },
): Promise<number> {
  const read = await readAuthFile(file);
  if (!read.ok) return reportErrors(dependencies, read.errors, EXIT.usage);
  const { tokens } = read.value;
  if (json) {
    const items = tokens.map(({ sha256: _, ...shown }) => shown);
    writeJson(dependencies.stdout, { items });
    return EXIT.ok;
  }
  const rows = tokens.map((each) => [
    ...[each.id, each.user, each.role, each.project ?? ""],
    expiryText(each),
  ]);
  const lines = tableLines(["ID", "USER", "ROLE", "PROJECT", "EXPIRES"], rows);
  writeLines(dependencies.stdout, tokens.length === 0 ? ["no tokens"] : lines);
  return EXIT.ok;
}

/** `vtap token revoke`: all of them, or none if one is unknown. */
export async function revokeTokens(
  dependencies: CliDependencies,
  file: string,
  ids: readonly string[],
): Promise<number> {
  const read = await readAuthFile(file);
  if (!read.ok) return reportErrors(dependencies, read.errors, EXIT.usage);
  const known = new Set(read.value.tokens.map(({ id }) => id));
  const unknown = ids.filter((id) => !known.has(id));
  if (unknown.length > 0) {
    const errors = unknown.map((id) => `${file}: there is no token "${id}", see vtap token list`);
    return reportErrors(dependencies, errors, EXIT.failed);
  }
  const changed = await changeAuthFile(file, (tokens) =>
    tokens.filter(({ id }) => !ids.includes(id)),
  );
  if (!changed.ok) return reportErrors(dependencies, changed.errors, EXIT.usage);
  writeLines(
    dependencies.stdout,
    ids.map((id) => `revoked ${id}`),
  );
  return EXIT.ok;
}

function expiryText({ expiresAt }: Pick<TokenRecord, "expiresAt">): string {
  if (expiresAt === undefined) return "never expires";
  return Date.parse(expiresAt) <= Date.now() ? `expired ${expiresAt}` : `expires ${expiresAt}`;
}
