// SPDX-License-Identifier: Apache-2.0
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Authenticator } from "../access/authenticator.ts";
import type { AuditService } from "../contract/audit/audit.ts";
import type { EventService } from "../contract/events.ts";
import type { ExplainService } from "../contract/explain.ts";
import type { GroupService } from "../contract/groups.ts";
import type { HostService } from "../contract/hosts.ts";
import type { LinkService } from "../contract/links.ts";
import type { MetricsService } from "../contract/metrics.ts";
import type { ObserverService } from "../contract/observation/host-observers.ts";
import type { PolicyPlanService } from "../contract/observation/policy-plan.ts";
import type { PolicyRowsService } from "../contract/observation/policy-rows.ts";
import type { PreviewService } from "../contract/observation/preview.ts";
import type { RatesService } from "../contract/observation/rates.ts";
import type { RejectedConnectionsService } from "../contract/observation/rejected-connections.ts";
import type { SettingView } from "../contract/observation/settings.ts";
import type { PolicyHealthService, PolicyService } from "../contract/policies.ts";
import type { PolicyCountersService } from "../contract/policy-counters.ts";
import type { PolicySetService } from "../contract/policy-sets.ts";
import type { ProjectService } from "../contract/projects/project-view.ts";
import type { ProjectQuotas } from "../contract/projects/quotas.ts";
import type { ResyncService } from "../contract/resync.ts";
import type { StatusService, StoppingService } from "../contract/status.ts";
import type { SwitchService } from "../contract/switches.ts";
import type { TapsService } from "../contract/taps.ts";
import type { TopologyService } from "../contract/topology.ts";
import { authorizeRequests } from "./access/authorized-requests.ts";
import { requireRules } from "./access/operation-rules.ts";
import { SessionCookies } from "./access/session-cookies.ts";
import { auditRequests } from "./audit/audited-requests.ts";
import { Closing } from "./closing/closing.ts";
import type { Api, ApiContext, ApiPlaces } from "./context.ts";
import { compressAnswers } from "./delivery/compression.ts";
import { tagLists } from "./delivery/list-tags.ts";
import { describeApi, type OpenApiDocument, openApiDocument } from "./description.ts";
import { rejectOtherHosts } from "./http/allowed-hosts.ts";
import { answerClientError, answerErrorsWithProblems, handleError } from "./http/error-handling.ts";
import { rejectForeignPages } from "./http/foreign-pages.ts";
import { createHttpServer, type HttpTls } from "./http/http-server.ts";
import { readJsonBodies } from "./http/json-body.ts";
import { jsonText } from "./http/json-text.ts";
import { noteRoutes, rejectOtherMethods } from "./http/method-not-allowed.ts";
import { validatorCompiler } from "./http/parameters.ts";
import { Places } from "./http/places.ts";
import { HTTP_OPTIONS, rejectHeaders } from "./http/request-headers.ts";
import { addSecurityHeaders, setSecurityHeaders } from "./http/security-headers.ts";
import { Turns } from "./http/turns.ts";
import { type ApiLimits, HTTP_TIMES, type HttpTimes } from "./limits.ts";
import { servePage } from "./page/page-files.ts";
import { ProjectPort } from "./projects/project-port.ts";
import { audit } from "./resources/audit.ts";
import { events } from "./resources/events.ts";
import { explain } from "./resources/explain.ts";
import { groups } from "./resources/groups.ts";
import { hostSets } from "./resources/host-sets.ts";
import { hosts } from "./resources/hosts.ts";
import { links } from "./resources/links.ts";
import { metrics } from "./resources/metrics.ts";
import { hostObservers } from "./resources/observation/host-observers.ts";
import { policyPlan } from "./resources/observation/policy-plan.ts";
import { policyPreviews } from "./resources/observation/preview.ts";
import { rates } from "./resources/observation/rates.ts";
import { rejectedConnections } from "./resources/observation/rejected-connections.ts";
import { settings as settingsResource } from "./resources/observation/settings.ts";
import { policies } from "./resources/policies.ts";
import { policyCounters } from "./resources/policy-counters.ts";
import { policyProbes } from "./resources/policy-probes.ts";
import { policySets } from "./resources/policy-sets.ts";
import { projects } from "./resources/projects.ts";
import { resync } from "./resources/resync.ts";
import { session } from "./resources/session.ts";
import { sessionLogin } from "./resources/session-login.ts";
import { status } from "./resources/status.ts";
import { switches } from "./resources/switches.ts";
import { taps } from "./resources/taps.ts";
import { topology } from "./resources/topology.ts";

/**
 * All that the API knows of the controller: the sum of what its resources need.
 *
 * Reads answer from memory at once. A write resolves when it is on disk or rejected, not when switches
 * have confirmed it; `whenSettled` waits for that. Rejections are values: a promise that rejects is a
 * bug and becomes a 500.
 */
export interface ControllerPort
  extends PolicyService,
    PolicyCountersService,
    PolicyHealthService,
    PolicySetService,
    PolicyPlanService,
    PolicyRowsService,
    RatesService,
    PreviewService,
    ExplainService,
    ResyncService,
    TapsService,
    SwitchService,
    RejectedConnectionsService,
    LinkService,
    GroupService,
    HostService,
    ObserverService,
    ProjectService,
    TopologyService,
    EventService,
    StatusService,
    StoppingService,
    MetricsService,
    AuditService {}

