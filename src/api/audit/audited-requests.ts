// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuditEntry, AuditObject, AuditService } from "../../contract/audit/audit.ts";
import { defined } from "../../lang/defined.ts";
import { isObject } from "../../lang/is-object.ts";
import { systemClock } from "../../runtime/clock.ts";
import { actorOf } from "../access/cause-of.ts";
import { LimitedRecords } from "./limited-records.ts";

declare module "fastify" {
  interface FastifyReply {
    /** The kind of the problem that the reply is; absent: it is none. */
    problemKind: string | undefined;
  }
}

/** Actions that the controller does not record, because they write nothing to the store. */
const ACTIONS = new Set(["POST /api/v1/switches/{dpid}:resync", "POST /api/v1/switches:resync"]);

/** Actions that change nothing but who is logged in: a client may repeat them. */
const LOGINS = new Set([
  "POST /api/v1/session",
  "DELETE /api/v1/session",
  "GET /api/v1/session/oidc/callback",
]);

const KINDS: Readonly<Record<string, AuditObject["kind"]>> = {
  policies: "policy",
  groups: "group",
  hosts: "host",
  switches: "switch",
  taps: "taps",
};

/** Most characters of an id or reason that a refused request states. */
const MOST_CHARACTERS = 200;

/**
 * Records every request that would have changed something, or shown frames, and was refused, and actions and logins, which write nothing,
 * before they are answered. What is written to the store is recorded with it, by the controller.
 */
export function auditRequests(app: FastifyInstance, port: AuditService): void {
  app.decorateReply("problemKind", undefined);
  const limited = new LimitedRecords((entry) => port.recordAudit(entry), systemClock);
  app.addHook("onClose", () => limited.flush());
  app.addHook("onSend", async (request, reply, payload) => {
    // A path without a route has none.
    const { rule, operation } = request.routeOptions.config ?? {};
    if ((rule?.isChange || rule?.showsFrames) && operation !== undefined) {
      const isRefused = reply.statusCode >= 400;
      if (isRefused || LOGINS.has(operation)) {
        const recorded = limited.add(entryOf(request, reply, operation));
        // Where the disk fails, the answer that says so does not wait for it.
        if (reply.statusCode !== 503) await recorded;
      } else if (ACTIONS.has(operation)) await port.recordAudit(entryOf(request, reply, operation));
    }
    return payload;
  });
}

/** The record of a request that shows what frames contain, before it does. `parameters`: what it shows. */
export function readEntry(
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Readonly<Record<string, unknown>>,
): AuditEntry {
  const { operation = "" } = request.routeOptions.config ?? {};
  return { ...entryOf(request, reply, operation), type: "read", parameters };
}

function entryOf(request: FastifyRequest, reply: FastifyReply, operation: string): AuditEntry {
  const body = isObject(request.body) ? request.body : {};
  const { statusCode: status, problemKind: problem } = reply;
  const object = objectOf(operation, { ...body, ...(request.params as object) });
  const query = isObject(request.query) ? request.query : {};
  const reason = shortText(query.reason ?? body.reason);
  return {
    type: status >= 400 ? "refusal" : "change",
    actor: actorOf(request),
    operation,
    ...defined({ object, reason }),
    outcome: { status, ...defined({ problem }) },
  };
}

/** What a request is about; `named`: the parameters of its path, else the members of its body. */
function objectOf(
  operation: string,
  named: Readonly<Record<string, unknown>>,
): AuditObject | undefined {
  const [, name = ""] = /^\w+ \/api\/v1\/(\w+)/.exec(operation) ?? [];
  const kind = operation.endsWith("policies:apply") ? "set" : KINDS[name];
  if (kind === undefined) return undefined;
  const id = kind === "set" ? named.set : (named.id ?? named.dpid ?? named.mac);
  return { kind, ...defined({ id: shortText(id) }) };
}

function shortText(value: unknown): string | undefined {
  return typeof value === "string" ? value.slice(0, MOST_CHARACTERS) : undefined;
}
