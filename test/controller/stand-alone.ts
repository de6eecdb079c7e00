// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createApi } from "../../src/api/index.ts";
import type { Cause } from "../../src/contract/audit/actor.ts";
import type { AuditEntry, AuditRecord } from "../../src/contract/audit/audit.ts";
import { NO_HASH } from "../../src/contract/audit/audit-chain.ts";
import { createParts, fromParts } from "../../src/controller/construction/create-controller.ts";
import type {
  AuditStore,
  ControllerOptions,
  DocumentSetStore,
  DocumentStore,
} from "../../src/controller/index.ts";
import type { StoredJson, WriteNotes } from "../../src/controller/policies/document-store.ts";
import type { CompileLimits } from "../../src/policy/index.ts";
import { LIMITS } from "../api/api-server.ts";
import { configOf } from "../policy/scenarios.ts";

/** Who changes what tests change. */
export const CAUSE: Cause = {
  actor: { user: "tester", token: "t1", role: "admin", address: "127.0.0.1" },
  operation: "PUT /api/v1/policies/{id}",
};

/** An audit in memory. */
export class MemoryAudit implements AuditStore {
  records: AuditRecord[] = [];
  readonly #listeners: ((record: AuditRecord) => void)[] = [];

  async append(entries: readonly AuditEntry[]): Promise<void> {
    for (const entry of entries) this.add(entry, 0);
  }

  /** Appends the record of a write with this revision. */
  add({ revision, ...rest }: AuditEntry, written: number): void {
    const last = this.records.at(-1);
    const { isWritten = false, ...before } = revision ?? {};
    const record = {
      ...rest,
      ...(revision ? { revision: { ...before, ...(isWritten ? { after: written } : {}) } } : {}),
      sequence: (last?.sequence ?? 0) + 1,
      at: WRITTEN_AT,
      previous: last?.hash ?? NO_HASH,
    };
    const hash = createHash("sha256").update(JSON.stringify(record)).digest("hex");
    const sealed: AuditRecord = { ...record, hash };
    this.records.push(sealed);
    for (const listener of this.#listeners) listener(sealed);
  }

  async *after(sequence: number) {
    yield* this.records.filter((record) => record.sequence > sequence);
  }

  async head() {
    return this.records.at(-1) ?? { sequence: 0, hash: NO_HASH };
  }

  async truncate(sequences: readonly number[], entry: AuditEntry): Promise<void> {
    this.records = this.records.filter(({ sequence }) => !sequences.includes(sequence));
    this.add(entry, 0);
  }

  isSealed({ hash, ...record }: AuditRecord): boolean {
    return hash === createHash("sha256").update(JSON.stringify(record)).digest("hex");
  }

  watch(listener: (record: AuditRecord) => void): void {
    this.#listeners.push(listener);
  }
}

/** A store of policies or groups in memory whose writes take a turn of the event loop and can be made to fail. */
export class MemoryPolicyStore implements DocumentStore {
  readonly documents = new Map<string, StoredJson>();
  /** Number of writes under way, and its maximum so far. */
  writing = { now: 0, most: 0 };
  /** Makes the next write fail as a full disk does. */
  failure: Error | undefined;
  /** Where the records of writes are appended. */
  readonly audit = new MemoryAudit();
  #revision = 0;

  async load(): Promise<StoredJson[]> {
    return [...this.documents.values()];
  }

  async put(
    id: string,
    document: StoredJson["document"],
    { requester, audit }: WriteNotes = { audit: [] },
  ): Promise<StoredJson> {
    await this.write();
    const before = this.documents.get(id);
    const stored = this.keep(id, document);
    const by = before ? before.requester : requester;
    const noted = by === undefined ? stored : { ...stored, requester: by };
    this.documents.set(id, noted);
    for (const entry of audit) this.audit.add(entry, stored.revision);
    return noted;
  }

  /** What every write does: takes a turn, or fails. */
  async write(): Promise<void> {
    this.writing.now++;
    this.writing.most = Math.max(this.writing.most, this.writing.now);
    await new Promise((resolve) => setImmediate(resolve));
    this.writing.now--;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }

