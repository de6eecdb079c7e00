// SPDX-License-Identifier: Apache-2.0

import type { HostView } from "../../contract/hosts.ts";
import { NEW, openDraft, openEditor } from "../app/editing.ts";
import { href } from "../app/hash.ts";
import { may } from "../data/session-state.ts";
import { hosts, isLive, switches } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";

type Document = Readonly<Record<string, unknown>>;

/** What stands where there is no policy yet: first policies of hosts that exist. */
export function Starters() {
  if (!may("POST /api/v1/policies")) {
    return <EmptyState title="There are no policies">Your role may not create one.</EmptyState>;
  }
  const known = [...(hosts.value?.values() ?? [])];
  if (switches.value?.length === 0) {
    return (
      <EmptyState
        title="No switch is connected yet"
        actions={
          <a class="button primary" href={href(["network", "switches"])}>
            Connect a switch
          </a>
        }
      >
        Policies can be written now; they wait until their switches connect.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="There are no policies yet">
      <p>A policy says whose frames are copied, and to which monitor. Start with one of these:</p>
      <div class="starters">
        {starters(known).map(({ title, text, document }) => (
          <button
            key={title}
            type="button"
            class="starter"
            disabled={!isLive.value}
            onClick={() => openDraft(document)}
          >
            <strong>{title}</strong>
            <span class="muted">{text}</span>
          </button>
        ))}
      </div>
      <p>
        <Button kind="quiet" disabled={!isLive.value} onClick={() => openEditor(NEW)}>
          Or start with an empty policy
        </Button>
      </p>
    </EmptyState>
  );
}

/** Three policies with hosts of this network; without hosts the fields stay empty. */
function starters(
  hosts: readonly HostView[],
): { readonly title: string; readonly text: string; readonly document: Document }[] {
  const monitor = hosts.find(({ role }) => role === "monitor") ?? hosts.at(-1);
  const [a, b] = hosts.filter((host) => host !== monitor);
  const names = [a, b, monitor].map((host) => host && hostLabel(host));
  const monitors = monitor ? [partyOf(monitor)] : [];
  return [
    {
      title: "Between two hosts",
      text: names[1]
        ? `${names[0]} ⇄ ${names[1]}, to ${names[2]}`
        : "both directions, to a monitor",
      document: { sender: partyOf(a), receiver: partyOf(b), direction: "both", monitors },
    },
    {
      title: "Everything of a host",
      text:
        names[0] && a !== monitor
          ? `all frames of ${names[0]}, to ${names[2]}`
          : "all its frames, to a monitor",
      document: { sender: partyOf(a), receiver: "any", direction: "both", monitors },
    },
    {
      title: "By VLAN and port",
      text: names[2]
        ? `VLAN 10, TCP port 443, to ${names[2]}`
        : "VLAN 10, TCP port 443, to a monitor",
      document: {
        ...{ sender: "any", receiver: "any", monitors },
        filters: { vlan_vid: 10, tcp_dst: 443 },
      },
    },
  ];
}

function hostLabel({ name, mac }: HostView): string {
  return name ?? mac;
}

function partyOf(host: HostView | undefined): Document {
  if (!host) return {};
  return host.name === undefined ? { mac: host.mac } : { host: host.name };
}
