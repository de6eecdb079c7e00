// SPDX-License-Identifier: Apache-2.0
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { createApi } from "../../src/api/index.ts";
import { createParts, fromParts } from "../../src/controller/construction/create-controller.ts";
import type {
  ControllerOptions,
  DocumentSetStore,
  DocumentStore,
} from "../../src/controller/index.ts";
import type { StoredJson } from "../../src/controller/policies/document-store.ts";
import type { CompileLimits } from "../../src/policy/index.ts";
import { LIMITS } from "../api/api-server.ts";
import { configOf } from "../policy/scenarios.ts";

/** A store of policies or groups in memory whose writes take a turn of the event loop and can be made to fail. */
export class MemoryPolicyStore implements DocumentStore {
  readonly documents = new Map<string, StoredJson>();
  /** Number of writes under way, and its maximum so far. */
  writing = { now: 0, most: 0 };
  /** Makes the next write fail as a full disk does. */
  failure: Error | undefined;
  #revision = 0;

  async load(): Promise<StoredJson[]> {
    return [...this.documents.values()];
  }

  async put(id: string, document: StoredJson["document"]): Promise<StoredJson> {
    await this.write();
    return this.keep(id, document);
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

  async remove(id: string): Promise<void> {
    this.documents.delete(id);
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

const WRITTEN_AT = "2026-01-01T00:00:00.000Z";

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
    policyStore,
    groupStore,
    documentSetStore: memorySets(policyStore, groupStore),
    hostStore: { load: nothing, write: done },
    portStore: { load: nothing, put: done, remove: done },
    learnedHostStore: { load: nothing, write: done },
    suspensionStore: {
      load: async () => ({ policies: [] }),
      ...{ putAll: done, removeAll: done, putPolicy: done, removePolicy: done },
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

/** A complete controller without switches, over REST. */
export async function standAlone(
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
  onTestFinished(async () => {
    await api.close();
    await controller.close();
  });
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
  return { parts, port, call, url };
}

const KEY = new Uint8Array(32);
