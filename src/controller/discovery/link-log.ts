import type { AttachmentView } from "../../contract/attachment.ts";
import type { ControllerEvent } from "../../contract/events.ts";
import type { Logger } from "../../runtime/logger.ts";

/** Tells the log of a link that came, went or changed: what needs somebody's attention as a warning. */
export function logLinkChange(
  logger: Logger,
  { old, new: now }: Extract<ControllerEvent, { readonly type: "linkChanged" }>,
): void {
  const link = now ?? old;
  if (!link || (old?.state === now?.state && old?.up === now?.up)) return;
  const { origin, problem } = link;
  const ends = { a: words(link.a), b: words(link.b) };
  const fields = { ...ends, origin, ...(problem === undefined ? {} : { problem }) };
  if (!now) logger.info(fields, "link gone");
  else if (now.state === "up") logger.info(fields, "link up");
  else if (now.state === "down") logger.warn(fields, "link down");
  else logger.warn(fields, WARNINGS[now.state]);
}

const WARNINGS = {
  unidirectional: "probes come through a link one way only",
  selfLoop: "a cable leads back to its own switch: not used",
  shared: "more than two switch ports hear each other: not used",
  contradicted: "a link was found where a topology file or host says otherwise: the file holds",
} as const;

function words({ switch: name, port }: AttachmentView): string {
  return `${name} port ${port}`;
}
