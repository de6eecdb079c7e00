// SPDX-License-Identifier: Apache-2.0
import "../styles/about.css";
import { useEffect } from "preact/hooks";
import { setTheme, type Theme, theme } from "../app/theme.ts";
import { readNow } from "../data/live.ts";
import { session } from "../data/session-state.ts";
import { status } from "../data/store.ts";
import { LetterKeys } from "../shell/letter-keys.tsx";
import { formatAge, formatTime, UNKNOWN } from "../ui/format.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { Badge } from "../ui/state-badge.tsx";
import { Terms } from "../ui/terms.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { SettingsPanel } from "./settings-panel.tsx";

/** The controller behind the page, and how the page looks. */
export default function AboutScreen() {
  useDocumentTitle("About");
  // Counts of switches, links and hosts are those of the last reading.
  useEffect(() => void readNow("status"), []);
  const current = status.value;
  if (!current) return <Skeleton />;
  const { version, startedAt, storage, switches, links, hosts, policies } = current;
  return (
    <div class="page-body">
      <h1>About</h1>
      <div class="panels">
        <section class="panel">
          <h2>Controller</h2>
          <Terms
            rows={[
              ["Version", version],
              ["Running since", `${formatTime(startedAt)} (${formatAge(startedAt, Date.now())})`],
              ["Ready", current.ready ? "yes" : "not yet"],
              [
                "Switches use",
                current.openflow?.map(({ host, port, tls }) => (
                  <p key={`${host} ${port}`}>
                    {host.includes(":") ? `[${host}]` : host}:{port}
                    {tls ? ", TLS" : ""}
                  </p>
                )),
              ],
              [
                "Storage",
                <Badge
                  key="storage"
                  tone={storage.state === "working" ? "good" : "bad"}
                  glyph={storage.state === "working" ? "●" : "✕"}
                  word={storage.state}
                />,
              ],
              [
                "Switches",
                `${switches.connected} connected, ${switches.configured} configured, ${switches.quarantined} in quarantine`,
              ],
              ["Links", links],
              ["Hosts", hosts],
              ["Policies", policies.total],
            ]}
          />
        </section>
        <div class="panel-stack">
          <section class="panel">
            <h2>You</h2>
            <Terms
              rows={[
                ["User", session.value?.user ?? "anonymous"],
                [
                  "Role",
                  session.value?.role ??
                    (session.value?.authentication ? UNKNOWN : "everything: no authentication"),
                ],
                ["Project", session.value?.project],
                ["Session ends", session.value?.expiresAt && formatTime(session.value.expiresAt)],
              ]}
            />
          </section>
          <section class="panel">
            <h2>Further</h2>
            <ul class="plain-list">
              <li>
                <a href="docs">Reference of the REST API</a>, and{" "}
                <a href="openapi.json">openapi.json</a>
              </li>
              <li>
                <a href="metrics">Metrics</a> for Prometheus: longer history belongs there
              </li>
              <li class="muted">
                The documentation is in <code>docs</code> of the package: <code>docs/page.md</code>{" "}
                is about this page.
              </li>
            </ul>
          </section>
        </div>
        <section class="panel">
          <h2>This page</h2>
          <label class="stacked">
            Theme
            <select
              class="field"
              value={theme.value}
              onChange={(event) => setTheme(event.currentTarget.value as Theme)}
            >
              <option value="system">as the system</option>
              <option value="light">light</option>
              <option value="dark">dark</option>
            </select>
          </label>
          <LetterKeys />
        </section>
        <SettingsPanel />
      </div>
    </div>
  );
}
