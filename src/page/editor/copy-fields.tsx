// SPDX-License-Identifier: Apache-2.0
import { Field } from "./field.tsx";
import { errorsAt } from "./pointers.ts";
import type { Document, EditorState } from "./state.ts";

interface Props {
  readonly state: EditorState;
}

const DELIVERIES = {
  auto: "auto: the first that carries the frame",
  rewrite: "rewrite: tap mark in the addresses",
  mark: "mark: one-sided mark",
  tag: "tag: an outer VLAN tag",
  overlay: "overlay: tunnels between hypervisors",
  mirror: "mirror: the switch's own, without entries",
} as const;

/** How copies are made and carried. */
export function CopyFields({ state }: Props) {
  const copy = (state.document.value?.copy ?? {}) as Document;
  const isReadOnly = state.isReadOnly.value;
  const set = (members: Document) => {
    const next = Object.entries({ ...copy, ...members }).filter(([, value]) => value !== undefined);
    state.change({ copy: next.length > 0 ? Object.fromEntries(next) : undefined });
  };
  const rate = (copy.rateLimit ?? {}) as Document;
  const unit = "pps" in rate ? "pps" : "kbps";
  const setRate = (text: string, by: string) => {
    const { kbps: _kbps, pps: _pps, ...rest } = rate;
    const value = numberOf(text);
    set({ rateLimit: value === undefined ? undefined : { [by]: value, ...rest } });
  };
  return (
    <Field label="Copies" pointer="/copy" errors={errorsAt(state.errors.value, "/copy")}>
      {() => (
        <div class="form-grid">
          <label>
            Delivery
            <select
              class="field"
              disabled={isReadOnly}
              value={String(copy.delivery ?? "auto")}
              onChange={({ currentTarget: { value } }) =>
                set({ delivery: value === "auto" ? undefined : value })
              }
            >
              {Object.entries(DELIVERIES).map(([value, text]) => (
                <option key={value} value={value}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label>
            First bytes only <span class="muted">needs Open vSwitch</span>
            <input
              class="field"
              inputMode="numeric"
              placeholder="whole frames"
              disabled={isReadOnly}
              value={String(copy.truncate ?? "")}
              onInput={({ currentTarget: { value } }) => set({ truncate: numberOf(value) })}
            />
          </label>
          <label>
            At most
            <span class="joined">
              <input
                class="field"
                inputMode="numeric"
                placeholder="no limit"
                disabled={isReadOnly}
                value={String(rate[unit] ?? "")}
                onInput={({ currentTarget: { value } }) => setRate(value, unit)}
              />
              <select
                class="field"
                aria-label="Unit of the limit"
                disabled={isReadOnly}
                value={unit}
                onChange={({ currentTarget: { value } }) =>
                  setRate(String(rate[unit] ?? ""), value)
                }
              >
                <option value="kbps">kbit/s</option>
                <option value="pps">packets/s</option>
              </select>
            </span>
          </label>
          <label>
            Share of the flows
            <input
              class="field"
              inputMode="decimal"
              placeholder="1: all"
              disabled={isReadOnly}
              value={String(copy.sample ?? "")}
              onInput={({ currentTarget: { value } }) => set({ sample: numberOf(value) })}
            />
          </label>
        </div>
      )}
    </Field>
  );
}

/** A number where the text is one; other texts go to the server, which says what is wrong. */
function numberOf(text: string): unknown {
  if (text.trim() === "") return undefined;
  const number = Number(text);
  // "0." is on the way to a number.
  return Number.isNaN(number) || text.endsWith(".") ? text : number;
}

/** What the policy is called and how long it lasts. */
export function NameFields({ state }: Props) {
  const document = state.document.value ?? {};
  const isReadOnly = state.isReadOnly.value;
  const set = (key: string) => (event: { currentTarget: HTMLInputElement }) =>
    state.change({
      [key]: event.currentTarget.value === "" ? undefined : event.currentTarget.value,
    });
  return (
    <Field
      label="Name"
      pointer="/name"
      errors={["/id", "/name", "/description", "/reason"].flatMap((pointer) =>
        errorsAt(state.errors.value, pointer),
      )}
    >
      {(describedBy) => (
        <div class="form-grid">
          <label>
            Id
            <input
              class="field mono"
              disabled={isReadOnly || !state.isNew}
              placeholder="made from the content"
              aria-describedby={describedBy}
              value={String(document.id ?? "")}
              onInput={set("id")}
            />
          </label>
          <label>
            Name
            <input
              class="field"
              disabled={isReadOnly}
              value={String(document.name ?? "")}
              onInput={set("name")}
            />
          </label>
          <label class="wide">
            Reason
            <input
              class="field"
              disabled={isReadOnly}
              placeholder="why it is needed"
              value={String(document.reason ?? "")}
              onInput={set("reason")}
            />
          </label>
        </div>
      )}
    </Field>
  );
}

/** From when until when the policy is in effect. */
export function LifeFields({ state }: Props) {
  const document = state.document.value ?? {};
  const isReadOnly = state.isReadOnly.value;
  const pointers = ["/expiresAt", "/enabled", "/schedule", "/stopAfter"];
  return (
    <Field
      label="In effect"
      pointer="/expiresAt"
      errors={pointers.flatMap((pointer) => errorsAt(state.errors.value, pointer))}
    >
      {() => (
        <div class="form-grid">
          <label>
            Until
            <input
              class="field"
              type="datetime-local"
              disabled={isReadOnly}
              value={localTime(document.expiresAt)}
              onInput={({ currentTarget: { value } }) =>
                state.change({
                  expiresAt: value === "" ? undefined : new Date(value).toISOString(),
                })
              }
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              disabled={isReadOnly}
              checked={document.enabled !== false}
              onChange={({ currentTarget: { checked } }) =>
                state.change({ enabled: checked ? undefined : false })
              }
            />
            Enabled
          </label>
        </div>
      )}
    </Field>
  );
}

/** A moment as a field of the browser takes it: local, without an offset. */
function localTime(value: unknown): string {
  const moment = new Date(String(value));
  if (value === undefined || Number.isNaN(moment.getTime())) return "";
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
