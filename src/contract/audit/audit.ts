// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { PolicyState } from "../policies.ts";
import { Actor } from "./actor.ts";

const sequence = z.int().min(0);
const hash = z.string().meta({
  description: "HMAC-SHA256 in hex, with a key of the server's data directory.",
  pattern: "^[0-9a-f]{64}$",
});

/** What a record is about. */
const AuditObject = z.object({
  kind: z.enum(["policy", "group", "host", "switch", "taps", "set"]),
  id: z.string().exactOptional(),
});
export type AuditObject = z.infer<typeof AuditObject>;

/** A member of a document that a change has added, replaced or removed. */
export const AuditedMember = z.object({
  member: z.string(),
  old: z.unknown().optional(),
  new: z.unknown().optional(),
  isOmitted: z.literal(true).exactOptional().meta({
    description: "The values are too long to be recorded.",
  }),
});
export type AuditedMember = z.infer<typeof AuditedMember>;

/** Part of the records that has been deleted because of its age or number. */
const TruncatedRecords = z.object({ from: sequence, to: sequence, hash });

/** How a request ended. */
const AuditOutcome = z.object({
  status: z.int().meta({ description: "The HTTP status." }),
  problem: z.string().exactOptional().meta({
    description: "The last part of the problem's type, such as `conflict`.",
  }),
});

/** A record of the audit. */
export const AuditRecord = z
  .object({
    sequence: sequence.meta({ description: "1 for the first record; each next one has the next." }),
    at: z.iso.datetime(),
    type: z.enum(["change", "refusal", "read", "followed", "truncation"]).meta({
      description:
        "`change`: a change of one object, or an action. `refusal`: a request that would have changed something and was refused. `read`: frames that a client sees. `followed`: what a change has brought about on the switches. `truncation`: older records were deleted.",
    }),
    actor: Actor.exactOptional(),
    operation: z.string().exactOptional().meta({ example: "PUT /api/v1/policies/{id}" }),
    object: AuditObject.exactOptional(),
    revision: z
      .object({ before: sequence.exactOptional(), after: sequence.exactOptional() })
      .exactOptional(),
    changes: z.array(AuditedMember).readonly().exactOptional().meta({
      description: "The members of the document that differ; of a long one, not all values.",
    }),
    parameters: z.record(z.string(), z.unknown()).exactOptional().meta({
      description: "Of a `read`: what the client sees at most.",
    }),
    reason: z.string().exactOptional(),
    outcome: AuditOutcome.exactOptional(),
    count: z.int().exactOptional().meta({
      description: "Number of equal refusals or logins that the record stands for; absent: one.",
    }),
    follows: sequence.exactOptional().meta({ description: "Sequence number of the change." }),
    state: PolicyState.exactOptional().meta({ description: "Of the policy, once it has settled." }),
    reasons: z.array(z.string()).readonly().exactOptional(),
    truncated: TruncatedRecords.exactOptional().meta({
      description: "The deleted records, and the hash of the last one.",
    }),
    previous: hash.meta({ description: "The hash of the record before; zeros for the first." }),
    hash: hash.meta({
      description: "Over the record without this member, as JSON with sorted members.",
    }),
  })
  .meta({ id: "AuditRecord" });
export type AuditRecord = z.infer<typeof AuditRecord>;

/** A record before it has its place in the chain; of a change, with the revision of its write. */
export type AuditEntry = Omit<AuditRecord, "sequence" | "at" | "previous" | "hash" | "revision"> & {
  /** `isWritten`: the object has the revision of the write of the record. */
  readonly revision?: { readonly before?: number; readonly isWritten: boolean };
};

/** The last record: keep it elsewhere, and no record up to it can be removed unnoticed. */
export const AuditHead = z
  .object({
    sequence: sequence.meta({ description: "0: there are no records." }),
    hash,
    at: z.iso.datetime().exactOptional(),
  })
  .meta({ id: "AuditHead" });
export type AuditHead = z.infer<typeof AuditHead>;

/** Which records a client asks for. */
export interface AuditFilter {
  readonly user?: string;
  /** Id of the object. */
  readonly object?: string;
  readonly operation?: string;
  /** Or a status. */
  readonly outcome?: "done" | "refused" | number;
  /** ISO 8601; inclusive. */
  readonly from?: string;
  /** Exclusive. */
  readonly to?: string;
}

/** Something wrong with the records of an audit. */
const AuditFault = z.object({
  sequence: sequence.meta({ description: "The record at which it is found." }),
  what: z.string(),
});
export type AuditFault = z.infer<typeof AuditFault>;

/** What a check of the chain has found. */
export const AuditVerification = z
  .object({
    from: sequence.exactOptional().meta({ description: "The first record; absent: none." }),
    to: sequence.exactOptional().meta({ description: "The last record; absent: none." }),
    records: z.int(),
    faults: z.array(AuditFault).readonly().meta({
      description: "Records that were altered, removed, repeated or reordered; at most 100.",
    }),
    truncated: z.object({ from: sequence, to: sequence }).exactOptional().meta({
      description: "The last records that were deleted because of their age or number.",
    }),
    truncatedHeads: z.array(sequence).readonly().exactOptional().meta({
      description:
        "Heads whose records were deleted because of their age or number: they prove nothing any more.",
    }),
  })
  .meta({ id: "AuditVerification" });
export type AuditVerification = z.infer<typeof AuditVerification>;

/** What the API requires of the controller for the audit. */
export interface AuditService {
  /** Records in their order, after this one. */
  auditRecords(after: number): AsyncIterable<AuditRecord>;
  auditHead(): Promise<AuditHead>;
  /** Checks all records that are there, and that the record of the head is among them. */
  verifyAudit(head?: Pick<AuditHead, "sequence" | "hash">): Promise<AuditVerification>;
  /** Whether the server has made exactly this record. */
  isSealed(record: AuditRecord): boolean;
  /** Records what is no write to the store, or was refused. Never rejects. */
  recordAudit(entry: AuditEntry): Promise<void>;
}
