// SPDX-License-Identifier: Apache-2.0
import type { ExplainRequest, Explanation } from "../../contract/explain.ts";
import { EXIT, reportErrors } from "../dependencies.ts";
import { type Client, printAnswer } from "./client-command.ts";

/** The flags of `vtap explain`. */
export interface ExplainFlags {
  readonly at?: string;
  readonly to?: string;
  readonly hex?: string;
  readonly policy?: readonly string[];
}

/**
 * `vtap explain`: the path of a frame, and its copies. Exit code 1 reports a defect: the tables do not
 * implement the policies.
 */
export async function explainFrame(
  client: Client,
  words: readonly string[],
  flags: ExplainFlags,
): Promise<number> {
  const request = requestOf(words, flags);
  if (typeof request === "string") return reportErrors(client.dependencies, [request], EXIT.usage);
  const answer = await client.rest.request("POST", "/explain", request);
  const code = printAnswer<Explanation>(client, answer, explanationLines);
  const disagrees = answer.ok && !(answer.body as Explanation).agreement.ok;
  return disagrees ? EXIT.failed : code;
}

/** The request, or the error in the command. */
function requestOf(
  words: readonly string[],
  { at, to, hex, policy }: ExplainFlags,
): ExplainRequest | string {
  if (hex !== undefined && words.length > 0) {
    return "--hex and fields both describe the frame, give only one of them";
  }
  const fields: Record<string, string | number> = {};
  for (const word of words) {
    const [, name, value] = /^([a-z0-9_]+)=(.+)$/i.exec(word) ?? [];
    if (name === undefined || value === undefined) {
      return `"${word}" is not a field, write it like tcp_dst=80`;
    }
    fields[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  const place = at === undefined ? undefined : placeOf(at);
  return {
    frame: hex ?? fields,
    ...(place === undefined ? {} : { at: place }),
    ...(to === undefined ? {} : { to: { host: to } }),
    ...(policy === undefined ? {} : { policies: policy }),
  };
}

/** `h1` is a host; `s1:3` and `s1:eth3` are ports of a switch. */
function placeOf(text: string): NonNullable<ExplainRequest["at"]> {
  const [, name, port] = /^(.+):([^:]+)$/.exec(text) ?? [];
  if (name === undefined || port === undefined) return { host: text };
  return { switch: name, port: /^\d+$/.test(port) ? Number(port) : port };
}

function explanationLines(body: Explanation): string[] {
  const { at, agreement, installed, assumptions } = body;
  // The answer for a project: it shows no hops, and originals at ports of the project only.
  const isCut = body.hops.length === 0;
  return [
    `frame    ${body.frame}`,
    `         ${Object.entries(body.fields)
      .map(([name, value]) => `${name}=${value}`)
      .join(",")}`,
    `enters   ${portText(at)}`,
    "",
    ...body.policies.flatMap(policyLines),
    ...(body.unlistedPolicies > 0 ? [`${body.unlistedPolicies} more policies do not match`] : []),
    "",
    ...body.hops.flatMap((hop, index) => hopLines(hop, index)),
    ...(isCut ? [] : [""]),
    `original ${body.originals.map(portText).join(", ") || (isCut ? "leaves by no port of the project" : "not delivered")}`,
    ...body.copies.map(copyLine),
    ...(body.copies.length === 0 ? ["no copies"] : []),
    "",
    `switches ${installed.state}`,
    ...installed.reasons.map((reason) => `         ${reason}`),
    ...body.taken.map((each) => `taken    ${each}`),
    ...assumptions.map((each) => `assumed  ${each}`),
    ...agreement.problems.map((each) => `DEFECT   of OpenVTAP, please report: ${each}`),
  ];
}

function portText({ switch: name, port, hosts }: Explanation["at"]): string {
  return `${name} port ${port}${hosts.length > 0 ? ` (${hosts.join(", ")})` : ""}`;
}

function policyLines({ id, matches, reason, monitors }: Explanation["policies"][number]) {
  const verdict = matches ? "matches" : "no:";
  return [
    `policy   ${id}: ${verdict}${reason === undefined ? "" : ` ${reason}`}`,
    ...monitors.map(
      ({ monitor, copied, reason: why }) =>
        `         ${monitor}: ${copied ? "gets a copy" : `no copy: ${why ?? "the copy does not arrive"}`}`,
    ),
  ];
}

function hopLines(hop: Explanation["hops"][number], index: number): string[] {
  const from = hop.from === undefined ? "" : ` from [${hop.from}]`;
  return [
    `[${index}] ${hop.kind} at ${hop.switch} port ${hop.inPort}${from}`,
    `    frame ${hop.frame}`,
    ...hop.rules.map(
      (rule) =>
        `    rule  priority=${rule.priority}${rule.match === "" ? "" : `,${rule.match}`} actions=${rule.actions}${rule.state === "confirmed" ? "" : ` (${rule.state})`}`,
    ),
    ...hop.sends.map((sent) => `    sends ${sent.kind} ${sentText(sent)}`),
  ];
}

function sentText({ to, frame, mayDrop }: Explanation["hops"][number]["sends"][number]): string {
  const bytes = `: ${frame}${mayDrop ? " (unless its meter drops it)" : ""}`;
  if ("controller" in to) return `to the controller${bytes}`;
  if ("table" in to) return `to table ${to.table}${bytes}`;
  if ("link" in to) return `by port ${to.port} to ${to.link.switch} port ${to.link.port}${bytes}`;
  return `by port ${to.port}${to.hosts.length > 0 ? ` to ${to.hosts.join(", ")}` : ""}${bytes}`;
}

function copyLine(copy: Explanation["copies"][number]): string {
  const exact = copy.bitExact ? "bit-exact" : "altered";
  const path = copy.way.map((hop) => ` [${hop}]`).join("");
  const by = path === "" ? "" : `, by${path}`;
  return `copy     ${portText(copy)}, ${exact}, for ${copy.policies.join(", ") || "no policy"}${by}`;
}
