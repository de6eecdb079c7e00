// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../../lang/steps.ts";
import type { NoPreview, PreviewRequest } from "../../policy/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import type { StepQueue } from "../../runtime/index.ts";
import type { DesiredDelta } from "./compilation.ts";
import type { PreviewOverlay } from "./preview-overlay.ts";

/** Dependencies of `PreviewChanges`. */
interface PreviewChangesDeps {
  readonly overlay: Pick<PreviewOverlay, "adding" | "removing">;
  /** The compiler's: the overlay reads what is compiled. */
  readonly queue: StepQueue;
  readonly reconciler: Pick<Reconciler, "editing">;
  readonly overrides: { desiredChanged(changes: DesiredDelta["switches"]): void };
}

/** Adds previews to what is desired, and removes them: changes of an input, as edits of policies are. */
export class PreviewChanges {
  readonly #deps: PreviewChangesDeps;

  constructor(deps: PreviewChangesDeps) {
    this.#deps = deps;
  }

  /** Adds the entries of a preview to those that are desired; resolves to why it adds none. */
  add(request: PreviewRequest): Promise<NoPreview | undefined> {
    return this.#deps.queue.run(() => this.#adding(request), "urgent");
  }

  remove(number: number): void {
    this.#deps.queue.add("urgent", () => this.#removing(number));
  }

  *#adding(request: PreviewRequest): Steps<NoPreview | undefined> {
    const changes = yield* this.#deps.overlay.adding(request);
    if ("why" in changes) return changes;
    yield* this.#desiring(changes);
    return undefined;
  }

  *#removing(number: number): Steps<void> {
    yield* this.#desiring(yield* this.#deps.overlay.removing(number));
  }

  *#desiring(changes: DesiredDelta["switches"]): Steps<void> {
    const { reconciler, overrides } = this.#deps;
    yield* reconciler.editing(changes);
    overrides.desiredChanged(changes);
  }
}
