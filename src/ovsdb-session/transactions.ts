// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../lang/steps.ts";
import {
  type Json,
  type Operation,
  type RowOf,
  type RpcMessage,
  selectAll,
  selectedRows,
  type Table,
  type TransactionReply,
  transactionReply,
  transactParams,
} from "../ovsdb/index.ts";
import type { Clock } from "../runtime/clock.ts";
import type { OvsdbSessionOptions } from "./session-options.ts";

export type Reply = Extract<RpcMessage, { readonly type: "reply" }>;

/** Handles the reply to a request, in steps where it may be long; undefined: the session has ended. */
export type Replied = (reply: Reply | undefined) => Steps<void> | undefined;

/** What has become of a transaction; `detail` is a clause for logs and reasons. */
export type TransactionOutcome<T extends readonly Operation[] = readonly Operation[]> =
  | TransactionReply<T>
  /** Nothing is changed: it was not sent. */
  | { readonly type: "unsent"; readonly detail: string }
  /** It was sent, and no reply has come: the server may have carried it out, or may do so later. */
  | { readonly type: "unknown"; readonly detail: string };

/** The session that carries transactions. */
interface Carrier {
  readonly database: string;
  readonly options: OvsdbSessionOptions;
  readonly clock: Clock;
  readonly isOpen: () => boolean;
  readonly request: (params: readonly Json[], replied: Replied) => void;
}

/** The transactions of one session. */
export class Transactions {
  readonly #carrier: Carrier;
  /** Those whose time is over count as well: the server may still be busy with them. */
  #inFlight = 0;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Resolves for whatever a server sends; a malformed reply ends the session. */
  transact<const T extends readonly Operation[]>(operations: T): Promise<TransactionOutcome<T>> {
    const { database, options, clock, isOpen, request } = this.#carrier;
    const { transactionTimeoutMs, maxTransactions } = options;
    const unsent = !isOpen()
      ? "the session has ended"
      : this.#inFlight >= maxTransactions
        ? `${maxTransactions} transactions wait for replies of the database`
        : undefined;
    if (unsent !== undefined) return Promise.resolve({ type: "unsent", detail: unsent });
    this.#inFlight++;
    return new Promise((resolve) => {
      const cancelTimeout = clock.after(transactionTimeoutMs, () =>
        resolve(unknown(`no reply has come in ${transactionTimeoutMs} ms`)),
      );
      request(transactParams(database, operations), (reply) => {
        this.#inFlight--;
        cancelTimeout();
        try {
          resolve(reply ? transactionReply(operations, reply) : unknown("the session has ended"));
        } catch (cause) {
          resolve(unknown("the reply is malformed"));
          throw cause;
        }
        return undefined;
      });
    });
  }

  /** Reads all rows of a table, by uuid, in steps; undefined: refused, or the session has ended. */
  select<T extends Table>(
    table: T,
    database: string,
  ): Promise<ReadonlyMap<string, RowOf<T>> | undefined> {
    const { request } = this.#carrier;
    return new Promise((resolve) => {
      request(selectAll(database, table), function* (reply) {
        const isRead = reply !== undefined && reply.error === null;
        resolve(isRead ? yield* selectedRows(table, reply.result) : undefined);
      });
    });
  }
}

function unknown(detail: string): { readonly type: "unknown"; readonly detail: string } {
  return { type: "unknown", detail };
}
