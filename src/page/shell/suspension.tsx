// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import type { TapsView } from "../../contract/taps.ts";
import { toast } from "../app/toasts.ts";
import { readSoon } from "../data/live.ts";
import { type ProblemDocument, problemFrom, request } from "../data/rest.ts";
import { may, session } from "../data/session-state.ts";
import { isLive, status } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { formatTime, plural } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Problem } from "../ui/problem.tsx";

const SUSPEND = "POST /api/v1/taps:suspend";
const RESUME = "POST /api/v1/taps:resume";

const isAsking = signal(false);

/** How long the page waits for switches to confirm. */
const WAIT_MS = 5000;

/** Ends all copies at once; asks for the reason first. */
export function SuspendButton() {
  const taps = status.value?.taps;
  if (!taps || taps.state === "suspended" || !may(SUSPEND)) return null;
  return (
    <>
      <Button
        kind="danger"
        disabled={!isLive.value}
        onClick={() => {
          isAsking.value = true;
        }}
      >
        <Icon name="pause" /> Suspend taps
      </Button>
      {isAsking.value && <SuspendDialog />}
    </>
  );
}

function SuspendDialog() {
  const [reason, setReason] = useState("");
  const [by, setBy] = useState("");
  const [problem, setProblem] = useState<ProblemDocument>();
  const close = () => {
    isAsking.value = false;
  };
  const suspend = async () => {
    const body = {
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
      ...(by.trim() === "" ? {} : { by: by.trim() }),
    };
    try {
      const { body: taps } = await request<TapsView>("POST", `/taps:suspend?wait=${WAIT_MS}`, {
        body,
      });
      close();
      said(taps);
    } catch (error) {
      setProblem(problemFrom(error));
    }
  };
  const isNamed = session.value?.user !== undefined;
  return (
    <Dialog
      title="Suspend all taps?"
      onClose={close}
      action={{ label: "Suspend", kind: "danger", run: () => void suspend() }}
    >
      <p>
        Every copy is taken off the switches. Policies stay, and the originals are forwarded as
        before. Copies come back when taps are resumed, also after a restart.
      </p>
      <label class="stacked">
        Reason
        <input
          class="field"
          maxLength={200}
          placeholder="maintenance window"
          value={reason}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      {!isNamed && (
        <label class="stacked">
          Your name
          <input
            class="field"
            maxLength={200}
            value={by}
            onInput={(event) => setBy(event.currentTarget.value)}
          />
        </label>
      )}
      {problem && <Problem problem={problem} />}
    </Dialog>
  );
}

function said(taps: TapsView): void {
  readSoon("status");
  if (taps.remaining.length === 0) {
    toast("Taps are suspended: every switch has confirmed that it makes no copies.", {
      tone: "good",
    });
    return;
  }
  const names = taps.remaining.map(({ switch: name }) => name).join(", ");
  toast(
    `Suspended, but ${plural(taps.remaining.length, "switch", "switches")} may still copy: ${names}.`,
    {
      tone: "bad",
      forMs: 20_000,
    },
  );
}

/** On every screen while copies are suspended. */
export function SuspensionBar() {
  const taps = status.value?.taps;
  const [isBusy, setBusy] = useState(false);
  if (taps?.state !== "suspended") return null;
  const resume = async () => {
    setBusy(true);
    try {
      await request("POST", "/taps:resume");
      readSoon("status");
      toast("Taps are resumed.", { tone: "good" });
    } catch (error) {
      toast(problemFrom(error).detail, { tone: "bad" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="bar bar-warn" role="alert">
      <Icon name="pause" />
      <span>
        <strong>Copies are suspended</strong>
        {taps.since !== undefined && ` since ${formatTime(taps.since)}`}
        {taps.by !== undefined && ` by ${taps.by}`}
        {taps.reason !== undefined && `: ${taps.reason}`}
      </span>
      <span class="spacer" />
      {may(RESUME) && (
        <Button disabled={isBusy || !isLive.value} onClick={() => void resume()}>
          {isBusy ? "Resuming…" : "Resume"}
        </Button>
      )}
    </div>
  );
}
