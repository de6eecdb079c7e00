// SPDX-License-Identifier: Apache-2.0
import type { Server } from "node:http";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { Authenticator } from "../../src/access/authenticator.ts";
import { createApi, type OpenApiDocument } from "../../src/api/index.ts";
import { type ApiLimits, HTTP_TIMES, type HttpTimes } from "../../src/api/limits.ts";
import type { SettingView } from "../../src/contract/observation/settings.ts";
import type { ProjectQuotas } from "../../src/contract/projects/quotas.ts";
import { MemoryController } from "./memory-controller.ts";

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests check the shape of bodies.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any;
}

export interface Call {
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
}

/** The defaults. */
export const LIMITS: ApiLimits = {
  bodyLimitBytes: 1024 * 1024,
  bodyMemberLimit: 5000,
  bodyDepthLimit: 32,
  eventStreamLimit: 256,
  waitingRequestLimit: 1000,
  httpConnectionLimit: 4096,
};

/** The API over real HTTP, in front of a controller in memory. */
export interface ApiServer {
  readonly controller: MemoryController;
  readonly url: string;
  readonly server: Server;
  /** The log, one object per line. */
  readonly log: string[];
  /** `GET /x` relative to /api/v1; `GET //x` relative to the server. */
  call(request: string, call?: Call): Promise<Answer>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Names of the server; see `createApi`. */
  readonly hosts?: readonly string[];
  readonly listen?: string;
  /** Absent: the server requires no token. */
  readonly authenticator?: Authenticator;
  /** Whether projects learn of policies of administrators; default: yes. */
  readonly disclose?: boolean;
  readonly isBehindTls?: boolean;
  readonly quotas?: ProjectQuotas;
  /** Directory of the built web page; absent: none is served. */
  readonly page?: string;
  /** Absent: made from the routes. */
  readonly document?: OpenApiDocument;
  readonly settings?: readonly SettingView[];
  /** Other limits than the defaults. */
  readonly limits?: Partial<ApiLimits>;
  /** Other time limits than the defaults. */
  readonly times?: Partial<HttpTimes>;
}

/** Starts the API on a free port until the test ends. */
export async function startApi(options: OpenOptions = {}): Promise<ApiServer> {
  const api = await openApi(options);
  onTestFinished(() => api.close());
  return api;
}

/** Starts the API on a free port; the caller closes it. */
export async function openApi({
  hosts = [],
  listen = "127.0.0.1",
  authenticator,
  disclose = true,
  isBehindTls = false,
  quotas = {},
  page,
  document,
  settings = [],
  limits = {},
  times = {},
}: OpenOptions = {}): Promise<ApiServer> {
  const controller = new MemoryController();
  const log: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => log.push(line) });
  const app = await createApi({
    port: controller,
    logger,
    version: "1.2.3",
    hosts,
    ...{ authenticator, isBehindTls, quotas, disclose, page, document, settings },
    limits: { ...LIMITS, ...limits },
    times: { ...HTTP_TIMES, ...times },
  });
  const url = await app.listen({ host: listen, port: 0 });
  const call = async (
    request: string,
    { headers = {}, body, text }: Call = {},
  ): Promise<Answer> => {
    const [method = "GET", path = ""] = request.split(" ");
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const type: Record<string, string> =
      sent === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(
      path.startsWith("//") ? url + path.slice(1) : `${url}/api/v1${path}`,
      {
        method,
        headers: { ...type, ...headers },
        ...(sent === undefined ? {} : { body: sent }),
      },
    );
    const received = await response.text();
    const isJson = received !== "" && response.headers.get("content-type")?.includes("json");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(received) : received,
    };
  };
  return { controller, url, server: app.server, log, call, close: () => app.close() };
}

/** A valid policy. */
export function policy(id: string, more: object = {}) {
  return {
    id,
    sender: { mac: "fa:00:00:00:00:01" },
    receiver: { mac: "fa:00:00:00:00:02" },
    monitors: [{ mac: "fa:00:00:00:00:03" }],
    ...more,
  };
}
