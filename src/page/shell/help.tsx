// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { shortcuts, useShortcuts } from "../app/keys.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { LetterKeys } from "./letter-keys.tsx";

const isShown = signal(false);

const GRID_KEYS: readonly (readonly [string, string])[] = [
  ["↑ ↓ j k", "Move in a table"],
  ["Enter", "Open the row"],
  ["x", "Mark the row"],
  ["→ ←", "Show and hide why"],
  ["Delete", "Delete the row, or the marked ones"],
];

/** The keys that work now. */
export function HelpButton() {
  const toggle = () => {
    isShown.value = !isShown.value;
  };
  useShortcuts([{ keys: "?", what: "Show the keys", run: toggle }]);
  return (
    <>
      <Button kind="quiet" label="Keys and help" onClick={toggle}>
        ?
      </Button>
      {isShown.value && (
        <Dialog title="Keys" onClose={toggle}>
          <dl class="keys">
            {[...shortcuts.value.map(({ keys, what }) => [keys, what] as const), ...GRID_KEYS].map(
              ([keys, what]) => (
                <div key={keys + what}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key === "" ? "Space" : key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ),
            )}
          </dl>
          <LetterKeys />
          <p>
            <a href="docs" target="_blank" rel="noreferrer">
              Reference of the REST API
            </a>
          </p>
        </Dialog>
      )}
    </>
  );
}
