export { DEFAULT_GROUP_IDS, type GroupIdRange } from "./group-ids.ts";
export * from "./installed.ts";
export * from "./reconciler.ts";
export * from "./reconciler-options.ts";
export * from "./switch-channel.ts";
