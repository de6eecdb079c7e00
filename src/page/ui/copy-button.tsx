// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import { toast } from "../app/toasts.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface CopyButtonProps {
  readonly text: string | (() => string);
  readonly label?: string;
}

/** Copies a text, and says so. */
export function CopyButton({ text, label = "Copy" }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (!(await copyText(typeof text === "string" ? text : text()))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Button kind="quiet" onClick={() => void copy()}>
      <Icon name={copied ? "check" : "copy"} />
      <span aria-live="polite">{copied ? "Copied" : label}</span>
    </Button>
  );
}

/** Whether the browser has taken the text; without HTTPS it allows this on loopback only. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toast("The browser does not allow copying here. Select the text and copy it.", { tone: "bad" });
    return false;
  }
}
