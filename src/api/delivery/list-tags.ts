// SPDX-License-Identifier: Apache-2.0
import { createHmac, randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { EventService } from "../../contract/events.ts";
import { BASE } from "../context.ts";

/** The lists that have tags. What changes in them is an event, but for counters and times. */
const LISTS: ReadonlySet<string | undefined> = new Set(
  ["policies", "groups", "switches", "links", "hosts", "topology"].map((name) => `${BASE}/${name}`),
);

/** Counters and times of a list may be so much older than its tag, in milliseconds. */
const STALE_MS = 10_000;

/**
 * Weak ETags of lists, made of the number of events so far and of the time: with `If-None-Match` a client that has the
 * list gets 304 instead of it, and the list is not made. A tag says nothing but whether it is the same. An
 * identity of a project gets none: it would show when something changes for others.
 */
export function tagLists(
  app: FastifyInstance,
  port: EventService,
  now: () => number = Date.now,
): void {
  const key = randomBytes(16);
  let events = 0;
  const unsubscribe = port.subscribe(() => events++);
  app.addHook("onClose", async () => unsubscribe());
  app.addHook("preHandler", async (request, reply) => {
    if (!hasTag(request)) return undefined;
    const state = `${events} ${Math.floor(now() / STALE_MS)}`;
    const hash = createHmac("sha256", key).update(state).digest("base64url").slice(0, 16);
    const tag = `W/"${hash}"`;
    reply.header("etag", tag);
    if (!isNamed(request.headers["if-none-match"], tag)) return undefined;
    return reply.code(304).send();
  });
}

function hasTag({ method, routeOptions, identity }: FastifyRequest): boolean {
  return method === "GET" && LISTS.has(routeOptions.url) && identity.project === undefined;
}

/** Whether a list of tags has this one. `*` does not: nothing is created by reading a list. */
function isNamed(header: string | undefined, tag: string): boolean {
  return header?.split(",").some((each) => each.trim() === tag) ?? false;
}
