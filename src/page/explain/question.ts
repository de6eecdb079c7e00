// SPDX-License-Identifier: Apache-2.0
/** The question that the explain screen sends, and its text in the address of the page. */
import type { ExplainRequest } from "../../contract/explain.ts";
import { framesOfText, hexOfBytes } from "./capture/hex-text.ts";

type Fields = Readonly<Record<string, number | string>>;

/** A frame as the box holds it. */
export type FrameText =
  | { readonly type: "empty" }
  | { readonly type: "fields"; readonly fields: Fields }
  | { readonly type: "frames"; readonly frames: readonly Uint8Array[]; readonly notes: string[] }
  | { readonly type: "unreadable"; readonly why: string };

/** Where the frame enters or goes, as a text: a host, or `switch:port`. */
export interface Places {
  readonly at: string;
  readonly to: string;
}

/** All of the screen that its address holds. */
export interface ExplainState extends Places {
  /** What the box holds: fields or bytes. */
  readonly frame: string;
  /** The hop shown, from 0. */
  readonly step: number;
}

const FIELD = /^([a-z][a-z0-9_]*)\s*[=:]\s*(\S+)$/i;

/** Reads what the box holds: `tcp_dst=80 ipv4_src=10.0.0.1`, or bytes in one of the forms of dumps. */
export function readFrameText(text: string): FrameText {
  const trimmed = text.trim();
  if (trimmed === "") return { type: "empty" };
  const fields = fieldsOf(trimmed);
  if (fields) return { type: "fields", fields };
  return framesOfText(text);
}

function fieldsOf(text: string): Fields | undefined {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  const fields: Record<string, number | string> = {};
  for (const word of words) {
    const [, name, value] = FIELD.exec(word) ?? [];
    // A name has a letter that is no hex digit, or an underscore: `aa:bb` are bytes.
    if (name === undefined || value === undefined || /^[0-9a-f]{1,2}$/i.test(name))
      return undefined;
    fields[name.toLowerCase()] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return words.length > 0 ? fields : undefined;
}

/** The request for a frame at a place. `to` supplies addresses only if the frame is given by fields. */
export function explainRequest(
  frame: Uint8Array | Fields,
  { at, to }: Places,
  policies: readonly string[] = [],
): ExplainRequest {
  return {
    frame: frame instanceof Uint8Array ? hexOfBytes(frame) : frame,
    ...(at === "" ? {} : { at: placeOf(at) }),
    ...(to === "" ? {} : { to: { host: to } }),
    ...(policies.length === 0 ? {} : { policies }),
  };
}

/** `s1:2` is a port, anything else a host: also a MAC or IPv6 address. */
function placeOf(text: string): NonNullable<ExplainRequest["at"]> {
  const colons = text.split(":").length - 1;
  const [, name, port] = /^(.+):([^:]+)$/.exec(text) ?? [];
  if (colons !== 1 || name === undefined || port === undefined) return { host: text };
  return { switch: name, port: /^\d+$/.test(port) ? Number(port) : port };
}

/** The state that an address holds. */
export function stateOfQuery(query: URLSearchParams): ExplainState {
  const step = Number(query.get("step") ?? 0);
  return {
    frame: query.get("frame") ?? "",
    at: query.get("at") ?? "",
    to: query.get("to") ?? "",
    step: Number.isInteger(step) && step > 0 ? step : 0,
  };
}

/** The query of an address; defaults are left out, so that equal states have equal addresses. */
export function queryOfState({ frame, at, to, step }: ExplainState): URLSearchParams {
  const query = new URLSearchParams();
  if (frame !== "") query.set("frame", frame);
  if (at !== "") query.set("at", at);
  if (to !== "") query.set("to", to);
  if (step > 0) query.set("step", String(step));
  return query;
}
