import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { ControllerPort } from "../contract/rejection.ts";
import type { Api, ApiContext } from "./context.ts";
import { describeApi, openApiDocument } from "./description.ts";
import { answerClientError, answerErrorsWithProblems, handleError } from "./http/error-handling.ts";
import { readJsonBodies } from "./http/json-body.ts";
import { noteRoutes, refuseOtherMethods } from "./http/method-not-allowed.ts";
import { validatorCompiler } from "./http/parameters.ts";
import { HTTP_OPTIONS, refuseHeaders } from "./http/request-headers.ts";
import { events } from "./resources/events.ts";
import { explain } from "./resources/explain.ts";
import { hosts } from "./resources/hosts.ts";
import { links } from "./resources/links.ts";
import { metrics } from "./resources/metrics.ts";
import { policies } from "./resources/policies.ts";
import { policyCounters } from "./resources/policy-counters.ts";
import { policyPreview } from "./resources/policy-dry-run.ts";
import { resync } from "./resources/resync.ts";
import { status } from "./resources/status.ts";
import { switches } from "./resources/switches.ts";
import { taps } from "./resources/taps.ts";
import { topology } from "./resources/topology.ts";

export interface ApiOptions {
  readonly port: ControllerPort;
  readonly logger: FastifyBaseLogger;
  /** Of OpenVTAP, for the description and the metrics. */
  readonly version: string;
}

/** One entry per resource. */
const RESOURCES: readonly ((app: Api, context: ApiContext) => void)[] = [
  metrics,
  policies,
  policyCounters,
  policyPreview,
  explain,
  resync,
  taps,
  switches,
  links,
  hosts,
  topology,
  events,
  status,
  openApiDocument,
];

/** How long what is in flight may take once the app closes, in milliseconds. */
const CLOSING_GRACE_MS = 2000;

/** Largest body, in bytes. */
const BODY_LIMIT = 1024 * 1024;

/**
 * The REST API, not yet listening: call `listen({ host, port })` and, to stop, `close()`, which ends
 * event streams and waiting writes at once and lets everything else finish.
 */
export async function createApi({ port, logger, version }: ApiOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: quieter(logger),
    logController: new LogController({ disableRequestLogging: true }),
    http: HTTP_OPTIONS,
    bodyLimit: BODY_LIMIT,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: handleError,
  });
  const closing = new AbortController();
  app.addHook("preClose", async () => {
    closing.abort();
    // A connection that has not sent a whole request (a browser's spare one, a health check) would
    // be waited for until its client gives up.
    app.server.closeIdleConnections();
    setTimeout(() => app.server.closeAllConnections(), CLOSING_GRACE_MS).unref();
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are built from typed views; tests hold them against their schemas.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  refuseHeaders(app);
  readJsonBodies(app);
  answerErrorsWithProblems(app);
  await describeApi(app, version);
  const routes = noteRoutes(app);
  const api = app.withTypeProvider<ZodTypeProvider>();
  for (const resource of RESOURCES) resource(api, { port, version, closing: closing.signal });
  refuseOtherMethods(app, routes);
  await app.ready();
  return app;
}

/** Failures only: whoever listens says so, and what requests change is logged where it is changed. */
function quieter(logger: FastifyBaseLogger): FastifyBaseLogger {
  const quietEnough = ["warn", "error", "fatal", "silent"].includes(logger.level);
  return quietEnough ? logger : logger.child({}, { level: "warn" });
}
