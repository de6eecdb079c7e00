// SPDX-License-Identifier: Apache-2.0
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type AuthFile, parseAuthFile } from "../../access/auth-file.ts";
import type { AcceptedTokens } from "../../access/authenticator.ts";
import type { KeystoneService, OidcService } from "../../access/identity-services.ts";
import { TOKEN_PATTERN } from "../../access/token.ts";
import { readText, type ServeConfig } from "../../cli/index.ts";
import { defined } from "../../lang/defined.ts";
import { formatFileError } from "../../topology/index.ts";

/** The tokens of the files, none without `auth`; or one line for each error. */
export type ReadAccess =
  | { readonly ok: true; readonly accepted?: AcceptedTokens; readonly state: string }
  | { readonly ok: false; readonly errors: readonly string[] };

/** The settings that name files with tokens. */
export type AccessConfig = Pick<ServeConfig, "auth" | "metricsTokenFile" | "fileLimitBytes">;

/** Characters of a metrics token at least: it is not made by OpenVTAP, and must not be guessed. */
const SHORTEST_TOKEN = 20;

/** Changes with every change of a file: its content, or another file under its name. */
export async function accessState({ auth, metricsTokenFile }: AccessConfig): Promise<string> {
  const paths = [auth, metricsTokenFile].filter((path) => path !== undefined);
  const states = paths.map(async (path) => {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : "none";
  });
  return (await Promise.all(states)).join("\n");
}

/** Reads the auth file and the metrics token; `state` is that of the files before. */
export async function readAccess(config: AccessConfig): Promise<ReadAccess> {
  const { auth, metricsTokenFile } = config;
  const state = await accessState(config);
  if (auth === undefined) return { ok: true, state };
  const limits = { limit: config.fileLimitBytes, setting: "fileLimitBytes" };
  const errors: string[] = [];
  const textOf = async (path: string): Promise<string | undefined> => {
    const read = await readText(path, limits);
    if (read.ok) return read.text;
    errors.push(`${path}: ${read.why}`);
    return undefined;
  };
  const text = await textOf(auth);
  const parsed = text === undefined ? undefined : parseAuthFile(text, auth);
  if (parsed && !parsed.ok) errors.push(...parsed.errors.map(formatFileError));
  const metricsToken =
    metricsTokenFile === undefined ? undefined : (await textOf(metricsTokenFile))?.trim();
  if (metricsToken !== undefined && !isToken(metricsToken)) {
    const remedy = `write ${SHORTEST_TOKEN} or more letters and digits at random`;
    errors.push(`${metricsTokenFile}: this is not a token, ${remedy}`);
  }
  const named = parsed?.ok ? parsed.value : undefined;
  const secrets = { auth, textOf };
  const keystone = named?.keystone && (await keystoneService(named.keystone, secrets));
  const oidc = named?.oidc && (await oidcService(named.oidc, secrets));
  if (errors.length > 0 || !parsed?.ok) return { ok: false, errors };
  const { tokens, certificates } = parsed.value;
  return {
    ok: true,
    accepted: { tokens, ...defined({ certificates, keystone, oidc, metricsToken }) },
    state,
  };
}

/** The service that the auth file names, with the content of the password file. */
async function keystoneService(
  { url, user, passwordFile, project, domain }: NonNullable<AuthFile["keystone"]>,
  secrets: Secrets,
): Promise<KeystoneService> {
  if (user === undefined || passwordFile === undefined) return { url };
  const password = await secretOf(passwordFile, secrets);
  return { url, account: { user, password, project, domain } };
}

/** The issuer that the auth file names, with the content of the file of the client's secret. */
async function oidcService(
  { clientSecretFile, ...service }: NonNullable<AuthFile["oidc"]>,
  secrets: Secrets,
): Promise<OidcService> {
  if (clientSecretFile === undefined) return service;
  return { ...service, clientSecret: await secretOf(clientSecretFile, secrets) };
}

/** Where the files of secrets are, and how they are read. */
interface Secrets {
  readonly auth: string;
  readonly textOf: (path: string) => Promise<string | undefined>;
}

/** The content of a file without its line end; its path is relative to the file that names it. */
async function secretOf(path: string, { auth, textOf }: Secrets): Promise<string> {
  const text = await textOf(resolve(dirname(auth), path));
  return text?.replace(/\r?\n$/, "") ?? "";
}

function isToken(text: string): boolean {
  return text.length >= SHORTEST_TOKEN && TOKEN_PATTERN.test(text);
}
