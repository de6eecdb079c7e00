// SPDX-License-Identifier: Apache-2.0
import { status } from "../data/store.ts";
import { SuspensionBar } from "./suspension.tsx";

/** Full-width messages that concern every screen. */
export function Bars() {
  const storage = status.value?.storage;
  return (
    <div class="bars">
      <SuspensionBar />
      {storage?.state === "failing" && (
        <div class="bar bar-bad" role="alert">
          <span>
            <strong>Changes cannot be stored.</strong> {storage.reason}
          </span>
        </div>
      )}
    </div>
  );
}
