// SPDX-License-Identifier: Apache-2.0
import { href } from "../app/hash.ts";
import { SCREENS } from "./screens.ts";

/** Links to the screens. */
export function Navigation({ current }: { readonly current: string }) {
  return (
    <nav class="navigation" aria-label="Screens">
      {SCREENS.map(({ name, label }) => (
        <a key={name} href={href([name])} aria-current={name === current ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
