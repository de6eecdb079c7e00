// SPDX-License-Identifier: Apache-2.0
/**
 * What forwards the original packets on a switch: OpenVTAP along shortest paths, the switch's own L2
 * learning, or another application that owns the tables from `table` on.
 */
export type ForwardingProfile = "paths" | "normal" | { readonly table: number };
