// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import {
  HostObserver,
  type ObserverService,
} from "../../../contract/observation/host-observers.ts";
import { type Api, type ApiContext, BASE } from "../../context.ts";
import { PageQuery, pageFrom, pageOf } from "../../http/paging.ts";
import { reject } from "../../http/rejections.ts";
import { json, problems } from "../../http/responses.ts";

/** `/hosts/{mac}/observers`. */
export function hostObservers(app: Api, { portOf }: ApiContext<ObserverService>): void {
  app.get(
    `${BASE}/hosts/:mac/observers`,
    {
      schema: {
        tags: ["network"],
        operationId: "listHostObservers",
        summary: "List the policies that copy frames which a host sends or receives",
        description:
          "Of the policies in effect, those whose tap points take such frames: by the port and the MAC address of the host, and its known IP addresses.",
        params: z.object({ mac: z.string() }),
        querystring: PageQuery,
        response: { 200: json(pageOf(HostObserver), "A page of policies."), ...problems(400, 404) },
      },
    },
    async (request) => {
      const { mac } = request.params;
      const found = await portOf(request).hostObservers(mac.toLowerCase());
      if (found === undefined) return reject({ type: "notFound" }, { noun: "host", id: mac });
      // By position: a key of a policy that is disclosed to a project would say more than its name.
      const placed = new Map(found.map((each, at) => [each, String(at).padStart(10, "0")]));
      return pageFrom("observers", found, (each) => placed.get(each) ?? "", request.query);
    },
  );
}
