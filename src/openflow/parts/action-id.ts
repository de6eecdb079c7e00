import { idList, type KindId } from "./id-list.ts";

const ACTIONS = {
  output: 0,
  copyTtlOut: 11,
  copyTtlIn: 12,
  setMplsTtl: 15,
  decMplsTtl: 16,
  pushVlan: 17,
  popVlan: 18,
  pushMpls: 19,
  popMpls: 20,
  setQueue: 21,
  group: 22,
  setNwTtl: 23,
  decNwTtl: 24,
  setField: 25,
  pushPbb: 26,
  popPbb: 27,
} as const;

/** A kind of action, as table features list them. @spec OpenFlow 1.4.1 §7.3.5.5.2.3 */
export type ActionId = KindId<keyof typeof ACTIONS>;

/** Action ids up to the end of the bounds. */
export const actionIdsCodec = idList(ACTIONS);
