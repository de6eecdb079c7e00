// SPDX-License-Identifier: Apache-2.0

/** The roles of identities, from least to most; `auditor` and `operator` are beside each other. */
export const ROLES = ["viewer", "member", "operator", "auditor", "admin"] as const;

/**
 * What an identity may do in general; `OPERATIONS` says it for each operation. `viewer` reads, `member` also
 * manages policies, `operator` also suspends taps, repairs switches and names hosts, `auditor` reads
 * everything, `admin` does everything.
 */
export type Role = (typeof ROLES)[number];

/** Which of several roles an identity has: the first one here. */
const STRONGEST_FIRST = ["admin", "operator", "member", "auditor", "viewer"] as const;

/** The one role of an identity for which a service names several; `none` if it names no role of OpenVTAP. */
export function strongestRole(names: readonly string[]): Role | "none" {
  return STRONGEST_FIRST.find((role) => names.includes(role)) ?? "none";
}
