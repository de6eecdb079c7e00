// SPDX-License-Identifier: Apache-2.0
/**
 * Installs what the tests run beside OpenVTAP: Open vSwitch (real switches), OVN (its databases), tshark (a second opinion
 * on encoded messages), openssl (certificates), Chromium (what pages of other sites can do) and Keystone (tokens).
 * `npm test` calls it first.
 */
import { ensureInstalled } from "./prerequisites.ts";
import { UserError } from "./user-error.ts";

const PROGRAMS = [
  ...["ovs-vswitchd", "ovn-northd", "ovn-controller", "tshark", "openssl", "chromium"],
  "keystone-manage",
] as const;

try {
  await ensureInstalled(PROGRAMS, { say: console.log });
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
