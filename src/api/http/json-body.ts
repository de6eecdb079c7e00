import type { FastifyInstance, FastifyRequest } from "fastify";
import { type FileError, JsonDocument } from "../../topology/index.ts";
import type { PolicyDocument } from "../views/policy.ts";
import { ProblemException } from "./problem.ts";
import { invalidDocument } from "./refusals.ts";

export const JSON_MEDIA_TYPE = "application/json";
/** @see RFC 7396 */
export const MERGE_PATCH_MEDIA_TYPE = "application/merge-patch+json";

/** Makes the app read JSON bodies, and say where one is malformed. Anything else is a 415. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const types = [JSON_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE];
  app.addContentTypeParser<string>(types, { parseAs: "string" }, (_request, text, done) => {
    const parsed = JsonDocument.parse(text, "body");
    if (parsed.ok) done(null, parsed.value.value);
    else done(malformed(parsed.errors, text), undefined);
  });
}

/**
 * The body as a JSON object.
 *
 * @throws ProblemException 422 when it is not one, 415 when there is none.
 */
export function objectBody(request: FastifyRequest, noun: string): PolicyDocument {
  const { body } = request;
  if (body === undefined || body === null) throw missingBody();
  if (typeof body === "object" && !Array.isArray(body)) return body as PolicyDocument;
  const detail = `a ${noun} is a JSON object`;
  const problem = { pointer: "", detail, remedy: "send { … }" };
  throw new ProblemException(invalidDocument([problem], noun));
}

/** Refuses a merge patch where a whole document is expected: it would be read as one. */
export async function requireWholeDocument(request: FastifyRequest): Promise<void> {
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === MERGE_PATCH_MEDIA_TYPE) {
    throw unsupportedMediaType(`send the whole document as ${JSON_MEDIA_TYPE}, or use PATCH`);
  }
}

/** The problem of a body in a format that is not read here. */
export function unsupportedMediaType(remedy: string): ProblemException {
  return new ProblemException({
    status: 415,
    kind: "unsupported-media-type",
    title: "This kind of body is not read here",
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
    title: "There is no body",
    detail: `send a JSON object with the header content-type: ${JSON_MEDIA_TYPE}`,
  });
}

function malformed(found: readonly FileError[], text: string): ProblemException {
  if (text.trim() === "") return missingBody();
  const errors = found.map(({ line, column, path, what, remedy }) => ({
    pointer: path,
    detail: `line ${line}, column ${column}: ${what}`,
    remedy,
  }));
  return new ProblemException({
    status: 400,
    kind: "malformed-json",
    title: "The body is not well-formed JSON",
    detail: errors.map(({ detail, remedy }) => `${detail}, ${remedy}`).join("; "),
    errors,
  });
}
