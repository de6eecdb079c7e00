// SPDX-License-Identifier: Apache-2.0
import type { AttachmentView } from "../../contract/attachment.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { LinkEvent } from "./network.ts";

/** Logs a link that appeared, disappeared or changed; as a warning what an operator should look at. */
export function logLinkChange(logger: Logger, { old, new: now }: LinkEvent): void {
  const link = now ?? old;
  if (!link || (old?.state === now?.state && old?.up === now?.up)) return;
  const { origin, problem } = link;
  const ends = { a: endText(link.a), b: endText(link.b) };
  const fields = { ...ends, origin, ...(problem === undefined ? {} : { problem }) };
  if (!now) logger.info(fields, "link gone");
  else if (now.state === "up") logger.info(fields, "link up");
  else if (now.state === "down") logger.warn(fields, "link down");
  else logger.warn(fields, WARNINGS[now.state]);
}

const WARNINGS = {
  unidirectional: "probes cross the link in one direction only",
  selfLoop: "a cable leads back to its own switch: the link is not used",
  shared: "more than two switch ports receive each other's probes: the link is not used",
  contradicted:
    "a discovered link contradicts a topology file or a host: the file or host takes precedence",
} as const;

function endText({ switch: name, port }: AttachmentView): string {
  return `${name} port ${port}`;
}
