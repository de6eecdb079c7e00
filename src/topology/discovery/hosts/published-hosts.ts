// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../../../lang/persistent-map.ts";
import type { HostEntry, LearnedHost } from "./host-entry.ts";

/** The learned hosts as others see them: unchanged ones are the same objects, in parts that the maps share. */
export class PublishedHosts {
  readonly #entries: ReadonlyMap<number, HostEntry>;
  #published = PersistentMap.empty<number, LearnedHost>();
  #taken: ReadonlyMap<number, LearnedHost> = this.#published;
  /** The hosts that may differ since. */
  readonly #changed = new Set<number>();

  constructor(entries: ReadonlyMap<number, HostEntry>) {
    this.#entries = entries;
  }

  /** Call after every change of a host that its view shows, its removal included. */
  touch(entry: HostEntry): void {
    entry.changed();
    this.#changed.add(entry.mac);
  }

  /** The hosts, at most `limit` of the changes applied. */
  upTo(limit: number): ReadonlyMap<number, LearnedHost> {
    let hosts = this.#published;
    let left = limit;
    for (const mac of this.#changed) {
      if (left-- <= 0) break;
      this.#changed.delete(mac);
      const entry = this.#entries.get(mac);
      hosts = entry ? hosts.with(mac, entry.view) : hosts.without(mac);
    }
    this.#published = hosts;
    return hosts;
  }

  /** The same, undefined if they are as the last call returned them; whether there are `more` changes. */
  take(limit: number): {
    readonly hosts: ReadonlyMap<number, LearnedHost> | undefined;
    readonly more: boolean;
  } {
    const hosts = this.upTo(limit);
    const more = this.#changed.size > 0;
    if (hosts === this.#taken) return { hosts: undefined, more };
    this.#taken = hosts;
    return { hosts, more };
  }
}
