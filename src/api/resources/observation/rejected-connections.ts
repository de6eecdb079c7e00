// SPDX-License-Identifier: Apache-2.0
import {
  type RejectedConnectionsService,
  RejectedConnectionsView,
} from "../../../contract/observation/rejected-connections.ts";
import { type Api, type ApiContext, BASE } from "../../context.ts";
import { NoQuery } from "../../http/parameters.ts";
import { json, problems } from "../../http/responses.ts";

/** `/rejected-connections`. */
export function rejectedConnections(
  app: Api,
  { port }: ApiContext<RejectedConnectionsService>,
): void {
  app.get(
    `${BASE}/rejected-connections`,
    {
      schema: {
        tags: ["network"],
        operationId: "listRejectedConnections",
        summary: "List the peers whose OpenFlow connections were rejected, and why",
        querystring: NoQuery,
        response: { 200: json(RejectedConnectionsView, "The peers."), ...problems(400) },
      },
    },
    () => port.rejectedConnections(),
  );
}
