// SPDX-License-Identifier: Apache-2.0
import "../styles/preview.css";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { PolicyView } from "../../contract/policies.ts";
import type { CountersDetailView } from "../../contract/policy-counters.ts";
import { isLive, status } from "../data/store.ts";
import { policyPath } from "../policies/actions.ts";
import { Button } from "../ui/button.tsx";
import { downloadBlob } from "../ui/download.ts";
import { formatCount, plural } from "../ui/format.ts";
import { Problem } from "../ui/problem.tsx";
import { useResource } from "../ui/use-resource.ts";
import { FrameList } from "./frame-list.tsx";
import { MOST_LISTED, PreviewRun } from "./preview-run.ts";

const MOST_PACKETS = 10_000;
const MOST_SECONDS = 300;

/** Copies of a policy as a monitor gets them, while they arrive; they can be downloaded as a file. */
export function PreviewPanel({ policy }: { readonly policy: PolicyView }) {
  const { id } = policy;
  const run = useMemo(() => new PreviewRun(), [id]);
  useEffect(() => () => run.stop(), [run]);
  if (status.value?.previews === false) return <IsOff />;
  const isRunning = run.state.value === "running";
  return (
    <div class="preview">
      <Form policy={policy} run={run} />
      <p class="muted small">
        It shows what frames contain, and is recorded in the audit log. The monitor gets its copies
        as before; at most 200 frames per second are shown.
      </p>
      {run.problem.value && <Problem problem={run.problem.value} />}
      {run.state.value !== "idle" && (
        <div class="preview-state">
          <p role="status">
            {isRunning ? "Running: " : "Ended: "}
            {plural(run.count.value, "frame")}
            {run.dropped.value > 0 && `, ${formatCount(run.dropped.value)} more were left out`}
            {isRunning && run.count.value === 0 && ". Frames appear here as they are copied."}
          </p>
          <Button
            disabled={run.count.value === 0}
            onClick={() => downloadBlob(`${id}.pcapng`, run.file())}
          >
            Download .pcapng
          </Button>
        </div>
      )}
      {run.listed.value.length > 0 && <FrameList frames={run.listed.value} />}
      {run.count.value > MOST_LISTED && (
        <p class="muted">
          The first {MOST_LISTED} are listed; the file has all {formatCount(run.count.value)}.
        </p>
      )}
    </div>
  );
}

function IsOff() {
  return (
    <p class="muted">
      Previews are off on this server: they show what frames contain. Its administrator sets{" "}
      <code>preview</code> to <code>true</code>.
    </p>
  );
}

interface FormProps {
  readonly policy: PolicyView;
  readonly run: PreviewRun;
}

function Form({ policy, run }: FormProps) {
  const { id } = policy;
  const [packets, setPackets] = useState(100);
  const [seconds, setSeconds] = useState(10);
  const [whole, setWhole] = useState(false);
  const [monitor, setMonitor] = useState<string>();
  // They have the names of monitors as the server knows them.
  const { value } = useResource<CountersDetailView>(`${policyPath(id)}/counters`);
  const monitors = value?.monitors.map((each) => each.monitor) ?? [];
  const isRunning = run.state.value === "running";
  const start = () => {
    const named = monitor === undefined ? {} : { monitor };
    void run.start(id, { packets, seconds, whole, ...named });
  };
  return (
    <form
      class="preview-form"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <Limit
        label="Up to"
        unit="frames"
        most={MOST_PACKETS}
        value={packets}
        onChange={setPackets}
      />
      <Limit
        label="or for"
        unit="seconds"
        most={MOST_SECONDS}
        value={seconds}
        onChange={setSeconds}
      />
      {monitors.length > 1 && (
        <label>
          for{" "}
          <select
            class="field"
            value={monitor ?? monitors[0]}
            onChange={({ currentTarget }) => setMonitor(currentTarget.value)}
          >
            {monitors.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={whole}
          onChange={({ currentTarget }) => setWhole(currentTarget.checked)}
        />
        Whole frames, not only their first 256 bytes
      </label>
      {/* Keys: one button that became the other during its click would begin another preview. */}
      {isRunning ? (
        <Button key="stop" kind="danger" onClick={() => run.stop()}>
          Stop
        </Button>
      ) : (
        <Button key="start" kind="primary" type="submit" disabled={!isLive.value}>
          Preview frames
        </Button>
      )}
    </form>
  );
}

interface LimitProps {
  readonly label: string;
  readonly unit: string;
  readonly most: number;
  readonly value: number;
  readonly onChange: (value: number) => void;
}

function Limit({ label, unit, most, value, onChange }: LimitProps) {
  return (
    <label>
      {label}{" "}
      <input
        class="field"
        type="number"
        min={1}
        max={most}
        required
        value={value}
        onInput={({ currentTarget }) => {
          if (currentTarget.validity.valid) onChange(currentTarget.valueAsNumber);
        }}
      />{" "}
      {unit}
    </label>
  );
}
