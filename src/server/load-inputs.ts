import {
  type ReadListener,
  readInputFiles,
  readListeners,
  type ServeConfig,
} from "../cli/index.ts";
import { type FilePolicy, parsePolicyFiles } from "../policy/index.ts";
import {
  type FileResult,
  type FileText,
  formatFileError,
  parseTopologyFiles,
  type TopologyConfig,
} from "../topology/index.ts";

/** What the files of the configuration say. */
export interface Inputs {
  readonly listeners: readonly ReadListener[];
  readonly topology: TopologyConfig;
  readonly policies: readonly FilePolicy[];
}

/** Something that was read, or one line for each error. */
type Read<T> = { readonly ok: true; readonly value: T } | ReadErrors;

interface ReadErrors {
  readonly ok: false;
  /** Files that could not be read at all. */
  readonly unread: readonly string[];
  readonly wrong: readonly string[];
}

/** Reads every file of the configuration; all of them, or every error of all of them. */
export function loadInputs(
  config: ServeConfig,
): ({ ok: true } & Inputs) | { ok: false; errors: readonly string[] } {
  const topology = readTopology(config);
  const policies = readParsed(config.policies, (files) =>
    parsePolicyFiles(files, config.ruleLimit),
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

/** Every error, what could not be read first. */
export function linesOf(...failed: readonly ReadErrors[]): readonly string[] {
  return [...failed.flatMap(({ unread }) => unread), ...failed.flatMap(({ wrong }) => wrong)];
}

function readParsed<T>(
  paths: readonly string[],
  parse: (files: readonly FileText[]) => FileResult<T>,
): Read<T> {
  const read = readInputFiles(paths);
  if (!read.ok) return { ok: false, unread: read.errors, wrong: [] };
  const parsed = parse(read.files);
  if (parsed.ok) return parsed;
  return { ok: false, unread: [], wrong: parsed.errors.map(formatFileError) };
}
