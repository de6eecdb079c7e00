// SPDX-License-Identifier: Apache-2.0
import "../styles/login.css";
import { useEffect, useRef, useState } from "preact/hooks";
import { API, type ProblemDocument, problemFrom } from "../data/rest.ts";
import { logIn } from "../data/session.ts";
import { session } from "../data/session-state.ts";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/problem.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";

/** Asks who uses the page. A token stays in memory for the request alone: the server answers with a session. */
export default function LoginScreen() {
  useDocumentTitle("Log in");
  const [token, setToken] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemDocument>();
  const field = useRef<HTMLInputElement>(null);
  const methods = session.value?.methods ?? ["token"];
  useEffect(() => field.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      await logIn(token.trim());
    } catch (error) {
      setProblem(problemFrom(error));
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const back = encodeURIComponent(location.hash);
  return (
    <main class="login">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <h1>OpenVTAP</h1>
        {methods.includes("oidc") && (
          <a class="button primary" href={`${API}/session/oidc/login?return=${back}`}>
            Log in with your organization
          </a>
        )}
        {methods.includes("token") && (
          <>
            <label class="stacked">
              Token
              <input
                ref={field}
                class="field mono"
                type="password"
                autocomplete="current-password"
                required
                value={token}
                onInput={(event) => setToken(event.currentTarget.value)}
              />
            </label>
            <Button type="submit" kind="primary" disabled={isBusy || token.trim() === ""}>
              {isBusy ? "Logging in…" : "Log in"}
            </Button>
          </>
        )}
        {problem && <Problem problem={problem} />}
        <p class="muted small">
          An administrator creates tokens with <code>vtap token create</code>. The session ends when
          it is idle, at log-out, or with its token.
        </p>
      </form>
    </main>
  );
}
