// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { toast } from "../app/toasts.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { isLive, switches } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/problem.tsx";
import { type HostFields, hostDocument, readHostFields } from "./host-fields.ts";

interface HostFormProps {
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
  /** What the fields hold at first. */
  readonly fields?: HostFields;
  /** Members of the document that the form does not show. */
  readonly kept?: object;
}

const EMPTY: HostFields = { name: "", mac: "", ips: "", switch: "", port: "" };

const LABELS: readonly (readonly [keyof HostFields, string, string])[] = [
  ["name", "Name", "ids"],
  ["mac", "MAC", "fa:00:00:00:00:01, any notation"],
  ["ips", "IP addresses", "10.0.0.1, 2001:db8::1"],
  ["switch", "Switch", "s1"],
  ["port", "Port", "3"],
];

/** Names a host and where it is: its frames no longer move it. */
export function HostForm({ isOpen, onToggle, fields = EMPTY, kept = {} }: HostFormProps) {
  const [values, setValues] = useState(fields);
  const [problem, setProblem] = useState<ProblemDocument>();
  const [mistakes, setMistakes] = useState<Partial<Record<keyof HostFields, string>>>({});
  if (!may("POST /api/v1/hosts")) return null;
  if (!isOpen) {
    return (
      <Button onClick={() => onToggle(true)}>
        {fields === EMPTY ? "Name a host…" : "Name or move…"}
      </Button>
    );
  }
  const save = async () => {
    const found = readHostFields(values);
    setMistakes(found);
    if (Object.keys(found).length > 0) return;
    try {
      await request("POST", "/hosts", { body: { ...kept, ...hostDocument(values) } });
      toast(`${values.name || values.mac} is at ${values.switch} port ${values.port}.`, {
        tone: "good",
      });
      setValues(EMPTY);
      setProblem(undefined);
      onToggle(false);
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  return (
    <form
      class="host-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {LABELS.map(([key, label, example]) => {
        const id = `host-${key}`;
        const mistake = mistakes[key];
        return (
          <div key={key}>
            <label for={id}>{label}</label>
            <input
              id={id}
              class="field"
              placeholder={example}
              spellcheck={false}
              list={key === "switch" ? "host-switches" : undefined}
              value={values[key]}
              aria-invalid={mistake !== undefined}
              aria-describedby={mistake === undefined ? undefined : `${id}-mistake`}
              onInput={(event) => setValues({ ...values, [key]: event.currentTarget.value })}
            />
            {mistake !== undefined && (
              <p id={`${id}-mistake`} class="mistake" role="alert">
                {mistake}
              </p>
            )}
          </div>
        );
      })}
      <datalist id="host-switches">
        {(switches.value ?? []).map(({ dpid, name }) => (
          <option key={dpid} value={name} />
        ))}
      </datalist>
      <div class="actions">
        <Button kind="primary" type="submit" disabled={!isLive.value}>
          Save
        </Button>
        <Button onClick={() => onToggle(false)}>Cancel</Button>
      </div>
      {problem && <Problem problem={problem} />}
    </form>
  );
}
