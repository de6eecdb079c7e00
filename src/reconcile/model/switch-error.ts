// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";

/** Why a flow entry is not tried again. */
export interface SwitchError {
  /** The desired entry when the error occurred. */
  readonly spec: FlowSpec | undefined;
  /** The switch refused to remove the installed entry. */
  readonly deletion: boolean;
  /** The OpenFlow error in words. */
  readonly reason: string;
  /** Content of the group that was refused, when it was not the flow entry itself. */
  readonly group?: string;
  /** Identity of the meter that was refused. */
  readonly meter?: string;
}

/** A group or meter that cannot be installed, so that no entry that uses it can be. */
export interface RefusedPart {
  /** Why, in words. */
  readonly refused: string;
  /** Content of the group. */
  readonly group?: string;
  /** Identity of the meter. */
  readonly meter?: string;
}

export function isRefused<T extends object | number>(part: T | RefusedPart): part is RefusedPart {
  return typeof part === "object" && "refused" in part;
}
