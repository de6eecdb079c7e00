// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import type { AuditService } from "../../../contract/audit/audit.ts";
import {
  type NotPreviewed,
  PreviewInput,
  type PreviewOutcome,
  type PreviewService,
} from "../../../contract/observation/preview.ts";
import { presentMoment } from "../../access/present-moment.ts";
import { readEntry } from "../../audit/audited-requests.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../../context.ts";
import { objectBody } from "../../http/json-body.ts";
import { NoQuery } from "../../http/parameters.ts";
import { type Problem, ProblemException } from "../../http/problem.ts";
import { reject } from "../../http/rejections.ts";
import { bodyProblems, problems } from "../../http/responses.ts";
import { checked } from "../../written-document.ts";

const MEDIA_TYPE = "application/x-pcapng";

/** Seconds after which a client may try again. */
const RETRY_AFTER_S = 10;

/** `/policies/{id}:preview`. */
export function policyPreviews(app: Api, context: ApiContext<PreviewService & AuditService>): void {
  const { portOf, port, closing, authenticator } = context;
  app.post(
    // Without the pattern, the parameter would include the colon and what follows.
    `${BASE}/policies/:id(^[^:/]+)::preview`,
    {
      schema: {
        tags: ["policies"],
        operationId: "previewPolicy",
        summary: "See copies as a monitor of a policy gets them",
        description:
          "Streams copies as a capture file while they arrive at the port of the monitor: restored, and truncated, sampled and limited as the policy requests. The monitor gets them as before. At most 200 frames per second; the last block of the file says how many were dropped because the client was slow. Ends after so many packets or seconds, or when the client disconnects. A body is optional. Off (403) unless the setting `preview` is true; 429 where there are `previewLimit` previews already. Recorded in the audit log.",
        params: z.object({ id: z.string() }),
        querystring: NoQuery,
        body: PreviewInput.optional(),
        response: {
          200: {
            description: "A pcapng file, in parts of whole blocks.",
            content: { [MEDIA_TYPE]: { schema: z.string().meta({ format: "binary" }) } },
          },
          ...bodyProblems,
          ...problems(404, 409, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const body = request.body === undefined ? {} : objectBody(request, "preview");
      const input = checked(PreviewInput, body, "preview");
      const gone = abortedWith(reply, closing);
      const outcome = await portOf(request).previewPolicy(id, input, gone);
      if (outcome.type !== "previewing") return rejectPreview(outcome, id);
      const { monitor, parts } = outcome.preview;
      await port.recordAudit(readEntry(request, reply, { ...input, monitor }));
      const { identity } = request;
      const isAllowed = () => authenticator?.isValid(identity, presentMoment()) ?? true;
      await send(reply, parts, { name: `${id}.pcapng`, isAllowed, gone });
    },
  );
}

interface Sending {
  readonly name: string;
  /** Whether the client may go on: its token may expire, or be revoked. */
  readonly isAllowed: () => boolean;
  readonly gone: AbortSignal;
}

/** Sends the parts as they come; each is read when the client has taken the one before. */
async function send(
  reply: FastifyReply,
  parts: AsyncIterable<Uint8Array>,
  { name, isAllowed, gone }: Sending,
): Promise<void> {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, {
    "content-type": MEDIA_TYPE,
    "content-disposition": `attachment; filename="${name.replace(/[^\w.-]/g, "_")}"`,
    "x-accel-buffering": "no",
  });
  response.flushHeaders();
  for await (const part of parts) {
    if (!isAllowed()) {
      response.destroy();
      return;
    }
    if (!response.write(part) && !gone.aborted) {
      await once(response, "drain", { signal: gone }).catch(() => undefined);
    }
  }
  response.end();
}

function rejectPreview(
  outcome: Exclude<PreviewOutcome, { readonly type: "previewing" }>,
  id: string,
): never {
  switch (outcome.type) {
    case "previewsOff":
      throw new ProblemException(OFF);
    case "previewsTaken":
      throw new ProblemException(taken(outcome.limit));
    case "notPreviewed":
      throw new ProblemException(notPreviewed(outcome, id));
    default:
      return reject(outcome, { noun: "policy", id });
  }
}

const OFF: Problem = {
  status: 403,
  kind: "previews-off",
  title: "Previews are off",
  detail:
    "a preview shows what frames contain, and previews are off on this server; its administrator can set `preview` to true",
};

function taken(limit: number): Problem {
  return {
    status: 429,
    kind: "too-many-previews",
    title: "Too many previews",
    detail: `there are ${limit} previews already (previewLimit); try again when one has ended, or raise the setting`,
    headers: { "retry-after": String(RETRY_AFTER_S) },
  };
}

function notPreviewed({ detail, others }: NotPreviewed, id: string): Problem {
  const named = others?.map((each) => `"${each}"`).join(", ");
  const who = named === undefined ? "" : ` (${named || "not of your project"})`;
  const what = `policy "${id}" cannot be previewed now: ${detail}${who}`;
  return { status: 409, kind: "not-previewed", title: "No preview", detail: what };
}
