export { type ControllerPort, createApi } from "./create-api.ts";
