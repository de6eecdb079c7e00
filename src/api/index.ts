// SPDX-License-Identifier: Apache-2.0
export { type ControllerPort, createApi } from "./create-api.ts";
export type { OpenApiDocument } from "./description.ts";
export { reloadTls } from "./http/http-server.ts";
