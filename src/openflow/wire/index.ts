// SPDX-License-Identifier: Apache-2.0
export * from "./address.ts";
export * from "./errors.ts";
export * from "./framer.ts";
export * from "./reader.ts";
export * from "./writer.ts";
