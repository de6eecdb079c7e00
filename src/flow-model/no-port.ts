// SPDX-License-Identifier: Apache-2.0
/** A port number that no switch has: port numbers begin with 1. @spec OpenFlow 1.4.1 §7.2.1 */
export const NO_PORT = 0;
