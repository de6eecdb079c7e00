// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { ControllerEvent, type EventService } from "../../contract/events.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { EventLog } from "../event-log.ts";
import { EventStreams } from "../event-streams.ts";
import { NoQuery } from "../http/parameters.ts";
import { problems } from "../http/responses.ts";

/** How much a client that reconnects can have missed. */
const KEPT = { events: 1000, characters: 16 * 1024 * 1024 };

const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/** `/events`. */
export function events(app: Api, context: ApiContext<EventService>): void {
  const { authenticator } = context;
  const log = new EventLog(Date.now().toString(36), KEPT);
  const stop = context.port.subscribe((event) => log.add(event, new Date()));
  const streams = new EventStreams(log);
  app.addHook("onClose", async () => {
    stop();
    streams.close();
  });
  app.get(
    `${BASE}/events`,
    {
      schema: {
        tags: ["events"],
        operationId: "streamEvents",
        summary: "Stream events as they happen (server-sent events)",
        querystring: NoQuery,
        headers: z.object({
          "last-event-id": z.string().exactOptional().meta({
            description:
              "The id of the last event received: the stream starts with the events after it.",
          }),
        }),
        response: {
          200: {
            description:
              "An endless stream of server-sent events. `event` is the type, `data` an Event as JSON with its `time`. The event `gap` reports that events were missed: read everything again. A client that does not read is disconnected.",
            content: { "text/event-stream": { schema: ControllerEvent } },
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
      const end = streams.open({
        response,
        lastEventId: request.headers["last-event-id"],
        isAllowed: () => authenticator?.isValid(identity, Date.now()) ?? true,
      });
      const gone = abortedWith(reply, context.closing);
      if (gone.aborted) end();
      else gone.addEventListener("abort", end);
    },
  );
}
