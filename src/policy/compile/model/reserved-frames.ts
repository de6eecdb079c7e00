// SPDX-License-Identifier: Apache-2.0
import { constraint, type Region, single } from "../../match-region/region.ts";

/** First of the addresses that no bridge forwards; it stands for all of them. */
export const RESERVED_MAC = 0x0180c2000000;

/** Frames for these addresses never leave a link and are never copied. @spec IEEE 802.1Q §8.6.3 */
export const RESERVED: Region = single(constraint("ethDst", RESERVED_MAC, 0xfffffffffff0));
