// SPDX-License-Identifier: Apache-2.0
/** Something wrong with one member of a document that a client sent. */
export interface DocumentProblem {
  /** RFC 6901 pointer into the document; "" for the whole document. */
  readonly pointer: string;
  /** What is wrong. */
  readonly detail: string;
  /** How to correct it. */
  readonly remedy: string;
  /** The other policy that it is about, for the API itself: clients read it in the texts. */
  readonly policy?: string;
}

/** A condition on the stored policy; a write is done only if it holds. */
export interface Precondition {
  /** Any of these revisions (If-Match); an empty list never holds. */
  readonly revisions?: readonly number[];
  /** `present`: If-Match: *. `absent`: If-None-Match: *. */
  readonly existence?: "present" | "absent";
}

/** A write that OpenVTAP rejected, and why. */
export type Rejection =
  /** The document itself has mistakes. */
  | { readonly type: "invalid"; readonly problems: readonly DocumentProblem[] }
  /** The document is valid but contradicts the current state, such as an overlap or a second host. */
  | { readonly type: "conflict"; readonly problems: readonly DocumentProblem[] }
  /** A project would have more than its quota. */
  | { readonly type: "quotaExceeded"; readonly problems: readonly DocumentProblem[] }
  | { readonly type: "exists"; readonly id: string }
  | { readonly type: "notFound" }
  /** A file owns it. `file` is known for a policy; a host comes from one of the topology files. */
  | { readonly type: "readOnly"; readonly file?: string }
  /** The precondition does not hold; `current` is absent if there is no such policy. */
  | { readonly type: "preconditionFailed"; readonly current?: number }
  /** Something that a set writes or prunes has another revision; `tag` is the set's present tag. */
  | { readonly type: "setChanged"; readonly tag: string }
  /** The write could not be made durable. `detail` is shown to the client. */
  | { readonly type: "storeFailed"; readonly detail: string };

export type DeleteOutcome = { readonly type: "deleted" } | Rejection;

/** How long a request waits for switches. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}
