// SPDX-License-Identifier: Apache-2.0

interface ClosingStep {
  /** What is closed, for the log. */
  readonly what: string;
  /** When the next step begins at the latest, in milliseconds after `run` was called. */
  readonly endsByMs: number;
  /** Whether it waits for the disk. */
  readonly isDisk?: boolean;
  close(): Promise<unknown>;
}

interface ClosingLogger {
  warn(fields: object, message: string): void;
}

/**
 * What a process has opened and closes when it ends: last opened, first closed. Every step has a time
 * limit, so the process ends whatever a client, a switch or a disk does.
 */
export class ClosingSteps {
  readonly #logger: ClosingLogger;
  readonly #steps: ClosingStep[] = [];
  #hasBegun = false;

  constructor(logger: ClosingLogger) {
    this.#logger = logger;
  }

  /** Whether `run` has been called: nothing more needs to be opened. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  add(step: ClosingStep): void {
    this.#steps.push(step);
  }

  /** Runs the steps; resolves to those that did not end in time. */
  async run(): Promise<readonly ClosingStep[]> {
    this.#hasBegun = true;
    const began = performance.now();
    const late: ClosingStep[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      if (await endsWithin(step, began + step.endsByMs - performance.now())) continue;
      late.push(step);
      this.#logger.warn({ what: step.what }, "closing takes too long: vtap ends without it");
    }
    return late;
  }
}

async function endsWithin(step: ClosingStep, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const closed = step.close().then(() => true as const);
  try {
    return await Promise.race([closed, late]);
  } finally {
    clearTimeout(timer);
  }
}
