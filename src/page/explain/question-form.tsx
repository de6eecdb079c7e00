// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useState } from "preact/hooks";
import { hosts } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { framesOfCapture, isCaptureFile } from "./capture/capture-file.ts";
import { summaryOfFrame } from "./capture/frame-fields.ts";
import { hexOfBytes } from "./capture/hex-text.ts";
import { type ExplainState, readFrameText } from "./question.ts";

interface QuestionFormProps {
  readonly state: ExplainState;
  readonly isAsking: boolean;
  readonly onAsk: (question: Pick<ExplainState, "frame" | "at" | "to">) => void;
}

/** Files beyond this size are not read: their first frames would do, but browsers read a file whole. */
const MOST_BYTES = 64 * 2 ** 20;

/** The question: a frame as people have it, and where it enters. */
export function QuestionForm({ state, isAsking, onAsk }: QuestionFormProps) {
  const [text, setText] = useState(state.frame);
  const [at, setAt] = useState(state.at);
  const [to, setTo] = useState(state.to);
  const [captured, setCaptured] = useState<readonly Uint8Array[]>([]);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [trouble, setTrouble] = useState<string>();
  // The address may change by itself: a link, or the map that a place is taken from.
  useEffect(() => setText(state.frame), [state.frame]);
  useEffect(() => setAt(state.at), [state.at]);
  useEffect(() => setTo(state.to), [state.to]);

  const ask = (frame = text) => {
    const read = readFrameText(frame);
    if (read.type === "empty") {
      setTrouble("Paste a frame, open a capture, or write fields such as tcp_dst=80.");
      return;
    }
    if (read.type === "unreadable") {
      setTrouble(read.why);
      return;
    }
    setTrouble(undefined);
    if (read.type === "frames") setNotes(read.notes);
    if (read.type === "frames" && read.frames.length > 1) {
      setCaptured(read.frames);
      choose(read.frames[0]);
      return;
    }
    const [first] = read.type === "frames" ? read.frames : [];
    onAsk({ frame: first ? hexOfBytes(first) : frame.trim(), at, to });
  };
  const choose = (frame: Uint8Array | undefined) => {
    if (frame) onAsk({ frame: hexOfBytes(frame), at, to });
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > MOST_BYTES) {
      setTrouble(
        `The file has ${Math.round(file.size / 2 ** 20)} MiB, more than 64. Cut it with editcap.`,
      );
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (!isCaptureFile(bytes)) {
      ask(new TextDecoder().decode(bytes));
      return;
    }
    const read = framesOfCapture(bytes);
    if (read.type === "unreadable") {
      setTrouble(read.why);
      return;
    }
    setTrouble(undefined);
    setNotes(read.more ? [`Only the first ${read.frames.length} frames are listed.`] : []);
    setCaptured(read.frames.map((frame) => frame.bytes));
    choose(read.frames[0]?.bytes);
  };
  const isFields = readFrameText(text).type === "fields";
  return (
    <form
      class="question"
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer?.files[0]);
      }}
    >
      <label for="explain-frame">Frame</label>
      <textarea
        id="explain-frame"
        class="mono"
        rows={7}
        spellcheck={false}
        placeholder={"tcp_dst=80 ipv4_src=10.0.0.1\n\nor hex, tcpdump -xx, Wireshark’s hex dump"}
        value={text}
        aria-describedby="explain-trouble"
        aria-invalid={trouble !== undefined}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask();
        }}
      />
      <p id="explain-trouble" class="trouble" role="alert">
        {trouble}
      </p>
      {notes.map((note) => (
        <p key={note} class="question-note">
          {note}
        </p>
      ))}
      <Places at={at} to={to} isFields={isFields} onAt={setAt} onTo={setTo} />
      <div class="actions">
        <Button kind="primary" type="submit" disabled={isAsking}>
          Explain
        </Button>
        <label class="button file-button">
          Open a capture…
          <input
            type="file"
            class="hidden-text"
            accept=".pcap,.pcapng,.cap,.txt,.hex"
            onChange={(event) => {
              void open(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </div>
      {captured.length > 0 && (
        <Captured frames={captured} current={state.frame} onChoose={choose} />
      )}
    </form>
  );
}

interface PlacesProps {
  readonly at: string;
  readonly to: string;
  readonly isFields: boolean;
  readonly onAt: (text: string) => void;
  readonly onTo: (text: string) => void;
}

function Places({ at, to, isFields, onAt, onTo }: PlacesProps) {
  const known = hosts.value;
  const names = useMemo(
    () => [...(known?.values() ?? [])].map(({ name, mac }) => name ?? mac).sort(),
    [known],
  );
  return (
    <div class="places">
      <label for="explain-at">Enters at</label>
      <input
        id="explain-at"
        list="explain-hosts"
        placeholder="the host with its source address"
        value={at}
        onInput={(event) => onAt(event.currentTarget.value.trim())}
      />
      <label for="explain-to">Goes to</label>
      <input
        id="explain-to"
        list="explain-hosts"
        placeholder={isFields ? "host, for its addresses" : "as the frame says"}
        value={to}
        disabled={!isFields}
        onInput={(event) => onTo(event.currentTarget.value.trim())}
      />
      <p class="muted places-hint">
        A host, or switch:port. A click on a host of the map enters it.
      </p>
      <datalist id="explain-hosts">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}

interface CapturedProps {
  readonly frames: readonly Uint8Array[];
  readonly current: string;
  readonly onChoose: (frame: Uint8Array) => void;
}

/** The frames of a capture; one of them is explained. */
function Captured({ frames, current, onChoose }: CapturedProps) {
  return (
    <div class="captured">
      <h2>
        {frames.length} {frames.length === 1 ? "frame" : "frames"}
      </h2>
      <ol>
        {frames.map((frame, index) => {
          const { from, to, what } = summaryOfFrame(frame);
          const isCurrent = hexOfBytes(frame) === current;
          return (
            <li key={index}>
              <button type="button" aria-current={isCurrent} onClick={() => onChoose(frame)}>
                <span class="number muted">{index + 1}</span>
                <span class="captured-ends">
                  {from} → {to}
                </span>
                <span class="muted">{what}</span>
                <span class="number muted">{frame.length} B</span>
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
}
