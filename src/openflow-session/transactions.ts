// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import {
  BadRequestCode,
  BundleControlType,
  BundleFailedCode,
  BundleFlags,
  bundleControl,
  EncodeError,
  ErrorType,
  encodeMessage,
  type Message,
  OFP_VERSION,
} from "../openflow/index.ts";
import type {
  CommitOutcome,
  MessageFailure,
  MessageList,
  OpenFlowError,
  StepOutcome,
} from "../reconcile/index.ts";
import { nextTurn } from "../runtime/index.ts";
import type { Connection } from "./connection.ts";
import type { Correlation } from "./correlation.ts";
import type { MessageOf, RequestFailure, RequestOutcome } from "./request-outcome.ts";

/** The part of a session that transactions use. */
export interface TransactionPort {
  readonly connection: Connection;
  readonly correlation: Correlation;
  readonly requestTimeoutMs: number;
  request<T extends Message["type"]>(
    message: Message,
    replyType: T,
    options?: { readonly timeoutMs?: number },
  ): Promise<RequestOutcome<MessageOf<T>>>;
  barrier(options?: {
    readonly timeoutMs?: number;
  }): Promise<RequestOutcome<MessageOf<"barrierReply">>>;
}

/** Extra time per message for a switch with slow tables, in milliseconds. */
const TIMEOUT_PER_MESSAGE_MS = 10;
/** Messages between two yields to the event loop, so that other switches and the API stay responsive. */
const MESSAGES_PER_TURN = 256;

/** Groups of changes of a switch: bundles, and messages up to a barrier. */
export class Transactions {
  readonly #port: TransactionPort;
  #nextBundle = 1;
  /** A bundle has been opened before: the next one need not wait for the reply. */
  #bundlesWork = false;

  constructor(port: TransactionPort) {
    this.#port = port;
  }

  /**
   * Sends an ordered atomic bundle: open -> adds -> barrier -> commit. An error before the commit
   * discards the bundle.
   */
  async bundle(messages: MessageList): Promise<CommitOutcome> {
    const bundleId = this.#nextBundle++;
    const { OpenRequest, CommitRequest, DiscardRequest } = BundleControlType;
    const opening = this.#control(bundleId, OpenRequest);
    if (!this.#bundlesWork) {
      const opened = await opening;
      if (opened.type !== "reply") return notOpened(opened);
      this.#bundlesWork = true;
    }
    const wrap = (message: Message) => bundleAdd(bundleId, message);
    const adds = await this.#sendBlock(messages, wrap, async (failures) => {
      // The reply to the barrier proves that the switch has processed every message and reported every
      // error: a bundle that lacks a message must not be committed.
      const timeoutMs = this.#timeoutFor(messages);
      const seen = await this.#port.barrier({ timeoutMs });
      if (seen.type !== "reply" || failures.length > 0) return seen;
      return this.#control(bundleId, CommitRequest, timeoutMs);
    });
    if (adds.type === "closed") return { type: "unknown", reason: adds.reason };
    const opened = await opening;
    if (opened.type !== "reply") return notOpened(opened);
    const { failures, end } = adds;
    const isCommitRefused = end.type === "error";
    if (end.type === "reply" && end.reply.type === "bundleControl") return { type: "committed" };
    if (!isCommitRefused && end.type !== "reply") {
      return { type: "unknown", reason: describeFailure(end) };
    }
    if (!isCommitRefused) void this.#control(bundleId, DiscardRequest);
    return failedCommit(failures, isCommitRefused ? end.error : undefined);
  }

  /** Sends messages one after another, then a barrier. */
  async step(messages: MessageList): Promise<StepOutcome> {
    const timeoutMs = this.#timeoutFor(messages);
    const keep = (message: Message) => message;
    const sent = await this.#sendBlock(messages, keep, () => this.#port.barrier({ timeoutMs }));
    if (sent.type === "closed") return { type: "unknown", reason: sent.reason };
    if (sent.end.type === "reply") return { type: "done", failures: sent.failures };
    return { type: "unknown", reason: describeFailure(sent.end) };
  }

  /** Streams messages as fast as the switch reads them, then runs `end` while errors are still collected. */
  async #sendBlock<T>(
    messages: MessageList,
    wrap: (message: Message) => Message,
    end: (failures: readonly MessageFailure[]) => Promise<T>,
  ): Promise<
    | { readonly type: "sent"; readonly failures: readonly MessageFailure[]; readonly end: T }
    | { readonly type: "closed"; readonly reason: string }
  > {
    const { connection, correlation } = this.#port;
    const failures: MessageFailure[] = [];
    const block = correlation.block(messages.length, (index, error) =>
      failures.push({ index, error }),
    );
    try {
      for (let index = 0; index < messages.length; index++) {
        const message = messages.at(index);
        if (!message) continue;
        const xid = block.first + index;
        const bytes = encoded(wrap({ ...message, xid }));
        if (bytes instanceof Uint8Array) connection.sendBytes(bytes);
        else failures.push({ index, error: bytes });
        if (connection.isCongested && !(await connection.drained())) break;
        if (index % MESSAGES_PER_TURN === MESSAGES_PER_TURN - 1) await nextTurn();
      }
      if (!connection.isOpen) return { type: "closed", reason: "the session has ended" };
      return { type: "sent", failures, end: await end(failures) };
    } finally {
      block.release();
    }
  }

  #control(bundleId: number, bundleControlType: number, timeoutMs?: number) {
    return this.#port.request(
      bundleControl({ bundleId, bundleControlType }),
      "bundleControl",
      defined({ timeoutMs }),
    );
  }

  #timeoutFor(messages: MessageList): number {
    return this.#port.requestTimeoutMs + messages.length * TIMEOUT_PER_MESSAGE_MS;
  }
}

