// SPDX-License-Identifier: Apache-2.0
import { constraint, type Region, single } from "../../match-region/region.ts";

/** The bit of `vlan_vid` that is set when there is a tag. @spec OpenFlow 1.4.1 §7.2.3.7 */
const VID_PRESENT = 0x1000;

/** Frames with a VLAN tag. A match does not distinguish how many tags they have. */
export const TAGGED: Region = single(constraint("vlanVid", VID_PRESENT, VID_PRESENT));
