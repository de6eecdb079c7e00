// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply, FastifyRequest } from "fastify";

/** For how long the browser keeps a login that is under way, in seconds. */
export const LOGIN_SECONDS = 600;

/** Cookies of browsers, by name. */
export class SessionCookies {
  readonly #isSecure: boolean;
  readonly #session: string;
  readonly #login: string;

  /**
   * `isSecure`: browsers reach the server by https. The prefix `__Host-` then makes browsers refuse a cookie that another
   * host or plain HTTP sets. Without https browsers would not send it back.
   *
   * @see RFC 6265bis §4.1.3
   */
  constructor(isSecure: boolean) {
    this.#isSecure = isSecure;
    const prefix = isSecure ? "__Host-" : "";
    this.#session = `${prefix}vtap`;
    this.#login = `${prefix}vtap-login`;
  }

  /** How browsers reach the server. */
  get scheme(): "http" | "https" {
    return this.#isSecure ? "https" : "http";
  }

  /** The secret of the session. */
  session(request: FastifyRequest): string | undefined {
    return cookieIn(request, this.#session);
  }

  /** Ends with the browser, or before: the server knows when. */
  setSession(reply: FastifyReply, secret: string): void {
    this.#set(reply, `${this.#session}=${secret}`, "SameSite=Strict");
  }

  clearSession(reply: FastifyReply): void {
    this.#set(reply, `${this.#session}=`, "SameSite=Strict; Max-Age=0");
  }

  /** The sealed login that is under way. */
  login(request: FastifyRequest): string | undefined {
    return cookieIn(request, this.#login);
  }

  /** `Lax`: it comes back when another site, the issuer, sends the browser back. */
  setLogin(reply: FastifyReply, sealed: string): void {
    this.#set(reply, `${this.#login}=${sealed}`, `SameSite=Lax; Max-Age=${LOGIN_SECONDS}`);
  }

  clearLogin(reply: FastifyReply): void {
    this.#set(reply, `${this.#login}=`, "SameSite=Lax; Max-Age=0");
  }

  #set(reply: FastifyReply, pair: string, attributes: string): void {
    const secure = this.#isSecure ? "; Secure" : "";
    reply.header("set-cookie", `${pair}; Path=/; HttpOnly; ${attributes}${secure}`);
  }
}

/** The value of a cookie. One that comes twice was also set by another server: neither is used. @see RFC 6265 §4.2 */
function cookieIn({ headers: { cookie } }: FastifyRequest, name: string): string | undefined {
  if (cookie === undefined) return undefined;
  const values = cookie
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 && values[0] !== "" ? values[0] : undefined;
}
