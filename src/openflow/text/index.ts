// SPDX-License-Identifier: Apache-2.0
/**
 * Flows, groups and meters as text, in the syntax of `ovs-ofctl` (Open vSwitch 3.1).
 * @spec ovs-ofctl(8), ovs-fields(7), ovs-actions(7)
 */
export { formatActions, parseActions } from "./actions/actions.ts";
export { type FlowText, formatFlow, formatFlowEntry, parseFlow } from "./flow.ts";
export { formatMatch } from "./format-match.ts";
export { formatGroup, type GroupText, parseGroup } from "./group.ts";
export { formatInstructions, parseInstructions } from "./instructions.ts";
export { formatMeter, type MeterText, parseMeter } from "./meter.ts";
export { parseMatch } from "./parse-match.ts";
export { TextError, type TextErrorCode } from "./values/text-error.ts";
