// SPDX-License-Identifier: Apache-2.0
/** Reserved numbers that several messages share. */

/** Reserved port numbers; physical and logical ports are 1 to `Max`. @spec OpenFlow 1.4.1 §7.2.1 */
export const Port = {
  Max: 0xffffff00,
  /** The ingress port: a plain output never sends back to it. */
  InPort: 0xfffffff8,
  /** The first flow table (packet-out only). */
  Table: 0xfffffff9,
  /** The switch's own L2 forwarding. */
  Normal: 0xfffffffa,
  Flood: 0xfffffffb,
  All: 0xfffffffc,
  Controller: 0xfffffffd,
  Local: 0xfffffffe,
  /** Any port or none (filters, watch ports). */
  Any: 0xffffffff,
} as const;

/** Reserved group numbers. @spec OpenFlow 1.4.1 §7.3.4.3 */
export const GroupId = { Max: 0xffffff00, All: 0xfffffffc, Any: 0xffffffff } as const;

/** Reserved table numbers. @spec OpenFlow 1.4.1 §7.3.4.1 */
export const TableId = { Max: 0xfe, All: 0xff } as const;

/** Reserved meter numbers. @spec OpenFlow 1.4.1 §7.3.4.5 */
export const MeterId = {
  Max: 0xffff0000,
  Slowpath: 0xfffffffd,
  Controller: 0xfffffffe,
  All: 0xffffffff,
} as const;

/** All queues of a port. @spec OpenFlow 1.4.1 §7.3.5.5 */
export const QueueId = { All: 0xffffffff } as const;

/** The packet is not buffered at the switch. */
export const NO_BUFFER = 0xffffffff;

/** `maxLen` of an output of the whole packet to the controller. */
export const NO_TRUNCATION = 0xffff;
