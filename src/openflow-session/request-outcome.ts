// SPDX-License-Identifier: Apache-2.0
import type { OpenFlowError } from "../reconcile/index.ts";

export type { MessageOf } from "../openflow/index.ts";

/** Why a request has no reply. */
export type RequestFailure =
  /** The switch answered with an error. */
  | { readonly type: "error"; readonly error: OpenFlowError }
  | { readonly type: "timeout" }
  /** The session ended before the reply. */
  | { readonly type: "closed"; readonly reason: string }
  /** The switch replied with another message, or with more than the session accepts. */
  | { readonly type: "unexpected"; readonly reason: string };

/** Outcome of a request. */
export type RequestOutcome<T> = { readonly type: "reply"; readonly reply: T } | RequestFailure;
