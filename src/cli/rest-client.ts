// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import { sendRequest, streamRequest } from "./http-request.ts";

/** A problem document of the server; see the API's `ProblemDetails`. */
export interface RestProblem {
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly {
    readonly pointer?: string;
    readonly parameter?: string;
    readonly detail: string;
    readonly remedy: string;
  }[];
}

/** An answer of the server. */
export type RestAnswer =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  | { readonly ok: false; readonly problem: RestProblem };

/** An answer that is no JSON, and read as it comes. */
export type StreamAnswer =
  | { readonly ok: true; readonly parts: AsyncIterable<Uint8Array> }
  | { readonly ok: false; readonly problem: RestProblem };

/** No usable answer from the server; `message` is one line. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** Whether a server is ready, and its clock. */
export interface Readiness {
  readonly ready: boolean;
  /** Why it is not, as clauses. */
  readonly detail: string;
  /** In milliseconds since 1970, in whole seconds; undefined: the server does not say. */
  readonly time: number | undefined;
}

/** What a client presents, and whom it trusts. */
export interface ClientCredentials {
  readonly token?: string;
  /** Authorities of the server's certificate, in PEM; absent: those of the system. */
  readonly ca?: string;
}

/** Maximum number of items in one page of the server. */
const PAGE_LIMIT = 1000;

/** A client of the REST API. */
export class RestClient {
  readonly #server: string;
  readonly #credentials: ClientCredentials;

  /**
   * @param server base URL, such as `http://127.0.0.1:8080`.
   * @throws UnreachableError for an invalid URL.
   */
  constructor(server: string, credentials: ClientCredentials) {
    if (!URL.canParse(server) || !/^https?:\/\//i.test(server)) {
      throw new UnreachableError(
        `"${server}" is not the URL of a server, write it like http://127.0.0.1:8080`,
      );
    }
    this.#server = server.replace(/\/+$/, "");
    this.#credentials = credentials;
  }

  /** Sends a request; resolves to any answer. @throws UnreachableError without one. */
  async request(method: string, path: string, body?: unknown): Promise<RestAnswer> {
    const { status, text } = await this.#send(method, path, body);
    const parsed = text === "" ? undefined : this.#parse(text, status);
    if (status >= 200 && status < 300) return { ok: true, status, body: parsed };
    return { ok: false, problem: problemOf(parsed, status) };
  }

  /** @throws UnreachableError without an answer. */
  async readiness(): Promise<Readiness> {
    const url = new URL(`${this.#server}/readyz`);
    const { status, text, date } = await this.#reached(
      sendRequest(url, { method: "GET", headers: {}, ...defined({ ca: this.#credentials.ca }) }),
    );
    const time = Date.parse(date ?? "");
    const { detail } =
      status === 200 ? { detail: "" } : problemOf(this.#parse(text, status), status);
    return { ready: status === 200, detail, time: Number.isNaN(time) ? undefined : time };
  }

  /** All items of a list, page by page. */
  async list(path: string, query: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    const items: unknown[] = [];
    for await (const page of this.pages(path, query)) {
      if (!page.ok) return page;
      items.push(...(page.body as { items: unknown[] }).items);
    }
    return { ok: true, status: 200, body: { items } };
  }

  /** The pages of a list; a problem is the last one. */
  async *pages(
    path: string,
    query: Readonly<Record<string, string>> = {},
  ): AsyncGenerator<RestAnswer> {
    let cursor: string | null | undefined;
    do {
      const parameters = new URLSearchParams({ ...query, limit: String(PAGE_LIMIT) });
      if (typeof cursor === "string") parameters.set("cursor", cursor);
      const answer = await this.request("GET", `${path}?${parameters}`);
      yield answer;
      if (!answer.ok) return;
      cursor = (answer.body as { nextCursor: string | null }).nextCursor;
    } while (cursor !== null);
  }

  /**
   * Sends a request whose answer is a stream, which the signal ends.
   *
   * @throws UnreachableError without an answer; reading the parts, where the connection ends before they do.
   */
  async stream(
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<StreamAnswer> {
    const { url, request } = this.#requestOf(method, path, body);
    const { status, parts } = await this.#reached(streamRequest(url, request, signal));
    if (status >= 200 && status < 300) return { ok: true, parts: this.#whole(parts, signal) };
    const chunks: Uint8Array[] = [];
    for await (const part of parts) chunks.push(part);
    const text = Buffer.concat(chunks).toString("utf8");
    return { ok: false, problem: problemOf(this.#parse(text, status), status) };
  }

  /** The parts until the stream ends, or until the signal ends it. */
  async *#whole(parts: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* parts;
    } catch (cause) {
      if (!signal.aborted)
        throw new UnreachableError(this.#failure(networkReason(cause)), { cause });
    }
  }

  #send(method: string, path: string, body: unknown) {
    const { url, request } = this.#requestOf(method, path, body);
    return this.#reached(sendRequest(url, request));
  }

  #requestOf(method: string, path: string, body: unknown) {
    const { token, ca } = this.#credentials;
    const headers: Record<string, string> = {
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const text = body === undefined ? undefined : JSON.stringify(body);
    const url = new URL(`${this.#server}/api/v1${path}`);
    return { url, request: { method, headers, ...defined({ body: text, ca }) } };
  }

  async #reached<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      throw new UnreachableError(this.#failure(networkReason(cause)), { cause });
    }
  }

  #failure(reason: string): string {
    if (/CERT|ISSUER|VERIFY/.test(reason)) {
      const remedy = "name the authority that signed it with --ca, and the server as it does";
      return `the certificate of ${this.#server} is not trusted (${reason}); ${remedy}`;
    }
    const remedy = 'start one with "vtap serve", or name its address with --server';
    return `no vtap answers at ${this.#server} (${reason}); ${remedy}`;
  }

  #parse(text: string, status: number): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new UnreachableError(
        `the server at ${this.#server} is not vtap (status ${status}); name its address with --server`,
        { cause },
      );
    }
  }
}

function problemOf(body: unknown, status: number): RestProblem {
  const { detail, errors } = (body ?? {}) as Partial<RestProblem>;
  return {
    status,
    detail: typeof detail === "string" ? detail : `the server answered with status ${status}`,
    errors: Array.isArray(errors) ? errors : [],
  };
}

function networkReason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code === "string") return code;
  return error instanceof Error ? error.message : String(error);
}
