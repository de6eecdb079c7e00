// SPDX-License-Identifier: Apache-2.0
/**
 * The passes of one frame through the tap table; the values of register 0. No frame from a port has it set,
 * and no other entry of OpenVTAP uses it.
 */
export const Pass = {
  first: 0,
  /** After its copy for the controller: the frame is handled as usual. */
  forward: 1,
  /** A copy for the controller. */
  punt: 2,
  /** A copy at its monitor's switch, after it came by a link that copies take. */
  arrived: 3,
} as const;
