// SPDX-License-Identifier: Apache-2.0
import type { JsonDocument, JsonPath } from "./json-document.ts";
import type { HostDocument, LinkDocument, SwitchDocument } from "./schema.ts";

/** A valid entry of a file, with its place. */
export interface Entry<T> {
  readonly document: JsonDocument;
  readonly path: JsonPath;
  readonly value: T;
}

/** The well-formed entries of all files. */
export interface TopologyEntries {
  readonly switches: Entry<SwitchDocument>[];
  readonly links: Entry<LinkDocument>[];
  readonly hosts: Entry<HostDocument>[];
}
