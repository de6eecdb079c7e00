// SPDX-License-Identifier: Apache-2.0
import {
  type FileResult,
  type FileText,
  parsePortsFiles,
  parseTopologyFiles,
} from "../topology/index.ts";

/** Files that a running controller reads again: each kind has lists of entries. */
export const PARSERS = {
  topology: parseTopologyFiles,
  ports: parsePortsFiles,
} satisfies Readonly<Record<string, (files: readonly FileText[]) => FileResult<object>>>;

export type FileKind = keyof typeof PARSERS;

/** The content of files of a kind. */
export type Content<K extends FileKind> =
  ReturnType<(typeof PARSERS)[K]> extends FileResult<infer T> ? T : never;

/** The content of files of any kind. */
export type Lists = Readonly<Record<string, readonly unknown[]>>;
