// SPDX-License-Identifier: Apache-2.0
/** What a switch changes in a frame, byte by byte. */
import { type FrameField, fieldsOfFrame } from "../capture/frame-fields.ts";

/** Bytes of one kind: `same` in both; `changed` one for one; `added` in the later frame; `removed` from the earlier. */
export interface DiffRun {
  readonly kind: "same" | "changed" | "added" | "removed";
  /** Where the run starts in the earlier frame, and in the later one. */
  readonly before: number;
  readonly after: number;
  /** Bytes. */
  readonly length: number;
}

/** Where tags and labels are pushed and popped: behind both MAC addresses. */
const TAGS_AT = 12;

/** The largest change of length that is taken for tags, in bytes. */
const MOST_TAGS = 32;

/**
 * Runs that cover both frames in order. Changes of length are those that switches make: bytes are put in or taken out
 * behind the addresses (tags), or at the end; whichever leaves fewer other changes.
 */
export function diffFrames(before: Uint8Array, after: Uint8Array): readonly DiffRun[] {
  const size = Math.abs(after.length - before.length);
  const shorter = Math.min(before.length, after.length);
  const atEnd = withChangeAt(before, after, shorter);
  if (size === 0 || size > MOST_TAGS || shorter < TAGS_AT) return atEnd;
  const tagged = withChangeAt(before, after, TAGS_AT);
  return changedBytes(tagged) <= changedBytes(atEnd) ? tagged : atEnd;
}

/** The diff if the difference in length is at one place. */
function withChangeAt(before: Uint8Array, after: Uint8Array, at: number): readonly DiffRun[] {
  const change = after.length - before.length;
  const [from, to] = change > 0 ? [at, at + change] : [at - change, at];
  const run = { before: at, after: at, length: Math.abs(change) };
  return [
    ...sameLength(before, after, 0, 0, at),
    ...(change === 0 ? [] : [{ kind: change > 0 ? "added" : "removed", ...run } as const]),
    ...sameLength(before, after, from, to, before.length - from),
  ];
}

function changedBytes(runs: readonly DiffRun[]): number {
  return runs.reduce((sum, { kind, length }) => sum + (kind === "changed" ? length : 0), 0);
}

function sameLength(
  before: Uint8Array,
  after: Uint8Array,
  from: number,
  to: number,
  length: number,
): DiffRun[] {
  const runs: DiffRun[] = [];
  let start = 0;
  const kindAt = (index: number) =>
    before[from + index] === after[to + index] ? "same" : "changed";
  for (let index = 1; index <= length; index++) {
    if (index < length && kindAt(index) === kindAt(start)) continue;
    const run = { before: from + start, after: to + start, length: index - start };
    runs.push({ kind: kindAt(start), ...run });
    start = index;
  }
  return runs;
}

/** A change in words: `Ethernet destination fa:00:00:00:00:02 → fa:00:00:00:00:03`. */
export function changesInWords(before: Uint8Array, after: Uint8Array): readonly string[] {
  const runs = diffFrames(before, after);
  const fieldsBefore = fieldsOfFrame(before);
  const fieldsAfter = fieldsOfFrame(after);
  const changes: string[] = [];
  for (const run of runs) {
    if (run.kind === "added") changes.push(...tagWords("pushed", fieldsAfter, run.after, run));
    if (run.kind === "removed") {
      const isCut = run.before + run.length === before.length;
      if (isCut) changes.push(`the last ${run.length} bytes cut off`);
      else changes.push(...tagWords("popped", fieldsBefore, run.before, run));
    }
    if (run.kind !== "changed") continue;
    for (const old of touched(fieldsBefore, run.before, run.length)) {
      const now = fieldsAfter.find(
        ({ name, start }) => name === old.name && start - old.start === run.after - run.before,
      );
      const words = `${old.name} ${old.value} → ${now?.value ?? "other bytes"}`;
      if (!changes.includes(words)) changes.push(words);
    }
    if (touched(fieldsBefore, run.before, run.length).length === 0) {
      changes.push(`${run.length} byte${run.length === 1 ? "" : "s"} of payload at ${run.before}`);
    }
  }
  return changes;
}

function touched(fields: readonly FrameField[], start: number, length: number) {
  return fields.filter(
    (field) => field.start < start + length && start < field.start + field.length,
  );
}

function tagWords(verb: string, fields: readonly FrameField[], start: number, run: DiffRun) {
  const ids = touched(fields, start, run.length).filter(({ name }) => name === "VLAN id");
  if (ids.length === 0) return [`${run.length} bytes ${verb}`];
  return ids.map(({ value }) => `VLAN tag ${value} ${verb}`);
}
