// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { JsonObject } from "../../contract/scalars.ts";
import { type FileError, JsonDocument } from "../../topology/index.ts";
import type { ApiLimits } from "../limits.ts";
import { jsonShape } from "./json-shape.ts";
import { ProblemException } from "./problem.ts";
import { invalidDocument } from "./rejections.ts";
import type { Turns } from "./turns.ts";

export const JSON_MEDIA_TYPE = "application/json";
/** @see RFC 7396 */
export const MERGE_PATCH_MEDIA_TYPE = "application/merge-patch+json";

/** Each step of reading a body of this length takes a millisecond or more: each has a turn. */
const LONG_BYTES = 64 * 1024;

/** How complex a body may be. */
type BodyLimits = Pick<ApiLimits, "bodyMemberLimit" | "bodyDepthLimit">;

/**
 * Makes the app read JSON bodies and report where one is malformed. Any other body is a 415. Bodies that
 * arrive together are read in turns.
 */
export function readJsonBodies(app: FastifyInstance, limits: BodyLimits, turns: Turns): void {
  app.removeAllContentTypeParsers();
  const types = [JSON_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE];
  app.addContentTypeParser(
    types,
    { parseAs: "buffer" },
    async (request: FastifyRequest, bytes: Buffer) => {
      // Some clients send the header without a body, even with DELETE; routes that need a body check for it.
      if (isBlank(bytes)) return undefined;
      await turns.next();
      requireUtf8(request);
      requireSimple(bytes, limits);
      const isLong = bytes.length > LONG_BYTES;
      if (isLong) await turns.next();
      const parsed = JsonDocument.parse(utf8Text(bytes), "body");
      if (!parsed.ok) throw malformed(parsed.errors);
      if (isLong) await turns.next();
      return parsed.value.value;
    },
  );
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte <= 0x20);
}

/** Rejects a body that would take long to read, before it is read. */
function requireSimple(bytes: Uint8Array, { bodyMemberLimit, bodyDepthLimit }: BodyLimits): void {
  const shape = jsonShape(bytes, { members: bodyMemberLimit, depth: bodyDepthLimit });
  if (shape.depth > bodyDepthLimit) {
    const what = `objects and lists nest deeper than ${bodyDepthLimit} levels (bodyDepthLimit)`;
    throw tooComplex(what, "flatten them, or raise the setting");
  }
  if (shape.members > bodyMemberLimit) {
    const what = `objects and lists have more than ${bodyMemberLimit} entries (bodyMemberLimit)`;
    throw tooComplex(what, "send fewer at once, or raise the setting");
  }
}

function tooComplex(what: string, remedy: string): ProblemException {
  return new ProblemException({
    status: 422,
    kind: "body-too-complex",
    title: "Body too complex",
    detail: `${what}; ${remedy}`,
    errors: [{ pointer: "", detail: what, remedy }],
  });
}

/** Rejects a body in another charset or compressed: its bytes would be misread. */
function requireUtf8({ headers }: FastifyRequest): void {
  const encoding = headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity") {
    throw unsupportedMediaType("send the body uncompressed, without content-encoding");
  }
  const [, charset = "utf-8"] = CHARSET.exec(headers["content-type"] ?? "") ?? [];
  if (!["utf-8", "utf8"].includes(charset.toLowerCase())) {
    throw unsupportedMediaType("send the body in UTF-8 (the charset of JSON, RFC 8259)");
  }
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

/** The text of a body, with its byte order mark. */
function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notUtf8();
  }
}

/**
 * The body as a JSON object.
 *
 * @throws ProblemException 422 when it is not one, 400 when there is none.
 */
export function objectBody(request: FastifyRequest, noun: string): JsonObject {
  const { body } = request;
  if (body === undefined) throw missingBody();
  if (typeof body === "object" && body !== null && !Array.isArray(body)) {
    return body as JsonObject;
  }
  const detail = `a ${noun} is a JSON object`;
  const problem = { pointer: "", detail, remedy: "send { … }" };
  throw new ProblemException(invalidDocument([problem], noun));
}

/** Rejects a merge patch where a whole document is expected: it would be taken for one. */
export async function requireWholeDocument(request: FastifyRequest): Promise<void> {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === MERGE_PATCH_MEDIA_TYPE) {
    throw unsupportedMediaType(`send the whole document as ${JSON_MEDIA_TYPE}, or use PATCH`);
  }
}

/** The problem of a body in an unsupported format. */
export function unsupportedMediaType(remedy: string): ProblemException {
  return new ProblemException({
    status: 415,
    kind: "unsupported-media-type",
    title: "Unsupported media type",
    detail: remedy,
    headers: {
      accept: JSON_MEDIA_TYPE,
      "accept-patch": `${MERGE_PATCH_MEDIA_TYPE}, ${JSON_MEDIA_TYPE}`,
    },
  });
}

function missingBody(): ProblemException {
  return new ProblemException({
    status: 400,
    kind: "missing-body",
    title: "Missing body",
    detail: `send a JSON object with the header content-type: ${JSON_MEDIA_TYPE}`,
  });
}

function notUtf8(): ProblemException {
  return new ProblemException({
    status: 400,
    kind: "malformed-json",
    title: "Malformed JSON",
    detail: "the body is not UTF-8 text; save or send it as UTF-8",
  });
}

function malformed(found: readonly FileError[]): ProblemException {
  const errors = found.map(({ line, column, path, what, remedy }) => ({
    pointer: path,
    detail: `line ${line}, column ${column}: ${what}`,
    remedy,
  }));
  return new ProblemException({
    status: 400,
    kind: "malformed-json",
    title: "Malformed JSON",
    detail: errors.map(({ detail, remedy }) => `${detail}, ${remedy}`).join("; "),
    errors,
  });
}
