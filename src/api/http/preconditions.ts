// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Precondition } from "../../contract/rejection.ts";
import { ProblemException } from "./problem.ts";

/** Headers of writes of what is stored. */
export const writeHeaders = z.object({
  "if-match": z.string().exactOptional().meta({
    description: "The write is done only if the stored document still has this ETag.",
  }),
});

/** Headers of writes that may create. */
export const putHeaders = writeHeaders.extend({
  "if-none-match": z.literal("*").exactOptional().meta({
    description: "The write is done only if there is no such document.",
  }),
});

/**
 * The strong entity tag of a revision. It identifies the document that the user wrote: the status
 * changes by itself, and If-Match does not protect it.
 */
function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Sets the ETag header. */
export function setEtag(reply: FastifyReply, revision: number): void {
  reply.header("etag", etagOf(revision));
}

/**
 * The precondition in If-Match and If-None-Match. @see RFC 9110 §13.1
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
        `write "*": the write is done only if the resource does not exist`,
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

/** Headers of writes of sets. */
export const setHeaders = z.object({
  "if-match": z.string().exactOptional().meta({
    description:
      "The write is done only if the set still has this ETag: nothing that it writes or prunes was written since.",
  }),
});

/** Sets the ETag header of a set. */
export function setTag(reply: FastifyReply, tag: string): void {
  reply.header("etag", `"${tag}"`);
}

/**
 * The strong entity tags of If-Match, without their quotes; undefined: there is no condition.
 *
 * @throws ProblemException 400 for a header that cannot be read.
 */
export function entityTagsOf(request: FastifyRequest): string[] | undefined {
  const ifMatch = request.headers["if-match"];
  if (ifMatch === undefined) return undefined;
  return tagsIn(ifMatch);
}

/** Whether a precondition holds for a policy at this revision (undefined: no policy). */
export function holds(precondition: Precondition, revision: number | undefined): boolean {
  const { revisions, existence } = precondition;
  if (existence === "absent" && revision !== undefined) return false;
  if (existence === "present" && revision === undefined) return false;
  return revisions === undefined || (revision !== undefined && revisions.includes(revision));
}

const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/;

/** The revisions in a list of entity tags. Weak and foreign tags never match. */
function revisionsOf(header: string): number[] {
  return tagsIn(header).flatMap((text) => (/^(0|[1-9]\d{0,15})$/.test(text) ? [Number(text)] : []));
}

/** The strong tags in a list of entity tags. */
function tagsIn(header: string): string[] {
  return header.split(",").flatMap((part) => {
    const tag = ENTITY_TAG.exec(part.trim());
    if (!tag) throw unreadable("If-Match", 'write the ETag unchanged, in double quotes: "7"');
    const [, weak, text = ""] = tag;
    return weak === undefined ? [text] : [];
  });
}

function unreadable(header: string, remedy: string): ProblemException {
  const detail = `the header ${header} is malformed`;
  return new ProblemException({
    status: 400,
    kind: "invalid-header",
    title: "Invalid header",
    detail: `${detail}: ${remedy}`,
    errors: [{ header, detail, remedy }],
  });
}
