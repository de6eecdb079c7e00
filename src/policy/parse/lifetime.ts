// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { JsonProblem } from "../../topology/index.ts";
import type { Lifetime, Policy } from "../model/policy.ts";
import type { PolicyDocument } from "./document.ts";
import { momentText, parseMoment } from "./moment.ts";

/** The document with its moments in their canonical form: in UTC, with milliseconds. */
export function withCanonicalMoments(document: PolicyDocument): PolicyDocument {
  const { expiresAt, schedule } = document;
  if (expiresAt === undefined && schedule === undefined) return document;
  const { from, until } = schedule ?? {};
  return {
    ...document,
    ...defined({ expiresAt: canonical(expiresAt) }),
    ...(schedule && {
      schedule: { ...schedule, ...defined({ from: canonical(from), until: canonical(until) }) },
    }),
  };
}

/** Reads when a policy is in effect: from its start until the first of its ends. Problems are appended. */
export function readLifetime(
  { expiresAt, schedule, stopAfter: written }: PolicyDocument,
  problems: JsonProblem[],
): Pick<Policy, "lifetime"> {
  const startsAt = momentOf(schedule?.from);
  const ends = [expiresAt, schedule?.until].flatMap((text) => momentOf(text) ?? []);
  const stopAfter = written && limitOf(written);
  if (startsAt === undefined && ends.length === 0 && stopAfter === undefined) return {};
  const endsAt = ends.length === 0 ? undefined : Math.min(...ends);
  if (startsAt !== undefined && endsAt !== undefined && startsAt >= endsAt) {
    const what = `it starts at ${canonical(schedule?.from)} and ends at ${momentText(endsAt)}`;
    const remedy = "write a start before the end";
    problems.push({ path: ["schedule", "from"], what, remedy });
  }
  return { lifetime: defined({ startsAt, endsAt, stopAfter }) satisfies Lifetime };
}

function limitOf({ packets, bytes }: NonNullable<PolicyDocument["stopAfter"]>) {
  if (packets !== undefined) return { unit: "packets", count: packets } as const;
  return bytes === undefined ? undefined : ({ unit: "bytes", count: bytes } as const);
}

function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseMoment(text);
}

function canonical(text: string | undefined): string | undefined {
  const moment = momentOf(text);
  return moment === undefined ? undefined : momentText(moment);
}
