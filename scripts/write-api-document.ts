// SPDX-License-Identifier: Apache-2.0
/**
 * Writes the OpenAPI document of the built command to dist/openapi.json. `vtap serve` answers with it: to make it from
 * the routes takes some hundred milliseconds, at each start or while requests wait.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pino } from "pino";
import { type ControllerPort, createApi } from "../src/api/index.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
/** No request comes in: nothing is read from the controller, and no limit is reached. */
const port = { subscribe: () => () => undefined } as Partial<ControllerPort> as ControllerPort;
const limits = {
  bodyLimitBytes: 1,
  bodyMemberLimit: 1,
  bodyDepthLimit: 1,
  eventStreamLimit: 1,
  waitingRequestLimit: 1,
  httpConnectionLimit: 1,
};
const api = await createApi({ port, logger: pino({ level: "silent" }), version, limits });
writeFileSync("dist/openapi.json", JSON.stringify(api.swagger()));
await api.close();
