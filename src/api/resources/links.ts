// SPDX-License-Identifier: Apache-2.0
import type { AttachmentView } from "../../contract/attachment.ts";
import { type LinkService, LinkView } from "../../contract/links.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { PageQuery, pageFrom, pageOf } from "../http/paging.ts";
import { json, problems } from "../http/responses.ts";

/** `/links`. */
export function links(app: Api, { portOf }: ApiContext<LinkService>): void {
  app.get(
    `${BASE}/links`,
    {
      schema: {
        tags: ["network"],
        operationId: "listLinks",
        summary: "List links between switches",
        querystring: PageQuery,
        response: { 200: json(pageOf(LinkView), "A page of links."), ...problems(400) },
      },
    },
    async (request) =>
      pageFrom(
        "links",
        await portOf(request).listLinks(),
        ({ a, b }) => `${endKey(a)} ${endKey(b)}`,
        request.query,
      ),
  );
}

/** Pads port numbers, so that they sort by value. */
function endKey({ dpid, port }: AttachmentView): string {
  return `${dpid}/${typeof port === "number" ? String(port).padStart(10, "0") : port}`;
}
