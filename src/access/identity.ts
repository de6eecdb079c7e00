// SPDX-License-Identifier: Apache-2.0
import type { Moment } from "./moment.ts";
import type { Role } from "./roles.ts";

/** Who sends a request. The same object for all requests with one token, until the token changes. */
export interface Identity {
  /** The id of its token; `local` without authentication. That of a service's token has a colon: `oidc:…`. */
  readonly id: string;
  readonly user: string;
  /** `scraper` reads metrics only; `none`: a service identified the user, who has no role here. */
  readonly role: Role | "scraper" | "none";
  /** It sees and changes what belongs to this project alone; absent: everything. */
  readonly project?: string;
  /** Milliseconds since the epoch; absent: never. */
  readonly expiresAtMs?: number;
  /** The name of the session by whose cookie it is identified; absent: it shows the token itself. */
  readonly session?: string;
}

/** What a service says of one of its tokens. */
export type RemoteIdentity = Pick<Identity, "user" | "role" | "project"> & {
  readonly expiresAtMs: number;
};

/** Everybody who reaches a server without authentication. */
export const LOCAL: Identity = { id: "local", user: "local", role: "admin" };

/** Whether an identity has not expired. */
export function isCurrent(
  { expiresAtMs = Number.POSITIVE_INFINITY }: Pick<Identity, "expiresAtMs">,
  { wallMs }: Pick<Moment, "wallMs">,
): boolean {
  return wallMs < expiresAtMs;
}
