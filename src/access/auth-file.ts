// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import {
  checkSchema,
  customIssue,
  type FileResult,
  JsonDocument,
  projectText,
} from "../topology/index.ts";
import { keystoneSchema, oidcSchema } from "./identity-services.ts";
import { ROLES } from "./roles.ts";

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const idText = z.string().superRefine((text, context) => {
  if (ID.test(text)) return;
  const remedy = "write 1 to 64 letters, digits, dots, hyphens and underscores";
  context.addIssue(customIssue(`${JSON.stringify(text)} is not an id`, remedy));
});

const hashText = z.string().superRefine((text, context) => {
  if (/^[0-9a-f]{64}$/.test(text)) return;
  const remedy = "write 64 lower-case hex digits, or create a token with vtap token create";
  // The text is not quoted: it may be a token that was written here by mistake.
  context.addIssue(customIssue("this is not the SHA-256 of a token", remedy));
});

const timeText = z.string().superRefine((text, context) => {
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return;
  const remedy = 'write it like "2026-12-31T23:59:59Z"';
  context.addIssue(customIssue(`${JSON.stringify(text)} is not a time`, remedy));
});

const userText = z.string().min(1).max(128);

/** A token as the auth file holds it. */
const tokenSchema = z.strictObject({
  id: idText,
  user: userText,
  role: z.enum(ROLES),
  project: projectText.optional(),
  sha256: hashText,
  expiresAt: timeText.optional(),
});

const subjectText = z.string().superRefine((text, context) => {
  if (/^((CN|URI):.{1,512}|DNS:[^A-Z\s]{1,255})$/.test(text)) return;
  const remedy =
    'write it like "DNS:probe.example.org", "URI:spiffe://example.org/probe" or "CN:probe"';
  context.addIssue(customIssue(`${JSON.stringify(text)} is no name in a certificate`, remedy));
});

/** A client certificate as the auth file names it. */
const certificateSchema = z.strictObject({
  subject: subjectText,
  user: userText,
  role: z.enum(ROLES),
  project: projectText.optional(),
});

const authFileSchema = z
  .strictObject({
    tokens: z.array(tokenSchema).default([]),
    certificates: z.array(certificateSchema).optional(),
    oidc: oidcSchema.optional(),
    keystone: keystoneSchema.optional(),
  })
  .superRefine(({ tokens, certificates = [] }, context) => {
    for (const key of ["id", "sha256"] as const) addRepeated("tokens", tokens, key, context);
    addRepeated("certificates", certificates, "subject", context);
  });

function addRepeated<K extends string>(
  list: string,
  entries: readonly Readonly<Record<K, string>>[],
  key: K,
  context: z.RefinementCtx,
): void {
  const seen = new Map<string, number>();
  for (const [index, entry] of entries.entries()) {
    const first = seen.get(entry[key]);
    if (first === undefined) seen.set(entry[key], index);
    else {
      const what = `${list} ${first} and ${index} have the same ${key}`;
      context.addIssue(customIssue(what, "remove one of them", [list, index, key]));
    }
  }
}

export type CertificateRecord = z.output<typeof certificateSchema>;
export type TokenRecord = z.output<typeof tokenSchema>;

/** The content of an auth file. */
export type AuthFile = z.output<typeof authFileSchema>;

/** Reads an auth file. No error quotes what may be a secret. */
export function parseAuthFile(text: string, file: string): FileResult<AuthFile> {
  const parsed = JsonDocument.parse(text, file);
  if (!parsed.ok) return parsed;
  const checked = checkSchema(authFileSchema, parsed.value.value);
  if (checked.ok) return checked;
  return { ok: false, errors: checked.problems.map((problem) => parsed.value.locate(problem)) };
}
