// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import type { Message } from "../../../src/openflow/index.ts";

/** Bytes and the equivalent message: each drives decode and encode. */
export interface Vector {
  readonly name: string;
  /** Hex digits; spaces are for the reader. */
  readonly hex: string;
  readonly value: Message;
}

/** Bytes made by another implementation, with its own decoding. */
export interface ForeignVector<T> {
  readonly name: string;
  readonly hex: string;
  readonly says: T;
}

/** The bytes of hex digits. */
export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replace(/\s+/g, ""), "hex"));
}

/** Hex digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Vectors of `os-ken.json` or `ovs.json`. */
export function foreignVectors<T>(file: string): ForeignVector<T>[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8"));
}
