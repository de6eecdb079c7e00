// SPDX-License-Identifier: Apache-2.0
export type { ConnectTls } from "../transport/connector.ts";
export * from "./ovsdb-peers.ts";
export type { OvsdbSession } from "./ovsdb-session.ts";
export * from "./read-database.ts";
export { takeOver } from "./take-over.ts";
