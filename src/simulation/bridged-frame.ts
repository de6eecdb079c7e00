// SPDX-License-Identifier: Apache-2.0
import { EtherType } from "../packet/index.ts";
import { type ParsedFrame, TAG_BYTES, TAGS_AT } from "./datapath-frame.ts";

/** The VLANs of two access ports; a port without one is a trunk. */
interface AccessVlans {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** A tag without its drop eligible bit: Open vSwitch's own bridge ignores it. */
interface Tag {
  readonly type: number;
  readonly priority: number;
  readonly vlan: number;
}

/**
 * The frame that action NORMAL of Open vSwitch sends from one port to another; undefined: none, since the
 * VLAN of the frame is not that of the port. An access port takes no frame with a VLAN of its own, and
 * sends without all tags that the switch parses; a trunk sends no tag that has neither a VLAN nor a priority.
 */
export function bridgedFrame(
  frame: ParsedFrame,
  { from, to }: AccessVlans,
): ParsedFrame | undefined {
  const parsed = tagsOf(frame);
  const [outer] = parsed;
  if (from !== undefined && outer !== undefined && outer.vlan !== 0) return undefined;
  const { type = EtherType.vlan, priority = 0 } = outer ?? {};
  const tags = from === undefined ? parsed : [{ type, priority, vlan: from }];
  if (to !== undefined && to !== (tags[0]?.vlan ?? 0)) return undefined;
  return to === undefined ? withTags(frame, tags) : withTags(frame, []);
}

function tagsOf({ bytes, tags }: ParsedFrame): Tag[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: tags }, (_, index) => {
    const at = TAGS_AT + index * TAG_BYTES;
    const control = view.getUint16(at + 2);
    return { type: view.getUint16(at), priority: control >> 13, vlan: control & 0xfff };
  });
}

function withTags({ bytes, tags: before }: ParsedFrame, tags: readonly Tag[]): ParsedFrame {
  const end = tags.findIndex(({ vlan, priority }) => vlan === 0 && priority === 0);
  const kept = end < 0 ? tags : tags.slice(0, end);
  const written = kept.flatMap(({ type, priority, vlan }) => {
    const control = (priority << 13) | vlan;
    return [type >> 8, type & 0xff, control >> 8, control & 0xff];
  });
  const rest = bytes.subarray(TAGS_AT + before * TAG_BYTES);
  return {
    bytes: Uint8Array.from([...bytes.subarray(0, TAGS_AT), ...written, ...rest]),
    tags: kept.length,
  };
}
