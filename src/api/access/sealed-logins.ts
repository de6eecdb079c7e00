// SPDX-License-Identifier: Apache-2.0
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Moment } from "../../access/moment.ts";
import type { LoginAttempt } from "../../access/sessions/login-service.ts";
import { LOGIN_SECONDS } from "./session-cookies.ts";

const ALGORITHM = "aes-256-gcm";
const [IV_BYTES, TAG_BYTES] = [12, 16];

/** A login that is under way, and where the page wants to be after it. */
export interface PendingLogin extends LoginAttempt {
  /** The fragment of the page's address: `#/policies`; empty without one. */
  readonly returnTo: string;
}

interface Sealed extends PendingLogin {
  /** On the steady clock. */
  readonly untilMs: number;
}

/**
 * Logins that are under way, in the cookies of their browsers: the server remembers none, so that clients cannot fill its
 * memory with logins. They are sealed with a key of the process: only what this server has written is read.
 */
export class SealedLogins {
  readonly #key = randomBytes(32);

  seal(login: PendingLogin, { steadyMs }: Moment): string {
    const sealed: Sealed = { ...login, untilMs: steadyMs + LOGIN_SECONDS * 1000 };
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, iv);
    const text = Buffer.concat([cipher.update(JSON.stringify(sealed)), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString("base64url");
  }

  /** The login; undefined if this server has not sealed it, or too long ago. */
  open(text: string, { steadyMs }: Moment): PendingLogin | undefined {
    const bytes = Buffer.from(text, "base64url");
    if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    const options = { authTagLength: TAG_BYTES };
    const iv = bytes.subarray(0, IV_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#key, iv, options);
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const opened = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
      const sealed: Sealed = JSON.parse(Buffer.concat([opened, decipher.final()]).toString());
      return steadyMs < sealed.untilMs ? sealed : undefined;
    } catch {
      // Not sealed with this key: of another process, or altered.
      return undefined;
    }
  }
}
