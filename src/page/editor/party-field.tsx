// SPDX-License-Identifier: Apache-2.0
import { hosts, switches } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { Combobox } from "../ui/combobox.tsx";
import { Field } from "./field.tsx";
import {
  monitorFromText,
  monitorToText,
  normalMac,
  partyFromText,
  partyLines,
  partyOfLines,
  partyToText,
} from "./party-text.ts";
import { errorsAt } from "./pointers.ts";
import type { EditorState } from "./state.ts";
import { suggestParties } from "./suggestions.ts";
import { useLines } from "./use-lines.ts";

interface PartyFieldProps {
  readonly state: EditorState;
  readonly member: "sender" | "receiver";
}

const PLACEHOLDER = "host, MAC, IP, prefix, switch:port or any";

/** A sender or receiver: one line, or several of which any holds. */
export function PartyField({ state, member }: PartyFieldProps) {
  const label = member === "sender" ? "Sender" : "Receiver";
  return (
    <LinesField
      state={state}
      label={label}
      pointer={`/${member}`}
      texts={partyLines(state.document.value?.[member])}
      onLines={(lines) => state.change({ [member]: partyOfLines(lines) })}
      placeholder={PLACEHOLDER}
      addLabel={`Or another ${member}`}
    />
  );
}

/** The monitors, in the order of the document. */
export function MonitorsField({ state }: Pick<PartyFieldProps, "state">) {
  const monitors = state.document.value?.monitors;
  const list = Array.isArray(monitors) ? monitors : [{}];
  return (
    <LinesField
      state={state}
      label="Monitors"
      pointer="/monitors"
      texts={list.map(monitorToText)}
      onLines={(lines) => state.change({ monitors: lines.map(monitorFromText) })}
      placeholder="host, MAC or IP; a | b shares the flows"
      addLabel="Another monitor"
      isMonitor
    />
  );
}

interface LinesFieldProps {
  readonly state: EditorState;
  readonly label: string;
  readonly pointer: string;
  readonly texts: readonly (string | undefined)[];
  readonly onLines: (lines: readonly string[]) => void;
  readonly placeholder: string;
  readonly addLabel: string;
  readonly isMonitor?: boolean;
}

function LinesField(props: LinesFieldProps) {
  const { state, label, pointer, texts, placeholder, isMonitor = false } = props;
  const { lines, setLines } = useLines(texts, props.onLines, (line) =>
    String(isMonitor ? monitorToText(monitorFromText(line)) : partyToText(partyFromText(line))),
  );
  const isReadOnly = state.isReadOnly.value;
  const isEmpty = texts.every((text) => text === "");
  const errors =
    isEmpty && state.isNew && !state.isTried.value ? [] : errorsAt(state.errors.value, pointer);
  if (texts.includes(undefined)) {
    return (
      <Field label={label} pointer={pointer} errors={errors}>
        {() => <p class="hint">This is more than a line can say: change it as JSON.</p>}
      </Field>
    );
  }
  const setLine = (index: number, text: string) =>
    setLines(lines.map((line, each) => (each === index ? text : line)));
  const suggest = (text: string) => {
    const known = { hosts: hosts.value?.values() ?? [], switches: switches.value ?? [] };
    return suggestParties(text, known, { isMonitor });
  };
  return (
    <Field label={label} pointer={pointer} errors={errors} hint={macHint(lines)}>
      {(describedBy) => (
        <>
          {lines.map((line, index) => (
            <div class="line" key={index}>
              <Combobox
                label={lines.length > 1 ? `${label} ${index + 1}` : label}
                value={line}
                placeholder={placeholder}
                disabled={isReadOnly}
                describedBy={describedBy}
                isInvalid={errors.length > 0}
                suggest={suggest}
                onChange={(text) => setLine(index, text)}
              />
              {isMonitor && lines.length > 1 && (
                <Button
                  kind="quiet"
                  icon="↑"
                  label={`Move ${label} ${index + 1} up`}
                  disabled={isReadOnly || index === 0}
                  onClick={() => setLines(movedUp(lines, index))}
                />
              )}
              {lines.length > 1 && (
                <Button
                  kind="quiet"
                  icon="✕"
                  label={`Remove ${label} ${index + 1}`}
                  disabled={isReadOnly}
                  onClick={() => setLines(lines.filter((_, each) => each !== index))}
                />
              )}
            </div>
          ))}
          {!isReadOnly && (
            <Button kind="quiet" icon="+" onClick={() => setLines([...lines, ""])}>
              {props.addLabel}
            </Button>
          )}
        </>
      )}
    </Field>
  );
}

function movedUp(lines: readonly string[], index: number): string[] {
  const moved = [...lines];
  const [line] = moved.splice(index, 1);
  if (line !== undefined) moved.splice(index - 1, 0, line);
  return moved;
}

/** How an address that was pasted in another notation is read. */
function macHint(lines: readonly string[]): string | undefined {
  const read = lines
    .flatMap((line) => line.split(/\s+/))
    .flatMap((word) => {
      const mac = normalMac(word);
      return mac === undefined || mac === word ? [] : [mac];
    });
  return read.length > 0 ? `Read as ${read.join(", ")}.` : undefined;
}
