// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import {
  type AuditFilter,
  AuditHead,
  AuditRecord,
  type AuditService,
  AuditVerification,
} from "../../contract/audit/audit.ts";
import { customIssue } from "../../topology/index.ts";
import { presentMoment } from "../access/present-moment.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { afterOf, pageAnswer, pageOf, pageParameters } from "../http/paging.ts";
import { NoQuery, wholeNumber } from "../http/parameters.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";
import { checked } from "../written-document.ts";

const URL = `${BASE}/audit`;
const LIST = "audit";
const tags = ["audit"];
const NDJSON = "application/x-ndjson";

const time = z.string().superRefine((text, context) => {
  if (z.iso.datetime().safeParse(text).success) return;
  const what = `"${text.slice(0, 80)}" is not a time`;
  context.addIssue(customIssue(what, "write it like 2026-01-31T12:00:00Z"));
});

const outcome = z.string().superRefine((text, context) => {
  if (/^(done|refused|[1-5]\d\d)$/.test(text)) return;
  const what = `"${text.slice(0, 80)}" is not an outcome`;
  context.addIssue(customIssue(what, 'write "done", "refused" or an HTTP status'));
});

const AuditQuery = z.strictObject({
  ...pageParameters,
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0).meta({
    description: "Only records after this one, by its sequence number.",
  }),
  user: z.string().exactOptional(),
  object: z.string().exactOptional().meta({ description: "The id of the object." }),
  operation: z.string().exactOptional().meta({ example: "PUT /api/v1/policies/{id}" }),
  outcome: outcome.exactOptional().meta({ description: "`done`, `refused`, or an HTTP status." }),
  from: time.exactOptional().meta({ description: "Only records of this time and later." }),
  to: time.exactOptional().meta({ description: "Only records before this time." }),
});

const VerifyInput = z
  .strictObject({
    head: z
      .strictObject({ sequence: z.int().min(0), hash: z.string() })
      .exactOptional()
      .meta({ description: "A head that was kept elsewhere." }),
    records: z.array(z.string()).max(1000).exactOptional().meta({
      description: "Lines of an export: only whether the server has made exactly these.",
    }),
  })
  .meta({ id: "AuditVerificationRequest" });

/** `/audit`, `/audit/head` and `/audit:verify`. */
export function audit(app: Api, context: ApiContext<AuditService>): void {
  listRecords(app, context);
  getHead(app, context);
  verify(app, context);
}

function listRecords(app: Api, { port, closing, authenticator }: ApiContext<AuditService>): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "listAudit",
        summary: "List records of the audit in their order",
        description: `With \`Accept: ${NDJSON}\` the answer is one record on each line, of all pages: an export.`,
        querystring: AuditQuery,
        response: {
          200: {
            description: "A page of records, or an export.",
            content: {
              "application/json": { schema: pageOf(AuditRecord) },
              [NDJSON]: { schema: AuditRecord },
            },
          },
          ...problems(400),
        },
      },
    },
    async (request, reply) => {
      const { limit, cursor, after, outcome: ended, ...rest } = request.query;
      const from = afterOf(LIST, cursor).after;
      const signal = abortedWith(reply, closing);
      const found = matching(port.auditRecords(from === undefined ? after : Number(from)), {
        ...rest,
        ...(ended === undefined ? {} : { outcome: outcomeOf(ended) }),
      });
      if (request.headers.accept?.includes(NDJSON)) {
        const { identity } = request;
        const isAllowed = () =>
          !signal.aborted && (authenticator?.isValid(identity, presentMoment()) ?? true);
        reply.header("content-type", NDJSON);
        // Its type knows the answers of the schema only.
        (reply as FastifyReply).send(Readable.from(lines(found, isAllowed)));
        return reply;
      }
      const items: AuditRecord[] = [];
      for await (const record of found) {
        if (items.length === limit || signal.aborted) {
          return pageAnswer(LIST, { items, more: true }, sequenceText);
        }
        items.push(record);
      }
      return pageAnswer(LIST, { items, more: false }, sequenceText);
    },
  );
}

function getHead(app: Api, { port }: ApiContext<AuditService>): void {
  app.get(
    `${URL}/head`,
    {
      schema: {
        tags,
        operationId: "getAuditHead",
        summary: "Get the sequence number and hash of the last record",
        description:
          "Kept elsewhere, it proves later that no record up to it was altered or removed.",
        querystring: NoQuery,
        response: { 200: json(AuditHead, "The head."), ...problems(400) },
      },
    },
    () => port.auditHead(),
  );
}

function verify(app: Api, { port }: ApiContext<AuditService>): void {
  app.post(
    // A literal colon is written twice: a single one begins a parameter.
    `${URL}::verify`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "verifyAudit",
        summary: "Check the chain of all records, or lines of an export",
        description:
          "Writes nothing. Only the server has the key that the records are sealed with. A body is optional.",
        querystring: NoQuery,
        body: VerifyInput.optional(),
        response: { 200: json(AuditVerification, "What was found."), ...bodyProblems },
      },
    },
    async (request) => {
      const body = request.body === undefined ? {} : objectBody(request, "verification");
      const { head, records } = checked(VerifyInput, body, "verification");
      return records ? sealsOf(records, port) : port.verifyAudit(head);
    },
  );
}

/** Which lines of an export the server has not made. */
function sealsOf(texts: readonly string[], port: AuditService): AuditVerification {
  const faults = texts.flatMap((text, index) => {
    const record = recordIn(text);
    if (record && port.isSealed(record)) return [];
    const sequence = record?.sequence;
    const what = record ? "is not as the server wrote it" : "is no record";
    const isNumber = typeof sequence === "number" && Number.isSafeInteger(sequence);
    return [
      { sequence: isNumber && sequence >= 0 ? sequence : 0, what: `line ${index + 1} ${what}` },
    ];
  });
  return { records: texts.length, faults: faults.slice(0, 100) };
}

function recordIn(text: string): AuditRecord | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? (parsed as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}

async function* matching(
  records: AsyncIterable<AuditRecord>,
  filter: AuditFilter,
): AsyncGenerator<AuditRecord> {
  for await (const record of records) if (matches(record, filter)) yield record;
}

function matches(
  record: AuditRecord,
  { user, object, operation, outcome: ended, from, to }: AuditFilter,
): boolean {
  const at = Date.parse(record.at);
  return (
    (user === undefined || record.actor?.user === user) &&
    (object === undefined || record.object?.id === object) &&
    (operation === undefined || record.operation === operation) &&
    (ended === undefined || hasOutcome(record, ended)) &&
    (from === undefined || at >= Date.parse(from)) &&
    (to === undefined || at < Date.parse(to))
  );
}

function hasOutcome(
  { outcome: found }: AuditRecord,
  ended: NonNullable<AuditFilter["outcome"]>,
): boolean {
  if (!found) return false;
  if (typeof ended === "number") return found.status === ended;
  return found.status >= 400 === (ended === "refused");
}

function outcomeOf(text: string): NonNullable<AuditFilter["outcome"]> {
  return text === "done" || text === "refused" ? text : Number(text);
}

function sequenceText({ sequence }: AuditRecord): string {
  return String(sequence);
}

/** Lines of an export; it breaks off when the client may no longer read it, or the server stops. */
async function* lines(
  records: AsyncIterable<AuditRecord>,
  isAllowed: () => boolean,
): AsyncGenerator<string> {
  for await (const record of records) {
    if (!isAllowed()) throw new Error("the export is broken off");
    yield `${JSON.stringify(record)}\n`;
  }
}
