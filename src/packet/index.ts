// SPDX-License-Identifier: Apache-2.0
export { buildFrame } from "./build-frame.ts";
export { crc32c, internetChecksum } from "./checksum.ts";
export * from "./dhcp.ts";
export * from "./edits/frame-edits.ts";
export * from "./ethernet.ts";
export type { FrameFields } from "./fields/frame-fields.ts";
export { frameFields, type ReadingOptions } from "./fields/read-frame-fields.ts";
export { frameLine } from "./frame-line.ts";
export type { IpClaim } from "./host-observation/ip-claims.ts";
export { type ObservedHost, readObservedHost } from "./host-observation/observed-host.ts";
export * from "./ip.ts";
export * from "./lldp.ts";
export * from "./numbers.ts";
export * from "./pcapng/read-pcapng.ts";
export * from "./pcapng/write-pcapng.ts";
export * from "./transport.ts";
