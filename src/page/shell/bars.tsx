// SPDX-License-Identifier: Apache-2.0
import { status } from "../data/store.ts";

/** Full-width messages that concern every screen. */
export function Bars() {
  const current = status.value;
  return (
    <div class="bars">
      {current?.taps.state === "suspended" && (
        <div class="bar bar-warn">
          <strong>Copies are suspended</strong>
        </div>
      )}
      {current?.storage.state === "failing" && (
        <div class="bar bar-bad" role="alert">
          <strong>Changes cannot be stored.</strong> {current.storage.reason}
        </div>
      )}
    </div>
  );
}
