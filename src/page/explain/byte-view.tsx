// SPDX-License-Identifier: Apache-2.0
import { type DiffRun, diffFrames } from "./answer/byte-diff.ts";
import { bytesOfHex } from "./capture/hex-text.ts";

interface ByteViewProps {
  /** Hex digits. */
  readonly before: string;
  readonly after: string;
}

/** Bytes that are shown; a payload does not change. */
const MOST_SHOWN = 80;

const WORDS: Readonly<Record<DiffRun["kind"], string>> = {
  same: "",
  changed: "changed",
  added: "added",
  removed: "removed",
};

/** The bytes of the later frame, with those that are changed, added and removed marked: by style, not by colour alone. */
export function ByteView({ before, after }: ByteViewProps) {
  const [from, to] = [bytesOfHex(before), bytesOfHex(after)];
  let left = MOST_SHOWN;
  const runs = diffFrames(from, to).flatMap((run) => {
    const length = Math.min(run.length, left);
    left -= length;
    return length > 0 ? [{ ...run, length }] : [];
  });
  const hidden =
    to.length - runs.reduce((sum, run) => sum + (run.kind === "removed" ? 0 : run.length), 0);
  return (
    <p class="bytes mono">
      {runs.map((run) => {
        const source = run.kind === "removed" ? from : to;
        const start = run.kind === "removed" ? run.before : run.after;
        const text = spaced(source.subarray(start, start + run.length));
        const key = `${run.kind} ${run.before} ${run.after}`;
        if (run.kind === "same") return <span key={key}>{text} </span>;
        const Tag = ({ changed: "mark", added: "ins", removed: "del" } as const)[run.kind];
        return (
          <Tag key={key} title={WORDS[run.kind]}>
            {text}{" "}
          </Tag>
        );
      })}
      {hidden > 0 && <span class="muted">… {hidden} more bytes</span>}
    </p>
  );
}

function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
