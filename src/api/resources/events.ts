// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { ControllerEvent, type EventService } from "../../contract/events.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { EventLog } from "../event-log.ts";
import { NoQuery } from "../http/parameters.ts";
import { problems } from "../http/responses.ts";

/** Interval of the comments that keep a silent connection open through proxies. */
const HEARTBEAT_MS = 15_000;

/** How much a client that reconnects can have missed. */
const KEPT = { events: 1000, characters: 16 * 1024 * 1024 };

/** A client this far behind is disconnected; it reconnects and receives what it missed. */
const MAX_BACKLOG_BYTES = 1024 * 1024;

const STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  "x-accel-buffering": "no",
};

/** `/events`. */
export function events(app: Api, context: ApiContext<EventService>): void {
  const log = new EventLog(Date.now().toString(36), KEPT);
  const stop = context.port.subscribe((event) => log.add(event, new Date()));
  app.addHook("onClose", async () => stop());
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
              "An endless stream of server-sent events. `event` is the type, `data` an Event as JSON with its `time`. The event `gap` reports that events were missed: read everything again.",
            content: { "text/event-stream": { schema: ControllerEvent } },
          },
          ...problems(400),
        },
      },
    },
    (request, reply) => {
      if (request.method === "HEAD") {
        reply.hijack();
        reply.raw.writeHead(200, STREAM_HEADERS).end();
        return;
      }
      const lastEventId = request.headers["last-event-id"];
      stream(reply, log, lastEventId, context.closing);
    },
  );
}

function stream(
  reply: Pick<FastifyReply, "raw" | "hijack">,
  log: EventLog,
  lastEventId: string | undefined,
  closing: AbortSignal,
): void {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, STREAM_HEADERS);
  response.write("retry: 2000\n\n");
  if (lastEventId !== undefined) {
    const { events: missed, gap } = log.since(lastEventId);
    if (gap) response.write(log.gapFrame());
    for (const { frame } of missed) response.write(frame);
  }
  const unlisten = log.listen(({ frame }) => send(response, frame));
  const heartbeat = setInterval(() => send(response, ": alive\n\n"), HEARTBEAT_MS);
  abortedWith(reply, closing).addEventListener("abort", () => {
    unlisten();
    clearInterval(heartbeat);
    response.end();
  });
}

function send(response: ServerResponse, frame: string): void {
  if (response.writableLength > MAX_BACKLOG_BYTES) response.destroy();
  else response.write(frame);
}
