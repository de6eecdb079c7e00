// SPDX-License-Identifier: Apache-2.0

import type { PolicyView } from "../../contract/policies.ts";
import { openDraft, openEditor } from "../app/editing.ts";
import { go } from "../app/route.ts";
import { toast } from "../app/toasts.ts";
import { isEnabled, type PolicyRow } from "../data/policy-row.ts";
import { get } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { isLive, status } from "../data/store.ts";
import { copyText } from "../ui/copy-button.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import {
  deletePolicies,
  PREVIEW,
  policyJson,
  policyPath,
  REMOVE,
  setEnabled,
  WRITE,
} from "./actions.ts";
import {
  curlCommand,
  documentOf,
  duplicate,
  frameQuestion,
  reversed,
  vtapCommand,
} from "./document.ts";

interface RowMenuProps {
  readonly row: PolicyRow;
  readonly tabIndex?: number;
  readonly text?: string;
}

/** What can be done with one policy. */
export function RowMenu({ row, tabIndex = 0, text }: RowMenuProps) {
  return (
    <Menu
      label={`Actions of ${row.id}`}
      tabIndex={tabIndex}
      {...(text !== undefined && { text, icon: "⋯" })}
      items={() => itemsOf(row)}
    />
  );
}

/** Why a policy cannot be changed here; undefined: it can. */
export function readOnlyReason(row: PolicyRow, operation: string): string | undefined {
  if (!isLive.value) return "There is no connection to the controller.";
  if (!may(operation)) return "Your role does not allow it.";
  if (row.origin === "file") return `The file ${row.owner} owns it: change it there.`;
  return undefined;
}

/** Why copies of a policy cannot be shown; undefined: they can. */
function previewRefusal({ state }: PolicyRow): string | undefined {
  if (!may(PREVIEW)) return "Your role does not allow it.";
  if (status.value?.previews === false) {
    return "Previews are off on this server: its administrator sets preview to true.";
  }
  return state === "active" || state === "degraded"
    ? undefined
    : `It is ${state}: nothing is copied.`;
}

function itemsOf(row: PolicyRow): (MenuItem | undefined)[] {
  const { id } = row;
  const whyNot = readOnlyReason(row, WRITE);
  const whyNotNew = may("POST /api/v1/policies") ? undefined : "Your role does not allow it.";
  const whyKept = readOnlyReason(row, REMOVE);
  const change = { disabled: whyNot !== undefined, why: whyNot };
  const whyNoPreview = previewRefusal(row);
  const preview = { disabled: whyNoPreview !== undefined, why: whyNoPreview };
  const create = { disabled: whyNotNew !== undefined, why: whyNotNew };
  return [
    { label: row.origin === "file" ? "View in the editor" : "Edit", run: () => openEditor(id) },
    { label: "Duplicate", run: () => void draftOf(id, duplicate), ...create },
    { label: "Reverse", run: () => void draftOf(id, reversed), ...create },
    {
      label: isEnabled(row) ? "Disable" : "Enable",
      run: () => void setEnabled([id], !isEnabled(row)),
      ...change,
    },
    undefined,
    { label: "Explain a frame of it", run: () => void explainFrameOf(id) },
    { label: "Preview frames", run: () => go(["policies", id], { tab: "frames" }), ...preview },
    { label: "Show on the map", run: () => go(["map"], { policy: id }) },
    undefined,
    { label: "Copy as JSON", run: () => void copy(policyJson(id)) },
    { label: "Copy as curl", run: () => void copyCommand(id, curlCommand) },
    { label: "Copy as vtap", run: () => void copyCommand(id, vtapCommand) },
    undefined,
    {
      ...{ label: "Delete", kind: "danger", run: () => void deletePolicies([id]) },
      ...{ disabled: whyKept !== undefined, why: whyKept },
    },
  ];
}

type Document = Readonly<Record<string, unknown>>;

async function draftOf(id: string, change: (document: Document) => Document): Promise<void> {
  openDraft(change(documentOf(await get<PolicyView>(policyPath(id)))));
}

async function explainFrameOf(id: string): Promise<void> {
  go(["explain"], frameQuestion(documentOf(await get<PolicyView>(policyPath(id)))));
}

async function copyCommand(
  id: string,
  command: (document: Document, origin: string) => string,
): Promise<void> {
  await copy(
    get<PolicyView>(policyPath(id)).then((view) => command(documentOf(view), location.origin)),
  );
}

async function copy(text: Promise<string>): Promise<void> {
  if (await copyText(await text)) toast("Copied.", { tone: "good", forMs: 2500 });
}
