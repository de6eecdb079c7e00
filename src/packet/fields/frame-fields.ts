// SPDX-License-Identifier: Apache-2.0
/**
 * The fields of a frame as an OpenFlow switch reads them, by OXM name. A field is present when the frame
 * meets its prerequisites; the fields of a truncated or malformed header are zero, the value that a
 * switch matches against.
 */
export interface FrameFields {
  ethDst: number;
  ethSrc: number;
  /** Behind the tags that the switch parses; 0x05ff for a frame with a length instead of a type. */
  ethType: number;
  /** As on the wire: 0x1000 | VID for a tagged frame, 0 for an untagged one. */
  vlanVid: number;
  vlanPcp?: number;
  mplsLabel?: number;
  mplsTc?: number;
  mplsBos?: number;
  arpOp?: number;
  arpSpa?: number;
  arpTpa?: number;
  arpSha?: number;
  arpTha?: number;
  ipDscp?: number;
  ipEcn?: number;
  ipProto?: number;
  /** Time to live, or hop limit. */
  ipTtl?: number;
  /** 0 for a packet that is no fragment, 1 for a first one, 3 for a later one (Open vSwitch's `ip_frag`). */
  ipFrag?: number;
  ipv4Src?: number;
  ipv4Dst?: number;
  ipv6Src?: bigint;
  ipv6Dst?: bigint;
  ipv6Flabel?: number;
  tcpSrc?: number;
  tcpDst?: number;
  /** Nine flags and three reserved bits. */
  tcpFlags?: number;
  udpSrc?: number;
  udpDst?: number;
  sctpSrc?: number;
  sctpDst?: number;
  icmpv4Type?: number;
  icmpv4Code?: number;
  icmpv6Type?: number;
  icmpv6Code?: number;
  ipv6NdTarget?: bigint;
  ipv6NdSll?: number;
  ipv6NdTll?: number;
}
