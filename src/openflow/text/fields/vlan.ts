// SPDX-License-Identifier: Apache-2.0
import type { KnownOxmField, NarrowOxmField } from "../../oxm/codec.ts";
import { paddedHex, parseInteger } from "../values/numbers.ts";
import type { Located } from "../values/scanner.ts";
import { badValue } from "../values/text-error.ts";

/**
 * The VLAN tag in a match. OpenFlow 1.4 has two fields: vlan_vid, whose bit 12 means that there is a
 * tag, and vlan_pcp. `ovs-ofctl` writes them as tag control information: 3 bits of
 * priority, the bit for the tag, 12 bits of VLAN id.
 */
const TAG = 0x1000;
const VID = 0x0fff;
const VID_AND_TAG = 0x1fff;
const PCP = 0xe000;

/** `dl_vlan=5,dl_vlan_pcp=3`, or `vlan_tci=value/mask` where those two cannot express it. */
export function formatVlan(
  vid: NarrowOxmField | undefined,
  pcp: NarrowOxmField | undefined,
): string[] {
  if (vid === undefined && pcp === undefined) return [];
  // The mask of 16 bits that peers send for an exact VLAN id.
  const vidMask = vid === undefined ? TAG : (vid.mask ?? VID_AND_TAG) & VID_AND_TAG;
  const vidValue = vid?.value ?? TAG;
  const exactVid = vidMask === VID_AND_TAG;
  if (vidValue & vidMask & TAG && (exactVid || (vidMask === TAG && pcp !== undefined))) {
    const dlVlan = exactVid ? [`dl_vlan=${vidValue & VID}`] : [];
    return pcp === undefined ? dlVlan : [...dlVlan, `dl_vlan_pcp=${pcp.value}`];
  }
  const tci = (pcp === undefined ? 0 : (pcp.value << 13) | TAG) | vidValue;
  const mask = (pcp === undefined ? 0 : PCP | TAG) | vidMask;
  return [`vlan_tci=${paddedHex(tci & mask, 4)}/${paddedHex(mask, 4)}`];
}

/** `dl_vlan=5`; 0xffff means no tag. */
export function parseDlVlan(text: Located): KnownOxmField[] {
  const vid = Number(parseInteger(text.text, text.offset, 16));
  if (vid === 0xffff) return [{ field: "vlanVid", value: 0 }];
  if (vid > VID) throw badValue(text.offset, `VLAN ids end at 4095, not ${vid}`, "write 0 to 4095");
  return [{ field: "vlanVid", value: TAG | vid }];
}

/** `vlan_tci=value[/mask]`, as far as OpenFlow 1.4 can express it. */
export function parseVlanTci(text: Located): KnownOxmField[] {
  const [valueText = "", maskText] = text.text.split("/");
  const mask =
    maskText === undefined
      ? 0xffff
      : Number(parseInteger(maskText, text.offset + valueText.length + 1, 16));
  const value = Number(parseInteger(valueText, text.offset, 16)) & mask;
  // "No tag" is one value of vlan_vid, and excludes a priority.
  if (mask === 0xffff && value === 0) return [{ field: "vlanVid", value: 0 }];
  return tagFields(value, mask, text.offset);
}

function tagFields(value: number, mask: number, offset: number): KnownOxmField[] {
  const pcpMask = mask & PCP;
  if (pcpMask !== 0 && (pcpMask !== PCP || (value & mask & TAG) === 0)) {
    const detail = "OpenFlow 1.4 matches only the whole VLAN priority, and only of tagged frames";
    throw badValue(offset, detail, "use a mask with 0xf000, and a value with 0x1000");
  }
  const vidMask = mask & VID_AND_TAG;
  const vid: KnownOxmField = { field: "vlanVid", value: value & vidMask };
  const fields: KnownOxmField[] = vidMask === VID_AND_TAG ? [vid] : [{ ...vid, mask: vidMask }];
  if (vidMask === 0) fields.pop();
  if (pcpMask === PCP) fields.push({ field: "vlanPcp", value: value >>> 13 });
  return fields;
}
