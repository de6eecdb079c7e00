import type { DocumentProblem, PathOutcome, Rejection } from "../../contract/rejection.ts";
import { type Problem, ProblemException } from "./problem.ts";

/** What a request was about, for the sentence that refuses it. */
export interface Subject {
  /** "policy" or "host". */
  readonly noun: string;
  /** Its id, where the request names one. */
  readonly id?: string;
}

/** The one place that says which reason becomes which HTTP status. */
export function refusalProblem(refusal: Rejection, subject: Subject): Problem {
  const name =
    subject.id === undefined ? `this ${subject.noun}` : `${subject.noun} "${subject.id}"`;
  switch (refusal.type) {
    case "invalid":
      return invalidDocument(refusal.problems, subject.noun);
    case "conflict":
      return {
        status: 409,
        kind: "conflict",
        title: "It conflicts with what is there",
        detail: summary(refusal.problems),
        errors: refusal.problems,
      };
    case "exists":
      return {
        status: 409,
        kind: "exists",
        title: "It exists already",
        detail: `there is a ${subject.noun} "${refusal.id}" already; use PUT to replace it`,
      };
    case "notFound":
      return notFound(`there is no ${subject.noun} "${subject.id ?? ""}"`);
    case "readOnly":
      return {
        status: 409,
        kind: "read-only",
        title: "It belongs to a file",
        detail: `${name} comes from ${fileOf(refusal)}; change it there and ${remedyOf(refusal)}`,
      };
    case "preconditionFailed":
      return preconditionFailed(refusal.current, name);
    case "storeFailed":
      return {
        status: 503,
        kind: "store-failed",
        title: "It could not be written to disk",
        detail: refusal.detail,
      };
    default:
      return refusal satisfies never;
  }
}

function fileOf({ file }: { readonly file?: string }): string {
  return file === undefined ? "a topology file" : `the file ${file}`;
}

/** Topology files are read again while vtap runs, policy files are not. */
function remedyOf({ file }: { readonly file?: string }): string {
  return file === undefined ? "send vtap a SIGHUP" : "restart vtap";
}

/** Throws the problem of a refusal. */
export function refuse(refusal: Rejection, subject: Subject): never {
  throw new ProblemException(refusalProblem(refusal, subject));
}

/** The problem of a path that there is not. */
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
      return { ...notFound(outcome.detail), kind: "no-path", title: "There is no path" };
    default:
      return outcome satisfies never;
  }
}

/** The problem of a resource that there is not. */
export function notFound(detail: string): Problem {
  return { status: 404, kind: "not-found", title: "There is no such thing", detail };
}

/** The problem of a document with mistakes. */
export function invalidDocument(problems: readonly DocumentProblem[], noun: string): Problem {
  return {
    status: 422,
    kind: "invalid-document",
    title: `This is not a ${noun}`,
    detail: summary(problems),
    errors: problems,
  };
}

function preconditionFailed(current: number | undefined, name: string): Problem {
  const now = current === undefined ? "it does not exist" : `it is at revision ${current}`;
  return {
    status: 412,
    kind: "precondition-failed",
    title: "It is not as the request expects it",
    detail: `${name} is not as If-Match or If-None-Match expects: ${now}; read it again, then decide`,
    ...(current === undefined ? {} : { headers: { etag: `"${current}"` } }),
  };
}

/** The first problem in a sentence, and how many more there are. */
function summary(problems: readonly DocumentProblem[]): string {
  const [first] = problems;
  if (!first) return "the document was refused";
  const place = first.pointer === "" ? "" : `${first.pointer}: `;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more, see errors)` : "";
  return `${place}${first.detail}, ${first.remedy}${more}`;
}
