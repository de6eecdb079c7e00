// SPDX-License-Identifier: Apache-2.0
import {
  type ReadListener,
  readInputFiles,
  readListeners,
  type ServeConfig,
  settingValue,
} from "../cli/index.ts";
import { type FilePolicy, parsePolicyFiles } from "../policy/index.ts";
import {
  type FileResult,
  type FileText,
  formatFileError,
  parseTopologyFiles,
  type TopologyConfig,
} from "../topology/index.ts";

/** The content of the files that the configuration names. */
export interface Inputs {
  readonly listeners: readonly ReadListener[];
  readonly topology: TopologyConfig;
  readonly policies: readonly FilePolicy[];
}

/** A value read from files, or one line for each error. */
type Read<T> = { readonly ok: true; readonly value: T } | ReadErrors;

interface ReadErrors {
  readonly ok: false;
  /** Errors of files that could not be read at all. */
  readonly unread: readonly string[];
  /** Errors in the content of files. */
  readonly invalid: readonly string[];
}

/** Reads every file of the configuration. On any error, returns all errors of all files. */
export function loadInputs(
  config: ServeConfig,
): ({ ok: true } & Inputs) | { ok: false; errors: readonly string[] } {
  const topology = readTopology(config);
  const policies = readParsed(config.policies, (files) =>
    parsePolicyFiles(files, settingValue(config, "ruleLimit")),
  );
  const listeners = readListeners(config.openflowListeners ?? []);
  if (topology.ok && policies.ok && listeners.ok) {
    const values = { topology: topology.value, policies: policies.value };
    return { ok: true, ...values, listeners: listeners.listeners };
  }
  const failed = [topology, policies].flatMap((each) => (each.ok ? [] : [each]));
  const errors = [...linesOf(...failed), ...(listeners.ok ? [] : listeners.errors)];
  return { ok: false, errors };
}

/** Reads the topology files of the configuration. */
export function readTopology(config: ServeConfig): Read<TopologyConfig> {
  return readParsed(config.topology, parseTopologyFiles);
}

/** Every error, those of unreadable files first. */
export function linesOf(...failed: readonly ReadErrors[]): readonly string[] {
  return [...failed.flatMap(({ unread }) => unread), ...failed.flatMap(({ invalid }) => invalid)];
}

function readParsed<T>(
  paths: readonly string[],
  parse: (files: readonly FileText[]) => FileResult<T>,
): Read<T> {
  const read = readInputFiles(paths);
  if (!read.ok) return { ok: false, unread: read.errors, invalid: [] };
  const parsed = parse(read.files);
  if (parsed.ok) return parsed;
  return { ok: false, unread: [], invalid: parsed.errors.map(formatFileError) };
}
