// SPDX-License-Identifier: Apache-2.0
import { VID_PRESENT } from "../../match-region/fields.ts";
import { constraint, type Region, single } from "../../match-region/region.ts";

/** Frames with a VLAN tag. A match does not distinguish how many tags they have. */
export const TAGGED: Region = single(constraint("vlanVid", VID_PRESENT, VID_PRESENT));
