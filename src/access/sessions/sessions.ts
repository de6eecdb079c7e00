// SPDX-License-Identifier: Apache-2.0
import { timingSafeEqual } from "node:crypto";
import { type Identity, isCurrent } from "../identity.ts";
import type { Moment } from "../moment.ts";
import { digestOf } from "../token.ts";

/** How long a session lasts, in milliseconds. */
export interface SessionLimits {
  /** Without a request. */
  readonly idleMs: number;
  /** At all. */
  readonly maxMs: number;
}

export const SESSION_LIMITS: SessionLimits = { idleMs: 30 * 60_000, maxMs: 12 * 3_600_000 };

/** Random bytes of the secret of a session, and of its token against forged requests. */
export const SESSION_BYTES = 32;

/** Sessions of one user; beyond them the one unused for longest ends. */
const MOST_OF_A_USER = 20;

/** Sessions of all users; beyond them the one unused for longest ends. */
const MOST = 5000;

/** A session of a browser: its cookie stands for a token that was presented once. */
export interface Session {
  /** Whom it identifies; the same object for all its requests. */
  readonly identity: Identity;
  /** What every request that changes something must carry beside the cookie. */
  readonly csrfToken: string;
}

/** What makes a session unguessable. */
export interface SessionSecrets {
  readonly secret: Uint8Array;
  readonly csrf: Uint8Array;
}

interface Entry extends Session {
  readonly digest: Buffer;
  /** The identity of the token behind the session. */
  readonly holder: Identity;
  /** The service that issued the token; undefined: the auth file has it. */
  readonly service: object | undefined;
  /** Both on the steady clock. */
  readonly endsMs: number;
  idleUntilMs: number;
}

/** Whether a token is still accepted, apart from its expiry. */
type IsAccepted = (holder: Identity, service: object | undefined) => boolean;

/** Compared with the digest of an unknown secret, so that one costs as much as a known one. */
const NO_DIGEST = Buffer.alloc(32);

/**
 * The sessions of browsers, in memory: all end with the process. Of a secret only the digest is kept, and the name of
 * a session is the beginning of that. A session ends when it is idle or old, and with the token behind it.
 */
export class Sessions {
  readonly #isAccepted: IsAccepted;
  readonly #limits: SessionLimits;
  /** By name, the one unused for longest at the beginning. */
  readonly #sessions = new Map<string, Entry>();

  constructor(isAccepted: IsAccepted, limits: SessionLimits) {
    this.#isAccepted = isAccepted;
    this.#limits = limits;
  }

  /** How many sessions are remembered; some may have ended. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Begins a session; returns it with the text that identifies it. */
  open(
    holder: Identity,
    service: object | undefined,
    { secret, csrf }: SessionSecrets,
    { steadyMs }: Moment,
  ): { readonly session: Session; readonly secret: string } {
    this.#makeRoom(holder.user);
    const text = textOf(secret);
    const digest = digestOf(text);
    const name = nameOf(digest);
    const entry: Entry = {
      identity: { ...holder, session: name },
      csrfToken: textOf(csrf),
      ...{ digest, holder, service },
      endsMs: steadyMs + this.#limits.maxMs,
      idleUntilMs: steadyMs + this.#limits.idleMs,
    };
    this.#sessions.set(name, entry);
    return { session: entry, secret: text };
  }

  /** The session of a secret, which is used by this. */
  use(secret: string, now: Moment): Session | undefined {
    const digest = digestOf(secret);
    const name = nameOf(digest);
    const entry = this.#sessions.get(name);
    const isSame = timingSafeEqual(digest, entry?.digest ?? NO_DIGEST);
    if (!isSame || !entry || !this.#hasNotEnded(entry, now)) return undefined;
    entry.idleUntilMs = now.steadyMs + this.#limits.idleMs;
    this.#sessions.delete(name);
    this.#sessions.set(name, entry);
    return entry;
  }

  /** The session that an identity is of; undefined when it has ended. */
  of({ session: name = "" }: Identity, now: Moment): Session | undefined {
    const entry = this.#sessions.get(name);
    return entry && this.#hasNotEnded(entry, now) ? entry : undefined;
  }

  /** When a session ends: at the latest, and without a further request. Milliseconds since the epoch. */
  endsOf({ identity }: Session, now: Moment): { endsAtMs: number; idleUntilMs: number } {
    const entry = this.#sessions.get(identity.session ?? "");
    const { endsMs = now.steadyMs, idleUntilMs = now.steadyMs, holder } = entry ?? {};
    const wallOf = (steadyMs: number) => now.wallMs + steadyMs - now.steadyMs;
    const endsAtMs = Math.min(wallOf(endsMs), holder?.expiresAtMs ?? Number.POSITIVE_INFINITY);
    return { endsAtMs, idleUntilMs: Math.min(wallOf(idleUntilMs), endsAtMs) };
  }

  end({ identity }: Session): void {
    this.#sessions.delete(identity.session ?? "");
  }

  #hasNotEnded(entry: Entry, now: Moment): boolean {
    const { holder, service, endsMs, idleUntilMs, identity } = entry;
    const isTime = now.steadyMs < endsMs && now.steadyMs < idleUntilMs && isCurrent(holder, now);
    if (isTime && this.#isAccepted(holder, service)) return true;
    this.#sessions.delete(identity.session ?? "");
    return false;
  }

  #makeRoom(user: string): void {
    const own = [...this.#sessions.values()].filter((each) => each.holder.user === user);
    const oldest = own.length < MOST_OF_A_USER ? undefined : own[0];
    if (oldest) this.end(oldest);
    const [first] = this.#sessions.values();
    if (first && this.#sessions.size >= MOST) this.end(first);
  }
}

/** Whether a request carries the token of its session. */
export function hasCsrfToken({ csrfToken }: Session, given: string | undefined): boolean {
  return given !== undefined && timingSafeEqual(digestOf(csrfToken), digestOf(given));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** No client can choose the digest of a secret that it guesses, so a part of it is a key that reveals nothing. */
function nameOf(digest: Buffer): string {
  return digest.toString("hex", 0, 8);
}
