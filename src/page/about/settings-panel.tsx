// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { SettingsView, SettingView } from "../../contract/observation/settings.ts";
import { may } from "../data/session-state.ts";
import { plural } from "../ui/format.ts";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { useResource } from "../ui/use-resource.ts";
import { clauseParts, valueText } from "./setting-text.ts";

/** The settings that the controller runs with: first those that differ from their defaults. */
export function SettingsPanel() {
  const isAllowed = may("GET /api/v1/settings");
  const { value, problem, reload } = useResource<SettingsView>(isAllowed ? "/settings" : undefined);
  const [showsAll, setShowsAll] = useState(false);
  const items = value?.items ?? [];
  const changed = items.filter(({ isDefault }) => !isDefault);
  return (
    <section class="panel wide">
      <h2>
        Settings in force
        {value && (
          <span class="muted">
            {changed.length} of {plural(items.length, "setting")} not at the default
          </span>
        )}
      </h2>
      {!isAllowed && <p class="muted">Your role does not allow it: administrators see them.</p>}
      {problem && problem.status !== 404 && <Problem problem={problem} retry={reload} />}
      {isAllowed && !value && !problem && <Skeleton lines={6} />}
      {value && (
        <>
          <label class="check">
            <input
              type="checkbox"
              checked={showsAll}
              onChange={(event) => setShowsAll(event.currentTarget.checked)}
            />
            Show those at their default, too
          </label>
          <Settings items={showsAll ? items : changed} />
          <p class="muted small">
            They are read at the start: flags before variables before the config file.{" "}
            <code>vtap serve --help</code> lists the flags.
          </p>
        </>
      )}
    </section>
  );
}

function Settings({ items }: { readonly items: readonly SettingView[] }) {
  if (items.length === 0) return <p>All settings are at their defaults.</p>;
  return (
    <dl class="settings">
      {items.map((setting) => (
        <div key={setting.name}>
          <dt>
            <code>{setting.name}</code>
          </dt>
          <dd>
            <Value setting={setting} />
            <p class="muted">
              {clauseParts(setting.description).map(({ text, isCode }, index) =>
                isCode ? <code key={index}>{text}</code> : text,
              )}
            </p>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ setting }: { readonly setting: SettingView }) {
  const text = valueText(setting);
  const { otherwise, isDefault } = setting;
  return (
    <p>
      {text === undefined ? (
        <span>{clauseParts(otherwise ?? "not in force").map(({ text }) => text)}</span>
      ) : (
        <code class="setting-value">{text}</code>
      )}
      {isDefault && <span class="muted"> default</span>}
    </p>
  );
}
