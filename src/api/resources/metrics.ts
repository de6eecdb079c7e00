// SPDX-License-Identifier: Apache-2.0
import { Readable } from "node:stream";
import { z } from "zod";
import {
  type Metric,
  type MetricRow,
  type MetricSample,
  type MetricsService,
  readMetric,
} from "../../contract/metrics.ts";
import type { StatusService, StatusView } from "../../contract/status.ts";
import { defined } from "../../lang/defined.ts";
import type { Api, ApiContext, ApiPlaces } from "../context.ts";
import { EXPOSITION_MEDIA_TYPE, exposition } from "../exposition.ts";

/** What the metrics of the API are read from. */
export interface ApiMetricsSource {
  readonly status: StatusView;
  readonly version: string;
  readonly requests: readonly MetricSample[];
  readonly places: ApiPlaces;
  /** Rejected credentials by reason; absent without authentication. */
  readonly failures?: Readonly<Record<string, number>>;
}

/** Metrics of the API, prefixed `openvtap_`: add a row to add one. The controller's are in its own table. */
export const API_METRICS: readonly MetricRow<ApiMetricsSource>[] = [
  {
    name: "build_info",
    help: "Always 1; the version is in the label.",
    type: "gauge",
    labels: ["version"],
    read: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: "ready",
    help: "1 when the controller is ready.",
    type: "gauge",
    read: ({ status }) => [{ value: status.ready ? 1 : 0 }],
  },
  {
    name: "switches_configured",
    help: "Switches named in topology files.",
    type: "gauge",
    read: ({ status }) => [{ value: status.switches.configured }],
  },
  {
    name: "switches_accepted",
    help: "Switches that no topology file names and that are programmed.",
    type: "gauge",
    read: ({ status }) => [{ value: status.switches.accepted }],
  },
  {
    name: "switches_quarantined",
    help: "Switches that are visible and not programmed.",
    type: "gauge",
    read: ({ status }) => [{ value: status.switches.quarantined }],
  },
  {
    name: "switches_connected",
    help: "Switches with an OpenFlow session.",
    type: "gauge",
    read: ({ status }) => [{ value: status.switches.connected }],
  },
  {
    name: "links",
    help: "Links between switches.",
    type: "gauge",
    read: ({ status }) => [{ value: status.links }],
  },
  {
    name: "http_requests_total",
    help: "HTTP requests answered.",
    type: "counter",
    labels: ["method", "route", "code"],
    read: ({ requests }) => requests,
  },
  {
    name: "event_streams",
    help: "Open event streams.",
    type: "gauge",
    read: ({ places }) => [{ value: places.streams.taken }],
  },
  {
    name: "waiting_requests",
    help: "Requests that wait for switches.",
    type: "gauge",
    read: ({ places }) => [{ value: places.waiting.taken }],
  },
  {
    name: "authentication_failures_total",
    help: "Requests whose credentials were rejected.",
    type: "counter",
    labels: ["reason"],
    read: ({ failures = {} }) =>
      Object.entries(failures).map(([reason, value]) => ({ labels: { reason }, value })),
  },
];

/** What the metrics of the process are read from. */
export interface ProcessMetricsSource {
  readonly cpu: NodeJS.CpuUsage;
  readonly memory: NodeJS.MemoryUsage;
  /** Seconds since the process started. */
  readonly uptime: number;
}

/** Metrics of the process, prefixed `process_`. */
export const PROCESS_METRICS: readonly MetricRow<ProcessMetricsSource>[] = [
  {
    name: "cpu_seconds_total",
    help: "CPU time used.",
    type: "counter",
    unit: "seconds",
    read: ({ cpu }) => [{ value: (cpu.user + cpu.system) / 1e6 }],
  },
  {
    name: "resident_memory_bytes",
    help: "Resident memory.",
    type: "gauge",
    unit: "bytes",
    read: ({ memory }) => [{ value: memory.rss }],
  },
  {
    name: "heap_bytes",
    help: "JavaScript heap in use.",
    type: "gauge",
    unit: "bytes",
    read: ({ memory }) => [{ value: memory.heapUsed }],
  },
  {
    name: "start_time_seconds",
    help: "Start of the process, since the Unix epoch.",
    type: "gauge",
    unit: "seconds",
    read: ({ uptime }) => [{ value: Date.now() / 1000 - uptime }],
  },
];

async function* joined(...parts: readonly AsyncIterable<string>[]): AsyncGenerator<string> {
  for (const part of parts) yield* part;
}

/** `/metrics`: the controller, the API and the process, for Prometheus. */
export function metrics(
  app: Api,
  {
    port,
    portOf,
    version,
    places,
    authenticator,
  }: ApiContext<MetricsService & Pick<StatusService, "status">>,
): void {
  const requests = countRequests(app);
  app.get(
    "/metrics",
    {
      schema: {
        tags: ["process"],
        operationId: "getMetrics",
        summary: "Get metrics in the text format of Prometheus",
        response: {
          200: { description: "The metrics.", content: { "text/plain": { schema: z.string() } } },
        },
      },
    },
    async (request, reply) => {
      const controller = await port.metrics();
      const status = await portOf(request).status();
      const source = {
        ...{ status, version, requests: requests(), places },
        ...defined({ failures: authenticator?.failures }),
      };
      const own = API_METRICS.map((row) => readMetric(row, source));
      reply.header("content-type", EXPOSITION_MEDIA_TYPE);
      const pieces = joined(
        exposition([...own, ...controller], "openvtap_"),
        exposition(processMetrics(), "process_"),
      );
      // Fastify sends streams as they are; the type of the route describes the text in it.
      return reply.send(Readable.from(pieces) as unknown as string);
    },
  );
}

/** Counts answers by route, not by URL: clients must not be able to create labels. */
function countRequests(app: Api): () => MetricSample[] {
  const counts = new Map<string, { labels: Record<string, string>; value: number }>();
  app.addHook("onResponse", async (request, reply) => {
    // In a route, "::" stands for a colon.
    const route = request.routeOptions.url?.replaceAll("::", ":") ?? "none";
    const { method } = request;
    const code = String(reply.statusCode);
    const key = `${method} ${route} ${code}`;
    const count = counts.get(key) ?? { labels: { method, route, code }, value: 0 };
    count.value++;
    counts.set(key, count);
  });
  return () => [...counts.values()];
}

function processMetrics(): Metric[] {
  const source = {
    cpu: process.cpuUsage(),
    memory: process.memoryUsage(),
    uptime: process.uptime(),
  };
  return PROCESS_METRICS.map((row) => readMetric(row, source));
}