  async remove(id: string, audit: readonly AuditEntry[] = []): Promise<void> {
    this.documents.delete(id);
    for (const entry of audit) this.audit.add(entry, 0);
  }

  /** Stores a document as another version of OpenVTAP did. */
  keep(
    id: string,
    document: StoredJson["document"],
    set = this.documents.get(id)?.set,
  ): StoredJson {
    const times = { createdAt: WRITTEN_AT, updatedAt: WRITTEN_AT };
    const revision = ++this.#revision;
    const stored = { id, document, revision, ...times, ...(set === undefined ? {} : { set }) };
    this.documents.set(id, stored);
    return stored;
  }
}

export const WRITTEN_AT = "2026-01-01T00:00:00.000Z";

/** Sets in memory; policies and groups have revisions of their own. */
function memorySets(policies: MemoryPolicyStore, groups: MemoryPolicyStore): DocumentSetStore {
  return {
    write: async (batch) => {
      await policies.write();
      let revision = 0;
      for (const [store, { put, remove }] of [
        [policies, batch.policies],
        [groups, batch.groups],
      ] as const) {
        for (const each of put) {
          revision = store.keep(each.id, each.document, batch.set).revision;
        }
        for (const id of remove) store.documents.delete(id);
      }
      return { revision, updatedAt: WRITTEN_AT };
    },
  };
}

const logger = pino({ level: "silent" });

/** Options of a controller whose other stores are empty: h1, h2 and h3 are attached to one switch. */
function optionsWith(
  policyStore: MemoryPolicyStore,
  groupStore: MemoryPolicyStore,
  limits: Partial<CompileLimits>,
): ControllerOptions {
  const nothing = async () => [];
  const done = async () => undefined;
  const host = { at: 0, shared: false };
  return {
    version: "test",
    openflow: [{ host: "127.0.0.1", port: 0 }],
    topology: configOf({ profiles: ["paths"], parents: [], extra: [], hosts: [host, host, host] }),
    policyFiles: { policies: [], groups: [] },
    auditStore: policyStore.audit,
    policyStore,
    groupStore,
    documentSetStore: memorySets(policyStore, groupStore),
    hostStore: { load: nothing, write: done },
    portStore: { load: nothing, put: done, remove: done },
    learnedHostStore: { load: nothing, write: done },
    suspensionStore: {
      load: async () => ({ projects: [], policies: [] }),
      ...{ putAll: done, removeAll: done, putProject: done, removeProject: done },
      ...{ putPolicy: done, removePolicy: done },
    },
    tapVlanStore: { write: done },
    counterStore: { load: async () => ({ policies: [], entries: [] }), write: done },
    discoveryStore: { load: nothing, put: done, remove: done, probeKey: async () => KEY },
    logger,
    now: () => "2026-01-02T00:00:00.000Z",
    discovery: false,
    limits,
  };
}

/** A complete controller without switches, over REST, until the test ends. */
export async function standAlone(...parts: Parameters<typeof openStandAlone>) {
  const opened = await openStandAlone(...parts);
  onTestFinished(opened.close);
  return opened;
}

/** The same; the caller closes it. */
export async function openStandAlone(
  policyStore: MemoryPolicyStore,
  limits: Partial<CompileLimits> = {},
  groupStore: MemoryPolicyStore = new MemoryPolicyStore(),
  more: Partial<ControllerOptions> = {},
) {
  const options = { ...optionsWith(policyStore, groupStore, limits), ...more };
  const parts = createParts(options);
  const { controller, service: port } = fromParts(options, parts);
  const api = await createApi({ port, logger, version: "test", limits: LIMITS });
  await controller.start();
  const close = async () => {
    await api.close();
    await controller.close();
  };
  const url = await api.listen({ host: "127.0.0.1", port: 0 });
  /** `GET /x` relative to /api/v1. */
  const call = async (request: string, body?: unknown) => {
    const [method = "", path = ""] = request.split(" ");
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...text });
    const read = await answer.text();
    return { status: answer.status, body: read === "" ? undefined : JSON.parse(read) };
  };
  return { parts, port, call, url, close };
}

const KEY = new Uint8Array(32);
