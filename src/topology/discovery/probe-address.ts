// SPDX-License-Identifier: Apache-2.0
/**
 * Addresses of OpenVTAP's LLDP probes. The destination is LLDP's nearest-bridge address: a bridge does
 * not forward such a frame, so a probe reaches the next switch and no further. The source, locally
 * administered, is the same on every switch: by it a switch distinguishes probes from the LLDP of
 * hosts and other devices, which is forwarded as before.
 * @spec IEEE 802.1AB-2016 §7.1
 */
export const PROBE_DESTINATION = 0x0180c200000e;
export const PROBE_SOURCE = 0x0e7b4c4c4450;
