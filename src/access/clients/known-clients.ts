// SPDX-License-Identifier: Apache-2.0

import type { Identity } from "../identity.ts";
import { clientOf } from "./failure-limits.ts";

/** Pairs of client and token that are remembered. */
const MOST_KNOWN = 10_000;

type TokenId = Pick<Identity, "id">;

/** The tokens that clients have used with success; of too many the oldest pair is forgotten. */
export class KnownClients {
  /** `CLIENT ID`, the oldest first. */
  readonly #pairs = new Set<string>();

  has(address: string, token: TokenId): boolean {
    return this.#pairs.has(pairOf(address, token));
  }

  add(address: string, token: TokenId): void {
    const pair = pairOf(address, token);
    if (this.#pairs.has(pair)) return;
    this.#pairs.add(pair);
    if (this.#pairs.size <= MOST_KNOWN) return;
    const [oldest] = this.#pairs;
    if (oldest !== undefined) this.#pairs.delete(oldest);
  }

  delete(address: string, token: TokenId): void {
    this.#pairs.delete(pairOf(address, token));
  }
}

function pairOf(address: string, { id }: TokenId): string {
  return `${clientOf(address)} ${id}`;
}
