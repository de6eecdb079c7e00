import { z } from "zod";
import type { Metric } from "../../contract/rejection.ts";
import type { StatusView } from "../../contract/status.ts";
import type { Api, ApiContext } from "../context.ts";
import { EXPOSITION_MEDIA_TYPE, exposition } from "../exposition.ts";

/** `/metrics`: the controller, the API and the process, for Prometheus. */
export function metrics(app: Api, { port, version }: ApiContext): void {
  const requests = countRequests(app);
  app.get(
    "/metrics",
    {
      schema: {
        tags: ["process"],
        operationId: "getMetrics",
        summary: "Metrics in the text format of Prometheus",
        response: {
          200: { description: "The metrics.", content: { "text/plain": { schema: z.string() } } },
        },
      },
    },
    async (_request, reply) => {
      const others = await port.metrics();
      const own = [...statusMetrics(port.status(), version), requests(), ...others];
      reply.header("content-type", EXPOSITION_MEDIA_TYPE).serializer(String);
      return (
        (await exposition(own, "openvtap_")) + (await exposition(processMetrics(), "process_"))
      );
    },
  );
}

/** Counts answers by route, never by URL: what clients make up must not become labels. */
function countRequests(app: Api): () => Metric {
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
  return () => ({
    name: "http_requests_total",
    help: "HTTP requests answered.",
    type: "counter",
    samples: [...counts.values()],
  });
}

function statusMetrics(status: StatusView, version: string): Metric[] {
  const { switches } = status;
  return [
    gauge("build_info", "Always 1; the label is what matters.", 1, { version }),
    gauge("ready", "1 when the controller is ready.", status.ready ? 1 : 0),
    gauge("switches_configured", "Switches named in topology files.", switches.configured),
    gauge("switches_accepted", "Switches in no topology file, programmed.", switches.accepted),
    gauge("switches_quarantined", "Switches that are left alone.", switches.quarantined),
    gauge("switches_connected", "Switches with an OpenFlow session.", switches.connected),
    gauge("links", "Links between switches.", status.links),
    gauge("hosts", "Hosts with a known place.", status.hosts),
  ];
}

function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const started = Date.now() / 1000 - process.uptime();
  return [
    {
      name: "cpu_seconds_total",
      help: "CPU time used.",
      type: "counter",
      samples: [{ value: (user + system) / 1e6 }],
    },
    gauge("resident_memory_bytes", "Memory in use.", rss),
    gauge("heap_bytes", "JavaScript heap in use.", heapUsed),
    gauge("start_time_seconds", "When the process started, since 1970.", started),
  ];
}

function gauge(name: string, help: string, value: number, labels?: Record<string, string>): Metric {
  return { name, help, type: "gauge", samples: [{ value, ...(labels ? { labels } : {}) }] };
}
