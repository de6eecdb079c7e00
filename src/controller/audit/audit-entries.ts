// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import type { Cause } from "../../contract/audit/actor.ts";
import type { AuditEntry, AuditedMember, AuditObject } from "../../contract/audit/audit.ts";
import { defined } from "../../lang/defined.ts";

type Document = Readonly<Record<string, unknown>>;

/** A change as the audit records it. */
interface AuditedChange {
  readonly object: AuditObject;
  /** The document before and after; undefined: there is none. */
  readonly before?: Document | undefined;
  readonly after?: Document | undefined;
  /** The revision before; undefined: the object is new, or has no revisions. */
  readonly revision?: number | undefined;
  /** The HTTP status of the answer. */
  readonly status: number;
}

/** Most characters of the values of one record, as JSON. */
const MOST_CHARACTERS = 8000;

/** The record of a change of a policy or group: its object has the revision of the write. */
export function documentChange(cause: Cause, change: AuditedChange): AuditEntry {
  const { before, after, revision } = change;
  // A policy states its own reason.
  const stated = (after ?? before)?.reason;
  const own = after && typeof stated === "string" ? stated : undefined;
  return {
    ...objectChange(cause, change),
    ...defined({ reason: cause.reason ?? own }),
    revision: { ...defined({ before: revision }), isWritten: after !== undefined },
  };
}

/** The record of a document that is created, or replaces the one that is known. */
export function documentWritten(
  cause: Cause,
  object: AuditObject,
  known: { readonly document: Document; readonly revision: number } | undefined,
  document: Document,
): AuditEntry {
  const sides = { before: known?.document, after: document, revision: known?.revision };
  return documentChange(cause, { object, ...sides, status: known ? 200 : 201 });
}

/** The record of a change of an object without revisions. */
export function objectChange(
  { actor, operation, reason }: Cause,
  { object, before, after, status }: AuditedChange,
): AuditEntry {
  const changes = changedMembers(before, after);
  return {
    type: "change",
    actor,
    operation,
    object,
    ...(changes.length > 0 ? { changes } : {}),
    ...defined({ reason }),
    outcome: { status },
  };
}

/** The members that differ, in the order in which they are written; bounded in size. */
export function changedMembers(
  before: Document | undefined,
  after: Document | undefined,
): AuditedMember[] {
  let left = MOST_CHARACTERS;
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const changes: AuditedMember[] = [];
  for (const member of names) {
    const [old, now] = [own(before, member), own(after, member)];
    if (isDeepStrictEqual(old, now)) continue;
    const values = defined({ old, new: now });
    left -= JSON.stringify(values).length;
    changes.push(left < 0 ? { member, isOmitted: true } : { member, ...values });
  }
  return changes;
}

function own(document: Document | undefined, member: string): unknown {
  return document && Object.hasOwn(document, member) ? document[member] : undefined;
}
