import type { OpenFlowError } from "../reconcile/index.ts";

export type { MessageOf } from "../openflow/index.ts";

/** Why a request has no answer. */
export type RequestFailure =
  /** The switch answered with an error. */
  | { readonly type: "error"; readonly error: OpenFlowError }
  | { readonly type: "timeout" }
  /** The session ended before the answer. */
  | { readonly type: "closed"; readonly reason: string }
  /** The switch answered with something else, or with more than we take. */
  | { readonly type: "unexpected"; readonly reason: string };

/** What became of a request. */
export type RequestOutcome<T> = { readonly type: "reply"; readonly reply: T } | RequestFailure;
