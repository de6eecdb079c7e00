// SPDX-License-Identifier: Apache-2.0
/**
 * The rootless Open vSwitch lab.
 *
 * ```ts
 * const lab = await OvsLab.start();
 * await lab.build({
 *   switches: [
 *     { name: "s1", hosts: [{ name: "h1", port: 1 }], controller: "tcp:127.0.0.1:6653" },
 *     { name: "s2", hosts: [{ name: "h2", port: 1 }], controller: "tcp:127.0.0.1:6653" },
 *   ],
 *   links: [["s1", 10, "s2", 10]],
 * });
 * await lab.inject("h1", frame); // returns when the switches have processed it
 * lab.frames("h2"); // the exact bytes that left h2's port
 * await lab.stop();
 * ```
 */

export * from "./control-relay.ts";
export * from "./install-tables.ts";
export type { LabHost, LabLink, LabSwitch } from "./ovs-commands.ts";
export * from "./ovs-lab.ts";
export * from "./switch-messages.ts";
export * from "./underlay.ts";
export * from "./wait-for.ts";
