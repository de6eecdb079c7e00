// SPDX-License-Identifier: Apache-2.0
import { Band, type FlowSpec, type MeterSpec, TAP_TABLE } from "../../flow-model/index.ts";
import { canonicalMatch, match } from "../../openflow/index.ts";
import type { Region } from "../match-region/region.ts";
import { toMatch } from "../match-region/to-match.ts";
import { inPreview } from "./preview-metadata.ts";
import type { SelectedFrames } from "./selected-frames.ts";

/** Most frames per second that a switch sends to the controller for one preview. */
const FRAMES_PER_SECOND = 200;

/** What a preview sends to the controller. */
interface PreviewedFrames {
  readonly number: number;
  readonly frames: SelectedFrames;
  /** Bytes of each frame. */
  readonly bytes: number;
}

/**
 * Drops previewed copies that no other rule takes: those of other policies, and those of a preview whose
 * rules have ended before the entries that feed it. They must not match rules for other frames.
 */
const PREVIEW_GUARD: FlowSpec = {
  table: TAP_TABLE,
  priority: Band.preview,
  match: match(inPreview()),
  category: "preview",
  actions: [],
};

/**
 * The rules of a preview on the switch where copies leave for the monitor: those of the policy's frames are
 * sent to the controller. Where policies share an entry that delivers their copies, the others' are dropped.
 */
export function previewRules({ number, frames, bytes }: PreviewedFrames): readonly FlowSpec[] {
  const meter: MeterSpec = {
    unit: "pktps",
    rate: FRAMES_PER_SECOND,
    burst: FRAMES_PER_SECOND,
    owner: `preview ${number}`,
  };
  const punt: FlowSpec["actions"] = [{ type: "punt", maxLen: bytes, meter }];
  return [
    PREVIEW_GUARD,
    ...frames.includes.map((region) => ruleFor(number, region, punt)),
    ...frames.excludes.map((region) => ruleFor(number, region, [])),
  ];
}

function ruleFor(number: number, region: Region, actions: FlowSpec["actions"]): FlowSpec {
  return {
    table: TAP_TABLE,
    // Above the guard.
    priority: Band.preview + 1 + region.bits,
    match: canonicalMatch([...match(inPreview(number)), ...toMatch(region)]),
    category: "preview",
    actions,
  };
}
