// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";

/** Who uses the page; see `GET /api/v1/session`. */
export interface Session {
  readonly authentication: boolean;
  readonly methods?: readonly string[];
  readonly user?: string;
  readonly role?: string;
  readonly project?: string;
  /** Names of operations that this user may do, such as `PUT /api/v1/policies/{id}`. */
  readonly operations?: readonly string[];
  readonly csrf?: string;
  readonly expiresAt?: string;
  readonly idleUntil?: string;
}

/** Undefined: not known yet. */
export const session = signal<Session | undefined>(undefined);

/** Whether the user has to log in before anything is shown. */
export const mustLogIn = computed(() => {
  const current = session.value;
  return current?.authentication === true && current.user === undefined;
});

/** Whether the user may do an operation, such as `POST /api/v1/policies`; an absent list allows everything. */
export function may(operation: string): boolean {
  const { authentication, operations } = session.value ?? { authentication: false };
  return !authentication || operations === undefined || operations.includes(operation);
}

export function csrfToken(): string | undefined {
  return session.peek()?.csrf;
}

/** The server knows no identity any more: the user logs in again. */
export function sessionEnded(): void {
  const methods = session.peek()?.methods;
  session.value = { authentication: true, methods: methods ?? ["token"] };
}
