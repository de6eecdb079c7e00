// SPDX-License-Identifier: Apache-2.0
import type { LinkView } from "../../contract/links.ts";
import type { StatusView } from "../../contract/status.ts";
import type { SwitchView } from "../../contract/switches.ts";

/** A switch with ports of a project, without its session, and without what it counts and refuses of others. */
export function switchForProject(view: SwitchView): SwitchView {
  const { address, transport, certificate, role, fragmentMode, ovsdb, ...switchFacts } = view;
  const { refused, overriding, markRead, forgedFrames, ...facts } = switchFacts;
  return facts;
}

/** A link of a project, without what contradicts it and what it carries: that may follow from links of others. */
export function linkForProject({ problem: _, role: _role, ...view }: LinkView): LinkView {
  return view;
}

/** The status without the disk of the server, and without the addresses for switches. */
export function statusForProject({ openflow: _, ...view }: StatusView): StatusView {
  return { ...view, storage: { state: view.storage.state } };
}
