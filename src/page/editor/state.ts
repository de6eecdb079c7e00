// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import type { PolicyView } from "../../contract/policies.ts";
import type { PolicyDryRun } from "../../contract/policy-sets.ts";
import { type Draft, keepDraft, keptDraft, NEW } from "../app/editing.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { policyPath } from "../policies/actions.ts";
import { documentOf } from "../policies/document.ts";
import { isSame } from "./three-way.ts";

export type Document = Readonly<Record<string, unknown>>;

/** Where the editor begins with a new policy. */
const EMPTY: Document = { sender: {}, receiver: {}, direction: "both", monitors: [{}] };

/** What is in the editor. The text is what the user sees as JSON; the form shows the document that it is. */
export class EditorState {
  readonly id: string;
  readonly text = signal("");
  /** The policy as the server has it; undefined for a new one. */
  readonly stored = signal<PolicyView | undefined>(undefined);
  /** What the draft began with. */
  readonly base = signal<Document>({});
  readonly revision = signal<number | undefined>(undefined);
  readonly loading = signal<"loading" | "ready" | ProblemDocument>("loading");
  /** The draft of an earlier session of this tab. */
  readonly isRestored = signal(false);
  /** What the server has said of the latest document that it was asked about. */
  readonly dryRun = signal<PolicyDryRun | undefined>(undefined);
  readonly problem = signal<ProblemDocument | undefined>(undefined);
  readonly isChecking = signal(false);
  /** Whether the user has tried to save it: until then nothing is wrong with what is still empty. */
  readonly isTried = signal(false);

  readonly parsed = computed<{ readonly document?: Document; readonly mistake?: string }>(() => {
    try {
      const value: unknown = JSON.parse(this.text.value);
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return { mistake: "a policy is an object: { … }" };
      }
      return { document: value as Document };
    } catch (error) {
      return { mistake: error instanceof Error ? error.message : String(error) };
    }
  });

  readonly document = computed<Document | undefined>(() => this.parsed.value.document);
  readonly isNew: boolean;
  readonly isReadOnly = computed(() => this.stored.value?.origin.kind === "file");
  readonly isChanged = computed(() => !isSame(this.document.value, this.base.value));
  /** Of a new policy in which nothing is written yet no mistakes are listed. */
  readonly isUntouched = computed(() => this.isNew && !this.isChanged.value);
  readonly errors = computed(() => this.problem.value?.errors ?? []);

  #sequence = 0;
  #abort = new AbortController();

  constructor(id: string) {
    this.id = id;
    this.isNew = id === NEW;
  }

  async load(): Promise<void> {
    const draft = keptDraft(this.id);
    if (this.isNew) {
      this.base.value = EMPTY;
      this.text.value = draft?.text ?? textOf(EMPTY);
      this.loading.value = "ready";
      return;
    }
    try {
      const { body } = await request<PolicyView>("GET", policyPath(this.id));
      this.#begin(body, draft);
      this.loading.value = "ready";
    } catch (error) {
      this.loading.value = problemFrom(error);
    }
  }

  #begin(policy: PolicyView, draft?: Draft): void {
    const document = documentOf(policy);
    this.stored.value = policy;
    this.base.value = draft?.base === undefined ? document : (JSON.parse(draft.base) as Document);
    this.revision.value = draft?.revision ?? policy.revision;
    this.text.value = draft?.text ?? textOf(document);
    this.isRestored.value = draft !== undefined;
  }

  /** Changes the document as a form does; members that are undefined are removed. */
  change(members: Document): void {
    const next = { ...this.document.value, ...members };
    const kept = Object.entries(next).filter(([, value]) => value !== undefined);
    this.setText(textOf(Object.fromEntries(kept)));
  }

  setText(text: string): void {
    this.text.value = text;
    const draft = { text, base: JSON.stringify(this.base.value) };
    const { value: revision } = this.revision;
    keepDraft(this.id, revision === undefined ? draft : { ...draft, revision });
  }

  /** Begins again with what the server has. */
  discard(): void {
    keepDraft(this.id, undefined);
    this.isRestored.value = false;
    const { value: policy } = this.stored;
    if (policy) this.#begin(policy);
    else this.text.value = textOf(EMPTY);
  }

  /** Goes on with a merged document, on top of another revision. */
  rebase(policy: PolicyView, document: Document): void {
    this.stored.value = policy;
    this.base.value = documentOf(policy);
    this.revision.value = policy.revision;
    this.setText(textOf(document));
  }

  /** Asks the server what the document would do; an answer that is overtaken by a later one is dropped. */
  async check(): Promise<void> {
    const { value: document } = this.document;
    const sequence = ++this.#sequence;
    this.#abort.abort();
    if (!document) return;
    this.#abort = new AbortController();
    this.isChecking.value = true;
    try {
      const { body } = await request<PolicyDryRun>("POST", "/policies:validate", {
        body: document,
        signal: this.#abort.signal,
      });
      if (sequence !== this.#sequence) return;
      this.dryRun.value = body;
      this.problem.value = undefined;
    } catch (error) {
      if (sequence !== this.#sequence) return;
      this.problem.value = problemFrom(error);
      this.dryRun.value = undefined;
    } finally {
      if (sequence === this.#sequence) this.isChecking.value = false;
    }
  }

  /**
   * Writes the policy, if it is still at the revision that the draft began with.
   *
   * @throws RequestError
   */
  async save(): Promise<PolicyView> {
    const { value: document = {} } = this.document;
    const { value: revision } = this.revision;
    const { body } = this.isNew
      ? await request<PolicyView>("POST", "/policies", { body: document })
      : await request<PolicyView>("PUT", policyPath(this.id), {
          body: document,
          headers: { "if-match": `"${revision}"` },
        });
    keepDraft(this.id, undefined);
    return body;
  }

  close(): void {
    this.#sequence++;
    this.#abort.abort();
  }
}

function textOf(document: Document): string {
  return JSON.stringify(document, null, 2);
}
