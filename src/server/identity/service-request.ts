// SPDX-License-Identifier: Apache-2.0

/** How long a service has for its whole answer. */
export const SERVICE_TIMEOUT_MS = 5000;

/** Longer answers are none of a service that works. */
const LIMIT_BYTES = 1024 * 1024;

/** A service gave no answer that can be used; `message` says why, without secrets. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
}

/**
 * Sends a request to an identity service and reads the answer. No redirection is followed: what is sent goes to
 * the named server only.
 *
 * @throws ServiceError without a complete answer.
 */
export async function requestService(
  url: string,
  init: RequestInit = {},
  timeoutMs = SERVICE_TIMEOUT_MS,
): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    const { status, headers } = response;
    const body = await textOf(response);
    return new Response(hasBody(status) ? body : null, { status, headers });
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    const isLate = error instanceof Error && error.name === "TimeoutError";
    const why = isLate ? `it does not answer within ${timeoutMs} ms` : failureOf(error);
    throw new ServiceError(why, { cause: error });
  }
}

/** The statuses to which `Response` takes no body. */
function hasBody(status: number): boolean {
  return ![204, 205, 304].includes(status);
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LIMIT_BYTES)
      throw new ServiceError(`its answer is longer than ${LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What `fetch` says is "fetch failed"; the reason is its cause. */
function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
