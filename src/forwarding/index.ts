export * from "./compile-forwarding.ts";
export { floodGroup, originalActions } from "./original.ts";
