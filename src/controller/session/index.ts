export * from "./listener.ts";
export * from "./outcome.ts";
export * from "./session.ts";
export * from "./session-options.ts";
export * from "./switch-channel-of.ts";
