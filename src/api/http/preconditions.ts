import type { FastifyReply, FastifyRequest } from "fastify";
import type { Precondition } from "../../contract/rejection.ts";
import { ProblemException } from "./problem.ts";

/**
 * The strong entity tag of a revision. It stands for what the user wrote: the status beside it changes
 * by itself and is not part of what If-Match protects.
 */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Sets the ETag header. */
export function setEtag(reply: FastifyReply, revision: number): void {
  reply.header("etag", etagOf(revision));
}

/**
 * What If-Match and If-None-Match ask of a write. @see RFC 9110 §13.1
 *
 * @throws ProblemException 400 for a header that cannot be read.
 */
export function preconditionOf(request: FastifyRequest): Precondition {
  const ifMatch = request.headers["if-match"];
  const ifNoneMatch = request.headers["if-none-match"];
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() !== "*") {
      throw unreadable(
        "If-None-Match",
        `write "*": the write is done only when there is nothing yet`,
      );
    }
    if (ifMatch !== undefined) {
      throw unreadable("If-None-Match", "send either If-Match or If-None-Match");
    }
    return { existence: "absent" };
  }
  if (ifMatch === undefined) return {};
  if (ifMatch.trim() === "*") return { existence: "present" };
  return { revisions: revisionsOf(ifMatch) };
}

/** Whether a policy at this revision (undefined: no policy) is as a precondition expects. */
export function holds(precondition: Precondition, revision: number | undefined): boolean {
  const { revisions, existence } = precondition;
  if (existence === "absent" && revision !== undefined) return false;
  if (existence === "present" && revision === undefined) return false;
  return revisions === undefined || (revision !== undefined && revisions.includes(revision));
}

const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;

/** The revisions of a list of entity tags. Weak ones and those that are not ours never match. */
function revisionsOf(header: string): number[] {
  return header.split(",").flatMap((part) => {
    const tag = ENTITY_TAG.exec(part.trim());
    if (!tag) throw unreadable("If-Match", 'write the ETag as it came, in double quotes: "7"');
    const [, weak, text = ""] = tag;
    return weak === undefined && /^(0|[1-9]\d{0,15})$/.test(text) ? [Number(text)] : [];
  });
}

function unreadable(header: string, remedy: string): ProblemException {
  const detail = `the header ${header} cannot be used as it is`;
  return new ProblemException({
    status: 400,
    kind: "invalid-header",
    title: "A header is malformed",
    detail: `${detail}: ${remedy}`,
    errors: [{ header, detail, remedy }],
  });
}
