// SPDX-License-Identifier: Apache-2.0
import { type FileHandle, open } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { defined } from "../../lang/defined.ts";
import { type CliDependencies, EXIT, type Finish, reportErrors } from "../dependencies.ts";
import { writeLines } from "../output/output.ts";
import { fileFailure } from "../read-files.ts";
import {
  addClientFlags,
  type Client,
  type ClientFlags,
  problemLines,
  withClient,
} from "./client-command.ts";

/** The flags of `vtap preview`, as commander returns them. */
interface PreviewFlags {
  /** A file, or `-`: standard output. */
  readonly write?: string;
  readonly packets?: number;
  readonly seconds?: number;
  readonly bytes?: number;
  readonly whole?: boolean;
  readonly monitor?: string;
}

/** `vtap preview`. */
export function addPreview(program: Command, dependencies: CliDependencies, finish: Finish): void {
  addClientFlags(
    program.command("preview").description("show copies of a policy as a monitor gets them"),
  )
    .argument("<ID>", "the policy")
    .option("-w, --write <FILE>", "write a pcapng file; -: to standard output, for tcpdump -r -")
    .option("--packets <N>", "end after so many frames (default: 100)", wholeNumber)
    .option("--seconds <N>", "end after this time (default: 10)", wholeNumber)
    .option("--bytes <N>", "bytes of each frame (default: 256)", wholeNumber)
    .option("--whole", "whole frames")
    .option("--monitor <NAME>", "the monitor, as the policy names it (default: the first)")
    .action(
      async (id: string, { server, tokenFile, ca, json, ...flags }: ClientFlags & PreviewFlags) =>
        finish(
          await withClient(dependencies, defined({ server, tokenFile, ca, json }), (client) =>
            previewPolicy(client, id, flags),
          ),
        ),
    );
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number.");
}

/** Only the owner may read what frames contain. */
const MODE = 0o600;

/** `vtap preview ID`: prints copies as a monitor gets them, or writes them as a capture file. */
async function previewPolicy(client: Client, id: string, flags: PreviewFlags): Promise<number> {
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