/** One entry per resource. */
const RESOURCES: readonly ((app: Api, context: ApiContext<ControllerPort>) => void)[] = [
  metrics,
  policies,
  policyCounters,
  policyProbes,
  policyPreviews,
  policySets,
  policyPlan,
  rates,
  groups,
  explain,
  resync,
  taps,
  switches,
  rejectedConnections,
  links,
  hosts,
  hostObservers,
  hostSets,
  projects,
  topology,
  events,
  audit,
  session,
  sessionLogin,
  status,
  settingsResource,
  openApiDocument,
];

export interface ApiOptions {
  readonly port: ControllerPort;
  readonly logger: FastifyBaseLogger;
  /** Version of OpenVTAP, for the description and the metrics. */
  readonly version: string;
  /** Names and addresses of this server, besides loopback ones and those where connections arrive. */
  readonly hosts?: readonly string[];
  /** Absent: every client may do everything. */
  readonly authenticator?: Authenticator | undefined;
  /** Absent: plain HTTP. */
  readonly tls?: HttpTls | undefined;
  /** Whether a proxy ends TLS, so that browsers reach the server by https nevertheless. */
  readonly isBehindTls?: boolean;
  /** What projects may use; only their requests are limited here. */
  readonly quotas?: ProjectQuotas;
  readonly limits: ApiLimits;
  /** What the server runs with, as `GET /settings` shows it. Default: nothing is shown. */
  readonly settings?: readonly SettingView[];
  /** Directory of the built web page; absent: none is served. */
  readonly page?: string | undefined;
  /** The OpenAPI document that the build made (`apiDocument`); absent: it is made when it is asked for. */
  readonly document?: OpenApiDocument | undefined;
  /** Whether projects learn of policies of the network's administrators that copy frames of their hosts. Default: yes. */
  readonly disclose?: boolean;
  /** Default: `HTTP_TIMES`. */
  readonly times?: HttpTimes;
}

/**
 * The REST API, not yet listening. Start it with `listen({ host, port })`. `close()` ends event streams
 * and waits for switches at once, gives other requests time to finish, and answers the rest.
 */
export async function createApi({
  port,
  logger,
  version,
  hosts = [],
  authenticator,
  tls,
  isBehindTls = false,
  quotas = {},
  limits,
  settings = [],
  page,
  document,
  disclose = true,
  times = HTTP_TIMES,
}: ApiOptions): Promise<FastifyInstance> {
  const turns = new Turns();
  const closing = new Closing();
  const app = fastify({
    loggerInstance: quieter(logger),
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handler) =>
      createHttpServer(handler, {
        options: HTTP_OPTIONS,
        turns,
        open: closing.open,
        connectionLimit: limits.httpConnectionLimit,
        times,
        tls,
      }),
    bodyLimit: limits.bodyLimitBytes,
    return503OnClosing: false,
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      // Before there is a route, and so before its hooks.
      setSecurityHeaders(reply.raw);
      handleError(error, request, reply);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are built from typed views; tests check them against their schemas.
  // Fastify's type knows texts only; its serializers may as well give a stream, which it sends.
  app.setSerializerCompiler(() => (value) => jsonText(value) as string);
  addSecurityHeaders(app);
  closing.addTo(app, () => port.abandon());
  rejectHeaders(app);
  rejectOtherHosts(app, hosts);
  rejectForeignPages(app);
  const cookies = new SessionCookies(tls !== undefined || isBehindTls);
  const access = authenticator && { authenticator, cookies, quotas, logger };
  authorizeRequests(app, access);
  requireRules(app);
  auditRequests(app, port);
  readJsonBodies(app, limits, turns);
  answerErrorsWithProblems(app);
  await describeApi(app, { version, document, isProtected: authenticator !== undefined });
  const routes = noteRoutes(app);
  const api = app.withTypeProvider<ZodTypeProvider>();
  const places = placesOf(limits);
  limitWaiting(app, places.waiting);
  tagLists(app, port);
  compressAnswers(app);
  const portOf = ({ identity: { project } }: Pick<FastifyRequest, "identity">) =>
    project === undefined ? port : new ProjectPort(port, project, { disclose });
  const context = {
    ...{ port, portOf, version, settings, closing: closing.signal, places },
    ...{ authenticator, access },
  };
  for (const resource of RESOURCES) resource(api, context);
  if (page !== undefined) await servePage(api, page);
  rejectOtherMethods(app, routes);
  await app.ready();
  return app;
}

function placesOf({ eventStreamLimit, waitingRequestLimit }: ApiLimits): ApiPlaces {
  return {
    streams: new Places({
      noun: "event streams",
      setting: "eventStreamLimit",
      limit: eventStreamLimit,
      retryAfter: 15,
    }),
    waiting: new Places({
      noun: "requests that wait for switches",
      setting: "waitingRequestLimit",
      limit: waitingRequestLimit,
      retryAfter: 5,
    }),
  };
}

/** Rejects a write that would wait (`?wait=`) without a place for it, before anything is written. */
function limitWaiting(app: FastifyInstance, places: Places): void {
  app.addHook("preHandler", async ({ query }, reply) => {
    const { wait } = query as { readonly wait?: unknown };
    if (typeof wait === "number" && wait > 0) places.take(reply);
  });
}

/** Logs failures only: the caller logs the address, and a change is logged where it is made. */
function quieter(logger: FastifyBaseLogger): FastifyBaseLogger {
  const quietEnough = ["warn", "error", "fatal", "silent"].includes(logger.level);
  return quietEnough ? logger : logger.child({}, { level: "warn" });
}
