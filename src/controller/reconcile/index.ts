export * from "./installed.ts";
export * from "./reconciler.ts";
export * from "./switch-channel.ts";
