// SPDX-License-Identifier: Apache-2.0
import type { DocumentProblem, Rejection } from "../../contract/rejection.ts";
import type { PathOutcome } from "../../contract/topology.ts";
import { type Problem, ProblemException } from "./problem.ts";

/** The subject of a request, for the text of its rejection. */
export interface Subject {
  /** Such as "policy" or "host". */
  readonly noun: string;
  /** Its id, if the request names one. */
  readonly id?: string;
}

/** Maps every rejection to its HTTP status. The only place that does. */
function rejectionProblem(rejection: Rejection, subject: Subject): Problem {
  const name =
    subject.id === undefined ? `this ${subject.noun}` : `${subject.noun} "${subject.id}"`;
  switch (rejection.type) {
    case "invalid":
      return invalidDocument(rejection.problems, subject.noun);
    case "conflict":
      return {
        status: 409,
        kind: "conflict",
        title: "Conflict",
        detail: summary(rejection.problems),
        errors: listed(rejection.problems),
      };
    case "quotaExceeded":
      return {
        status: 422,
        kind: "quota-exceeded",
        title: "Quota exceeded",
        detail: summary(rejection.problems),
        errors: listed(rejection.problems),
      };
    case "exists":
      return {
        status: 409,
        kind: "exists",
        title: "Already exists",
        detail: `there is already a ${subject.noun} "${rejection.id}"; use PUT to replace it`,
      };
    case "notFound":
      return notFound(`there is no ${subject.noun} "${subject.id ?? ""}"`);
    case "readOnly":
      return {
        status: 409,
        kind: "read-only",
        title: "Owned by a file",
        detail: `${name} comes from ${fileOf(rejection)}; change it there and ${remedyOf(rejection)}`,
      };
    case "preconditionFailed":
      return preconditionFailed(rejection.current, name);
    case "setChanged":
      return {
        status: 412,
        kind: "precondition-failed",
        title: "Precondition failed",
        detail:
          "something that this set writes or prunes was written since the ETag in If-Match was made; validate the set again, then decide",
        headers: { etag: `"${rejection.tag}"` },
      };
    case "storeFailed":
      return {
        status: 503,
        kind: "store-failed",
        title: "Write to disk failed",
        detail: rejection.detail,
      };
    default:
      return rejection satisfies never;
  }
}

function fileOf({ file }: { readonly file?: string }): string {
  return file === undefined ? "a topology file" : `the file ${file}`;
}

/** vtap reloads topology files while it runs; it reads policy files only at the start. */
function remedyOf({ file }: { readonly file?: string }): string {
  return file === undefined ? "send vtap a SIGHUP" : "restart vtap";
}

/** Throws the problem of a rejection. */
export function reject(rejection: Rejection, subject: Subject): never {
  throw new ProblemException(rejectionProblem(rejection, subject));
}

/** The problem of a path that does not exist. */
export function pathProblem(outcome: Exclude<PathOutcome, { type: "path" }>): Problem {
  switch (outcome.type) {
    case "unknownPlace":
      return {
        ...notFound(outcome.detail),
        errors: [
          {
            parameter: outcome.parameter,
            detail: outcome.detail,
            remedy: "name a host (by name, MAC or IP address) or a switch (by name or dpid)",
          },
        ],
      };
    case "noPath":
      return { ...notFound(outcome.detail), kind: "no-path", title: "No path" };
    default:
      return outcome satisfies never;
  }
}

/** The problem of a resource that does not exist. */
export function notFound(detail: string): Problem {
  return { status: 404, kind: "not-found", title: "Not found", detail };
}

/** The problem of a document with mistakes. */
export function invalidDocument(problems: readonly DocumentProblem[], noun: string): Problem {
  return {
    status: 422,
    kind: "invalid-document",
    title: `Invalid ${noun}`,
    detail: summary(problems),
    errors: listed(problems),
  };
}

function preconditionFailed(current: number | undefined, name: string): Problem {
  const now = current === undefined ? "it does not exist" : `it is at revision ${current}`;
  return {
    status: 412,
    kind: "precondition-failed",
    title: "Precondition failed",
    detail: `${name} does not meet the precondition in If-Match or If-None-Match: ${now}; read it again, then decide`,
    ...(current === undefined ? {} : { headers: { etag: `"${current}"` } }),
  };
}

/** Problems as clients receive them. */
function listed(problems: readonly DocumentProblem[]) {
  return problems.map(({ policy: _, ...shown }) => shown);
}

/** The first problem in a sentence, and how many more there are. */
function summary(problems: readonly DocumentProblem[]): string {
  const [first] = problems;
  if (!first) return "the document was rejected";
  const place = first.pointer === "" ? "" : `${first.pointer}: `;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more, see errors)` : "";
  return `${place}${first.detail}, ${first.remedy}${more}`;
}
