export { type ApiOptions, type ControllerPort, createApi } from "./create-api.ts";
