// SPDX-License-Identifier: Apache-2.0
import { csrfToken, sessionEnded } from "./session-state.ts";

/** One mistake in a request; see the problem documents of docs/rest.md. */
export interface ProblemError {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly header?: string;
  readonly detail: string;
  readonly remedy: string;
}

/** A problem document (RFC 9457), or what stands for one if the server cannot be reached. */
export interface ProblemDocument {
  /** Last part of the type, such as `not-found`; `unreachable`: there was no answer. */
  readonly kind: string;
  /** 0: there was no answer. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly ProblemError[];
}

/** A request that the server rejected or that did not reach it. */
class RequestError extends Error {
  override readonly name = "RequestError";
  readonly problem: ProblemDocument;

  constructor(problem: ProblemDocument) {
    super(problem.detail);
    this.problem = problem;
  }
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly etag: string | undefined;
}

export interface RequestOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const PREFIX = "urn:openvtap:problem:";

/** Where the API is: beside the page. */
export const API = "api/v1";

/**
 * Sends a request to a path below the API, such as `/policies`.
 *
 * @throws RequestError, or the reason of the signal.
 */
export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  const response = await send(method, path, options);
  const text = await response.text();
  return {
    status: response.status,
    body: (text === "" ? undefined : JSON.parse(text)) as T,
    etag: response.headers.get("etag") ?? undefined,
  };
}

/** Reads a path below the API. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request<T>("GET", path, signal ? { signal } : {})).body;
}

/** The response to a request, its body not yet read: for streams. */
export async function send(
  method: string,
  path: string,
  { body, headers = {}, signal }: RequestOptions = {},
): Promise<Response> {
  const csrf = csrfToken();
  const init: RequestInit = {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(csrf === undefined || method === "GET" ? {} : { "x-csrf-token": csrf }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  };
  let response: Response;
  try {
    response = await fetch(API + path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestError(UNREACHABLE);
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== "/session") sessionEnded();
  throw new RequestError(await problemOf(response));
}

const UNREACHABLE: ProblemDocument = {
  kind: "unreachable",
  status: 0,
  title: "No answer",
  detail: "The controller does not answer.",
  errors: [],
};

async function problemOf(response: Response): Promise<ProblemDocument> {
  const { status } = response;
  const text = await response.text().catch(() => "");
  try {
    const { type, title, detail, errors = [] } = JSON.parse(text);
    return { kind: String(type).replace(PREFIX, ""), status, title, detail, errors };
  } catch {
    const title = response.statusText || `Status ${status}`;
    return { kind: "no-problem-document", status, title, detail: text.slice(0, 300), errors: [] };
  }
}

/** The problem of what a request has thrown. */
export function problemFrom(error: unknown): ProblemDocument {
  if (error instanceof RequestError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { kind: "defect", status: 0, title: "The page failed", detail, errors: [] };
}

/** Whether a request has failed because the server has no such feature. */
export function isMissing(error: unknown): boolean {
  return error instanceof RequestError && error.problem.status === 404;
}
