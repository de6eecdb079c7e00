// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { ConflictHistoryView } from "../../contract/host-conflicts.ts";
import type { HostView } from "../../contract/hosts.ts";
import type { PolicyRowsView } from "../../contract/observation/policy-rows.ts";
import { href } from "../app/hash.ts";
import { toast } from "../app/toasts.ts";
import { rowsPath, usePolicyWrites } from "../data/policy-list.ts";
import { rowsOf } from "../data/policy-row.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { isLive } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { formatAge, formatCount, plural } from "../ui/format.ts";
import { Problem } from "../ui/problem.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { useResource } from "../ui/use-resource.ts";
import { HostForm } from "./host-form.tsx";

/** What concerns a host: the policies that name it, who sees its frames, conflicts; and its place. */
export function HostDetail({ host }: { readonly host: HostView }) {
  const { name, mac, origin, conflicts = [] } = host;
  const [isEditing, setEditing] = useState(false);
  return (
    <div class="host-detail">
      <NamingPolicies mac={mac} />
      <Observers mac={mac} />
      {conflicts.length > 0 && (
        <section>
          <h3>Conflicts</h3>
          <ul>
            {conflicts.map((conflict) => (
              <li key={conflict.kind + conflict.since}>
                {conflictText(conflict)}{" "}
                <span class="muted">
                  {plural(conflict.count, "frame")}, last {formatAge(conflict.lastSeen, Date.now())}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="host-actions">
        <a class="button" href={href(["map"], { item: `host:${mac}` })}>
          Show on the map
        </a>
        <a class="button" href={href(["explain"], { at: name ?? mac })}>
          Explain a frame from here
        </a>
        {origin === "file" ? (
          <p class="muted">A topology file names it: change the file to move it.</p>
        ) : (
          <HostForm
            isOpen={isEditing}
            onToggle={setEditing}
            kept={keptMembers(host)}
            fields={{
              ...{ name: name ?? "", mac, ips: host.ips.join(", ") },
              ...{ switch: host.switch, port: String(host.port) },
            }}
          />
        )}
        {origin !== "file" && <Forget host={host} />}
      </section>
    </div>
  );
}

const MOST_LISTED = 20;

/** Policies that name the host as an end or monitor, by its name or one of its addresses. */
function NamingPolicies({ mac }: { readonly mac: string }) {
  const q = `host:${mac}`;
  const path = rowsPath({ q, limit: MOST_LISTED });
  const { value } = useResource<PolicyRowsView>(path, [usePolicyWrites()]);
  const rows = value && rowsOf(value);
  return (
    <section>
      <h3>Policies that name it</h3>
      {rows?.length === 0 && <p class="muted">None. Prefixes and “any” may still select it.</p>}
      <ul>
        {rows?.map(({ id, state }) => (
          <li key={id}>
            <a href={href(["policies", id])}>{id}</a> <StateBadge state={state} />
          </li>
        ))}
      </ul>
      {value !== undefined && value.total > MOST_LISTED && (
        <a href={href(["policies"], { q })}>All {formatCount(value.total)}</a>
      )}
    </section>
  );
}

/** What a move of the host must not change. */
function keptMembers({ role, sharedPort, origin, project }: HostView): object {
  return {
    ...(role && { role }),
    ...(sharedPort && { sharedPort }),
    // The project of a learned host is that of its port.
    ...(project !== undefined && origin === "api" && { project }),
  };
}

interface Observer {
  readonly id?: string;
  readonly name?: string;
  readonly monitors?: readonly string[];
  readonly requester?: string;
  readonly reason?: string;
}

/** Policies that copy frames of the host; a server without the question shows nothing. */
function Observers({ mac }: { readonly mac: string }) {
  const { value, problem } = useResource<{ readonly items: readonly Observer[] }>(
    may("GET /api/v1/hosts/{mac}/observers")
      ? `/hosts/${encodeURIComponent(mac)}/observers`
      : undefined,
  );
  if (!value || problem) return null;
  return (
    <section>
      <h3>Who sees its frames</h3>
      {value.items.length === 0 && <p class="muted">No policy copies its frames.</p>}
      <ul>
        {value.items.map(({ id, name, monitors = [], requester, reason }) => (
          <li key={id ?? name}>
            {id === undefined ? name : <a href={href(["policies", id])}>{name ?? id}</a>}
            {monitors.length > 0 && ` to ${monitors.join(", ")}`}{" "}
            <span class="muted">{[requester, reason].filter(Boolean).join(": ")}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Removes a host that a client has named: it is learned again from its frames, at the port where they enter. */
function Forget({ host: { mac, name, origin } }: { readonly host: HostView }) {
  const [problem, setProblem] = useState<ProblemDocument>();
  if (!may("DELETE /api/v1/hosts/{mac}")) return null;
  const run = async () => {
    try {
      await request("DELETE", `/hosts/${encodeURIComponent(mac)}`);
      toast(`${name ?? mac} is ${origin === "api" ? "unpinned" : "forgotten"}.`);
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  return (
    <>
      <Button disabled={!isLive.value} onClick={() => void run()}>
        {origin === "api" ? "Unpin" : "Forget"}
      </Button>
      {problem && <Problem problem={problem} />}
    </>
  );
}

/** A conflict in words. */
function conflictText(conflict: ConflictHistoryView): string {
  const place = ({ switch: name, port }: { switch: string; port: number | string }) =>
    `${name}:${port}`;
  switch (conflict.kind) {
    case "place":
      return `It was seen at ${place(conflict.at)}, not where it is configured. It is not moved.`;
    case "address":
      return `${conflict.ip} is used by ${conflict.macs.join(" and ")}.`;
    case "flapping":
      return `It is seen at ${place(conflict.held)} and ${place(conflict.at)} in turn, and kept at the first.`;
    case "former":
      return `It has moved to ${place(conflict.at)}; frames of it still enter at ${place(conflict.former)}.`;
    case "monitor":
      return `Its address was seen at ${place(conflict.at)}. It is kept at ${place(conflict.held)}.`;
    case "mark":
      return `It has an address of the tap marks, at ${place(conflict.at)}, and is not learned.`;
    default:
      throw new Error(conflict satisfies never);
  }
}
