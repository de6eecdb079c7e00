// SPDX-License-Identifier: Apache-2.0
import type { StorageSource, StorageState } from "../../controller/index.ts";
import type { Store, StoreHealth } from "../../store/index.ts";

/** Adapts the health of the store to the controller's view of the disk. */
export function storageSource(store: Store): StorageSource {
  return {
    get state() {
      return stateOf(store.health);
    },
    subscribe: (listener) => store.onHealth((health) => listener(stateOf(health))),
  };
}

function stateOf(health: StoreHealth): StorageState {
  if (health.state === "working") return health;
  const { since, error } = health;
  return { state: "failing", since: new Date(since).toISOString(), reason: error.message };
}
