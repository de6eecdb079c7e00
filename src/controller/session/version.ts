import { helloVersions, OFP_VERSION } from "../../openflow/index.ts";
import type { MessageOf } from "./outcome.ts";

const NAMES: Readonly<Record<number, string>> = {
  1: "1.0",
  2: "1.1",
  3: "1.2",
  4: "1.3",
  5: "1.4",
  6: "1.5",
};

/** A version as people call it. */
export function nameOfVersion(version: number): string {
  return NAMES[version] ?? `version ${version}`;
}

/**
 * Whether both sides settle on 1.4, which is all we speak. Without a bitmap the lower of the two
 * hello versions counts.
 *
 * @spec OpenFlow 1.4.1 §6.3.1
 */
export function speaksOurVersion(message: MessageOf<"hello">): boolean {
  return helloVersions(message).includes(OFP_VERSION);
}

/** The data of an error as text, when it is text. */
export function textOf(data: Uint8Array): string {
  const text = Buffer.from(data).toString("latin1").replace(/\0+$/, "");
  return /^[\x20-\x7e]+$/.test(text) ? `(${text})` : "";
}
