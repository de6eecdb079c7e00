// SPDX-License-Identifier: Apache-2.0
import { toast } from "../app/toasts.ts";
import { problemFrom } from "../data/rest.ts";
import { logOut } from "../data/session.ts";
import { session } from "../data/session-state.ts";
import { Menu } from "../ui/menu.tsx";

/** Who is logged in; nothing on a server without authentication. */
export function UserMenu() {
  const { user, role, project } = session.value ?? {};
  if (user === undefined) return null;
  const out = () =>
    void logOut().catch((error) => toast(problemFrom(error).detail, { tone: "bad" }));
  const text = `${user} · ${[role, project].filter(Boolean).join(" of ")}`;
  return (
    <Menu
      label={`Logged in as ${text}`}
      icon="◉"
      text={text}
      items={() => [{ label: "Log out", run: out }]}
    />
  );
}
