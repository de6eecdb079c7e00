// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from "node:fs/promises";
import { defined } from "../../lang/defined.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { writeLines } from "../output/output.ts";
import { fileFailure } from "../read-files.ts";
import { type Client, problemLines } from "./client-command.ts";

/** The flags of `vtap preview`, as commander returns them. */
export interface PreviewFlags {
  /** A file, or `-`: standard output. */
  readonly write?: string;
  readonly packets?: number;
  readonly seconds?: number;
  readonly bytes?: number;
  readonly whole?: boolean;
  readonly monitor?: string;
}

/** Only the owner may read what frames contain. */
const MODE = 0o600;

/** `vtap preview ID`: prints copies as a monitor gets them, or writes them as a capture file. */
export async function previewPolicy(
  client: Client,
  id: string,
  flags: PreviewFlags,
): Promise<number> {
  const { dependencies } = client;
  const interrupted = new AbortController();
  const stop = dependencies.onInterrupt(() => interrupted.abort());
  let file: FileHandle | undefined;
  try {
    const { write: to, ...asked } = flags;
    const path = `/policies/${encodeURIComponent(id)}:preview`;
    const answer = await client.rest.stream("POST", path, defined(asked), interrupted.signal);
    if (!answer.ok) return reportErrors(dependencies, problemLines(answer.problem), EXIT.failed);
    // Not before: a request that is refused leaves an older file as it is.
    file = to === undefined || to === "-" ? undefined : await open(to, "w", MODE);
    await take(client, answer.parts, to, file);
    return EXIT.ok;
  } catch (error) {
    if (interrupted.signal.aborted) return EXIT.ok;
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return reportErrors(dependencies, [`${flags.write}: ${fileFailure(error)}`], EXIT.failed);
  } finally {
    stop();
    await file?.close();
  }
}

/** Takes whole blocks only, so that the file is valid wherever it ends. */
async function take(
  { json, dependencies: { stdout, readCapture } }: Client,
  parts: AsyncIterable<Uint8Array>,
  to: string | undefined,
  file: FileHandle | undefined,
): Promise<void> {
  const read = readCapture();
  for await (const part of parts) {
    // The reader of a pipe has gone: the preview ends.
    if (file === undefined && stdout.destroyed) return;
    for (const { bytes, frame } of read(part)) {
      if (file !== undefined) await file.write(bytes);
      else if (to === "-") stdout.write(bytes);
      else if (frame !== undefined && json) stdout.write(`${JSON.stringify(frame)}\n`);
      else if (frame !== undefined) writeLines(stdout, [`${frame.at} ${frame.text}`]);
    }
  }
}
