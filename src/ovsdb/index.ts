// SPDX-License-Identifier: Apache-2.0
export { insertedRow } from "./columns.ts";
export * from "./json-stream.ts";
export { type Json, OvsdbFormatError } from "./json-values.ts";
export * from "./messages.ts";
export * from "./monitor.ts";
export * from "./operations.ts";
export * from "./replica.ts";
export * from "./schema.ts";
export * from "./selection.ts";
export * from "./tables.ts";
export * from "./transaction.ts";
