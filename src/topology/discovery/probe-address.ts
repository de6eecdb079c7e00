/**
 * Addresses of OpenVTAP's LLDP probes. The destination is LLDP's own: a bridge keeps such a frame to
 * itself, so it tells of the next switch and no further. The source, locally administered, is the
 * same on every switch: it lets a switch tell probes of ours from the LLDP of hosts and other
 * devices, which stays what it was.
 * @spec IEEE 802.1AB-2016 §7.1
 */
export const PROBE_DESTINATION = 0x0180c200000e;
export const PROBE_SOURCE = 0x0e7b4c4c4450;
