// SPDX-License-Identifier: Apache-2.0
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

/** No usable answer from the server; `message` is one line. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** Maximum number of items in one page of the server. */
const PAGE_LIMIT = 1000;

/** A client of the REST API. */
export class RestClient {
  readonly #server: string;

  /**
   * @param server base URL, such as `http://127.0.0.1:8080`.
   * @throws UnreachableError for an invalid URL.
   */
  constructor(server: string) {
    if (!URL.canParse(server) || !/^https?:\/\//i.test(server)) {
      throw new UnreachableError(
        `"${server}" is not the URL of a server, write it like http://127.0.0.1:8080`,
      );
    }
    this.#server = server.replace(/\/+$/, "");
  }

  /** Sends a request; resolves to any answer. @throws UnreachableError without one. */
  async request(method: string, path: string, body?: unknown): Promise<RestAnswer> {
    const response = await this.#fetch(method, path, body);
    const text = await response.text();
    const parsed = text === "" ? undefined : this.#parse(text, response.status);
    if (response.ok) return { ok: true, status: response.status, body: parsed };
    return { ok: false, problem: problemOf(parsed, response.status) };
  }

  /** All items of a list, page by page. */
  async list(path: string, query: Readonly<Record<string, string>> = {}): Promise<RestAnswer> {
    const items: unknown[] = [];
    let cursor: string | undefined;
    for (;;) {
      const parameters = new URLSearchParams({ ...query, limit: String(PAGE_LIMIT) });
      if (cursor !== undefined) parameters.set("cursor", cursor);
      const answer = await this.request("GET", `${path}?${parameters}`);
      if (!answer.ok) return answer;
      const page = answer.body as { items: unknown[]; nextCursor: string | null };
      items.push(...page.items);
      if (page.nextCursor === null) return { ok: true, status: 200, body: { items } };
      cursor = page.nextCursor;
    }
  }

  async #fetch(method: string, path: string, body: unknown): Promise<Response> {
    const init =
      body === undefined
        ? { method }
        : { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    try {
      return await fetch(`${this.#server}/api/v1${path}`, init);
    } catch (cause) {
      throw new UnreachableError(
        `no vtap answers at ${this.#server} (${networkReason(cause)}); start one with "vtap serve", or name its address with --server`,
        { cause },
      );
    }
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

/** The cause that fetch wraps in "fetch failed". */
function networkReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (typeof code === "string") return code;
  return cause instanceof Error ? cause.message : String(error);
}
