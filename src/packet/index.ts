export type { Ipv4Input, Ipv6Input, MacInput } from "./addresses.ts";
export { crc32c, internetChecksum } from "./checksum.ts";
export * from "./ethernet.ts";
export { type FrameFields, frameFields, type ReadingOptions } from "./frame-fields.ts";
export * from "./ip.ts";
export * from "./numbers.ts";
export * from "./transport.ts";
