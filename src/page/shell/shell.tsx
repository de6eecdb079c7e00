// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "preact/hooks";
import { editing, NEW, openEditor } from "../app/editing.ts";
import { href } from "../app/hash.ts";
import { useShortcuts } from "../app/keys.ts";
import { go, screenName } from "../app/route.ts";
import { may, mustLogIn } from "../data/session-state.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { Bars } from "./bars.tsx";
import { Lazy } from "./lazy-screen.tsx";
import { Navigation } from "./navigation.tsx";
import { SCREENS } from "./screens.ts";
import { Toasts } from "./toasts.tsx";
import { TopBar } from "./top-bar.tsx";

const loadEditor = () => import("../editor/screen.tsx");
const loadLogin = () => import("../login/screen.tsx");

/** Everything around the screens. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const name = screenName.value;
  useShortcuts([
    ...SCREENS.map(({ name, label, key }) => ({
      keys: `g ${key}`,
      what: `Go to ${label}`,
      run: () => go([name]),
    })),
    {
      keys: "n",
      what: "New policy",
      run: () => {
        if (!may("POST /api/v1/policies") || mustLogIn.value) return false;
        openEditor(NEW);
        return true;
      },
    },
  ]);
  const isFirst = useRef(true);
  useEffect(() => {
    // The address of a first load may lead anywhere: the focus stays at the top.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [name]);
  if (mustLogIn.value) {
    return (
      <>
        <Lazy load={loadLogin} />
        <Toasts />
      </>
    );
  }
  const screen = SCREENS.find((each) => each.name === name);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <TopBar />
      <Bars />
      <Navigation current={name} />
      <main ref={main} tabIndex={-1} class={`screen screen-${name}`}>
        {screen ? <Lazy key={name} load={screen.load} /> : <NoScreen />}
      </main>
      {editing.value !== undefined && <Lazy load={loadEditor} />}
      <Toasts />
    </div>
  );
}

function NoScreen() {
  return (
    <>
      <h1 class="hidden-text">No such screen</h1>
      <EmptyState
        title="There is no such screen"
        actions={
          <a class="button primary" href={href(["policies"])}>
            Open the policies
          </a>
        }
      >
        The address <code>{location.hash}</code> is of none. It may be of another version.
      </EmptyState>
    </>
  );
}
