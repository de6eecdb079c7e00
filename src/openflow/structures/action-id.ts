// SPDX-License-Identifier: Apache-2.0
import { ACTIONS } from "./action.ts";
import { idList, type KindId } from "./id-list.ts";

/** A kind of action, as table features list them. @spec OpenFlow 1.4.1 §7.3.5.5.2.3 */
export type ActionId = KindId<Exclude<keyof typeof ACTIONS, "experimenter">>;

/** Action ids up to the end of the bounds. */
export const actionIdsCodec = idList(ACTIONS);
