export { counterChannelOf, lastCount } from "./counter-channel-of.ts";
export type { DoorAddress, DoorTls } from "./door.ts";
export * from "./listener.ts";
export * from "./outcome.ts";
export { type Pins, pinProblem } from "./pins.ts";
export * from "./session.ts";
export * from "./session-options.ts";
export * from "./switch-channel-of.ts";
