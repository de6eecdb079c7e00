// SPDX-License-Identifier: Apache-2.0
import "../styles/editor.css";
import { useEffect, useMemo } from "preact/hooks";
import { closeEditor, editing } from "../app/editing.ts";
import { Button } from "../ui/button.tsx";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Editor } from "./editor.tsx";
import { EditorState } from "./state.ts";

/** The drawer over the screen in which a policy is written. */
export default function EditorScreen() {
  const id = editing.value;
  return id === undefined ? null : <Drawer key={id} id={id} />;
}

function Drawer({ id }: { readonly id: string }) {
  const state = useMemo(() => new EditorState(id), [id]);
  useEffect(() => {
    void state.load();
    return () => state.close();
  }, [state]);
  const loading = state.loading.value;
  const title = state.isNew ? "New policy" : id;
  return (
    <section class="drawer" role="dialog" aria-label={title}>
      {loading === "ready" ? (
        <Editor state={state} title={title} />
      ) : (
        <>
          <div class="drawer-head">
            <h2>{title}</h2>
            <span class="spacer" />
            <Button kind="quiet" icon="✕" label="Close the editor" onClick={closeEditor} />
          </div>
          {loading === "loading" ? (
            <Skeleton lines={10} />
          ) : (
            <Problem problem={loading} retry={() => void state.load()} />
          )}
        </>
      )}
    </section>
  );
}
