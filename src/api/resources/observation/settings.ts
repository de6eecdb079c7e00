// SPDX-License-Identifier: Apache-2.0
import { SettingsView } from "../../../contract/observation/settings.ts";
import { type Api, type ApiContext, BASE } from "../../context.ts";
import { NoQuery } from "../../http/parameters.ts";
import { json, problems } from "../../http/responses.ts";

/** `/settings`. */
export function settings(app: Api, context: ApiContext): void {
  app.get(
    `${BASE}/settings`,
    {
      schema: {
        tags: ["process"],
        operationId: "listSettings",
        summary: "List the settings that the server runs with",
        description:
          "As they were read at the start, with defaults. Keys, tokens and certificates are in files, of which the settings have the paths.",
        querystring: NoQuery,
        response: { 200: json(SettingsView, "The settings."), ...problems(400) },
      },
    },
    () => ({ items: context.settings }),
  );
}
