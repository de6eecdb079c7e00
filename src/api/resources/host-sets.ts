// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { AppliedHosts, type HostService } from "../../contract/hosts.ts";
import { isObject } from "../../lang/is-object.ts";
import { causeOf } from "../access/cause-of.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { ChangeQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";
import { checked } from "../written-document.ts";
import { HostInput, withoutReadOnly } from "./hosts.ts";

const NOUN = "set of hosts";

const prune = z.boolean().default(false).meta({
  description: "Whether hosts added over REST that are not in the set are deleted.",
});

const HostSetInput = z
  .strictObject({ hosts: z.array(HostInput), prune })
  .meta({ id: "HostSet", description: "Hosts in one request." });

/** What is checked here: the controller checks each host. */
const hostSet = z.strictObject({ hosts: z.array(z.unknown()), prune });

/** `/hosts:apply`. */
export function hostSets(app: Api, { port }: ApiContext<HostService>): void {
  app.post(
    // A literal colon is written twice: a single one begins a parameter.
    `${BASE}/hosts::apply`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["network"],
        operationId: "applyHosts",
        summary: "Add or move a set of hosts: all of them, or none",
        description:
          "One write to disk and one change of the network. If a host is rejected, nothing is done, and the problem has a pointer to each bad member. The limits of a request body apply.",
        querystring: ChangeQuery,
        body: HostSetInput,
        response: { 200: json(AppliedHosts, "Done."), ...bodyProblems, ...problems(409, 503) },
      },
    },
    async (request) => {
      const { hosts, prune } = checked(hostSet, objectBody(request, NOUN), NOUN);
      const outcome = await port.applyHosts(hosts.map(writable), { prune }, causeOf(request));
      if (outcome.type !== "applied") return reject(outcome, { noun: NOUN });
      const { type: _, ...counts } = outcome;
      return counts;
    },
  );
}

function writable(host: unknown): unknown {
  return isObject(host) ? withoutReadOnly(host) : host;
}