function bundleAdd(bundleId: number, message: Message): Message {
  return {
    version: OFP_VERSION,
    type: "bundleAddMessage",
    xid: message.xid,
    bundleId,
    flags: BundleFlags.Atomic | BundleFlags.Ordered,
    message,
    properties: [],
  };
}

/** The bytes of a message, or an error like a switch's if it cannot be encoded. */
function encoded(message: Message): Uint8Array | OpenFlowError {
  try {
    return encodeMessage(message);
  } catch (cause) {
    if (!(cause instanceof EncodeError)) throw cause;
    const { BadRequest: errorType } = ErrorType;
    const text = `cannot be encoded: ${cause.message}`;
    return { errorType, errorCode: BadRequestCode.BAD_LEN, text };
  }
}

function failedCommit(
  failures: readonly MessageFailure[],
  commitError: OpenFlowError | undefined,
): CommitOutcome {
  const unsupported = failures.find(
    ({ error }) =>
      error.errorType === ErrorType.BundleFailed && error.errorCode === BundleFailedCode.MSG_UNSUP,
  );
  if (unsupported) return { type: "unsupported", reason: unsupported.error.text };
  const error = failures[0]?.error ?? commitError;
  if (!error) return { type: "unknown", reason: "the bundle failed without an error" };
  return { type: "refused", error, failures };
}

/** Outcome of a bundle that could not be opened: nothing of it is in effect. */
function notOpened(failure: RequestFailure): CommitOutcome {
  if (failure.type !== "error") return { type: "unknown", reason: describeFailure(failure) };
  const { errorType, errorCode, text } = failure.error;
  const passing: readonly number[] = [
    BundleFailedCode.OUT_OF_BUNDLES,
    BundleFailedCode.BUNDLE_IN_PROGRESS,
    BundleFailedCode.BUNDLE_EXIST,
  ];
  if (errorType === ErrorType.BundleFailed && passing.includes(errorCode)) {
    return { type: "unknown", reason: text };
  }
  return { type: "unsupported", reason: text };
}

/** Describes a failure as a clause. */
export function describeFailure(failure: RequestFailure): string {
  switch (failure.type) {
    case "error":
      return failure.error.text;
    case "timeout":
      return "no reply in time";
    case "closed":
    case "unexpected":
      return failure.reason;
    default:
      return failure satisfies never;
  }
}
