// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { LOCAL } from "../../access/identity.ts";
import { ControllerEvent, type EventService } from "../../contract/events.ts";
import { RatesFrame, type RatesService } from "../../contract/observation/rates.ts";
import { presentMoment } from "../access/present-moment.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { EventLog } from "../event-log.ts";
import { EventStreams } from "../event-streams.ts";
import { problems } from "../http/responses.ts";
import { RateStreams } from "../rate-streams.ts";

/** How much a client that reconnects can have missed. */
const KEPT = { events: 1000, characters: 16 * 1024 * 1024 };

const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

const EventsQuery = z.strictObject({
  rates: z.enum(["0", "1"]).default("0").meta({
    description:
      "1: the stream has rates, too, every two seconds: first all of them, then those that have changed.",
  }),
});

/** How long the events of a project are kept for clients that reconnect, once none is left. */
const KEPT_WITHOUT_CLIENTS_MS = 5 * 60_000;

/** The latest events of one subscription, and the streams of its clients. */
class EventFeed {
  readonly #streams: EventStreams;
  readonly #rates: RateStreams;
  readonly #stop: () => void;
  readonly #unused: () => void;
  #clients = 0;
  #untilUnused: NodeJS.Timeout | undefined;

  /** `unused`: called when it has had no client for some minutes. */
  constructor(port: EventService & RatesService, unused: () => void = () => undefined) {
    const log = new EventLog(Date.now().toString(36), KEPT);
    this.#streams = new EventStreams(log);
    this.#rates = new RateStreams(port);
    this.#stop = port.subscribe((event) => log.add(event, new Date()));
    this.#unused = unused;
  }

  /** Opens the stream of a client, with rates if it asks for them; returns what ends it. */
  open(request: Parameters<EventStreams["open"]>[0], withRates: boolean): () => void {
    clearTimeout(this.#untilUnused);
    this.#clients++;
    const end = this.#streams.open(request);
    const endRates = withRates ? this.#rates.open(request) : undefined;
    return () => {
      endRates?.();
      end();
      if (--this.#clients > 0) return;
      this.#untilUnused = setTimeout(this.#unused, KEPT_WITHOUT_CLIENTS_MS).unref();
    };
  }

  close(): void {
    clearTimeout(this.#untilUnused);
    this.#stop();
    this.#streams.close();
    this.#rates.close();
  }
}

/** `/events`. */
export function events(app: Api, context: ApiContext<EventService & RatesService>): void {
  const { authenticator } = context;
  const all = new EventFeed(context.portOf({ identity: LOCAL }));
  /** Of each project a feed of its own, from its first client on: ids do not reveal how much others do. */
  const ofProjects = new Map<string, EventFeed>();
  const feedOf = (request: FastifyRequest): EventFeed => {
    const { project } = request.identity;
    if (project === undefined) return all;
    const known = ofProjects.get(project);
    if (known) return known;
    const feed = new EventFeed(context.portOf(request), () => {
      ofProjects.delete(project);
      feed.close();
    });
    ofProjects.set(project, feed);
    return feed;
  };
  app.addHook("onClose", async () => {
    for (const feed of [all, ...ofProjects.values()]) feed.close();
  });
  app.get(
    `${BASE}/events`,
    {
      schema: {
        tags: ["events"],
        operationId: "streamEvents",
        summary: "Stream events as they happen (server-sent events)",
        querystring: EventsQuery,
        headers: z.object({
          "last-event-id": z.string().exactOptional().meta({
            description:
              "The id of the last event received: the stream starts with the events after it.",
          }),
        }),
        response: {
          200: {
            description:
              "An endless stream of server-sent events. `event` is the type, `data` an Event as JSON with its `time`. A stream without `Last-Event-ID` begins with the id of the last event, so that a client can return before it has received one. The event `gap` reports that events were missed: read everything again. With `rates=1` the event `rates` has a RatesFrame after each sample, and no id. A client that does not read is disconnected.",
            content: { "text/event-stream": { schema: z.union([ControllerEvent, RatesFrame]) } },
          },
          ...problems(400, 503),
        },
      },
    },
    (request, reply) => {
      if (request.method === "HEAD") {
        reply.hijack();
        reply.raw.writeHead(200, STREAM_HEADERS).end();
        return;
      }
      context.places.streams.take(reply);
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, STREAM_HEADERS);
      response.write("retry: 2000\n\n");
      const { identity } = request;
      const stream = {
        response,
        lastEventId: request.headers["last-event-id"],
        isAllowed: () => authenticator?.isValid(identity, presentMoment()) ?? true,
      };
      const end = feedOf(request).open(stream, request.query.rates === "1");
      const gone = abortedWith(reply, context.closing);
      if (gone.aborted) end();
      else gone.addEventListener("abort", end);
    },
  );
}
