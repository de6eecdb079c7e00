// SPDX-License-Identifier: Apache-2.0

/**
 * What a check has found. note: not wrong, and good to know; warn: copies are at risk, or something is
 * unusual; fail: it does not work.
 */
export type CheckResult = "ok" | "note" | "warn" | "fail";

/** The result of one check of `vtap doctor`. */
export interface Check {
  /** What was checked: this machine, the controller, a switch, a bridge. */
  readonly subject: string;
  readonly result: CheckResult;
  /** What was found, as a clause. */
  readonly detail: string;
  /** What to do: a command, where there is one. Present for every `warn` and `fail`. */
  readonly remedy?: string;
}

/** Makes the checks of one subject. */
export function checksOf(subject: string) {
  return {
    ok: (detail: string): Check => ({ subject, result: "ok", detail }),
    note: (detail: string): Check => ({ subject, result: "note", detail }),
    warn: (detail: string, remedy: string): Check => ({ subject, result: "warn", detail, remedy }),
    fail: (detail: string, remedy: string): Check => ({ subject, result: "fail", detail, remedy }),
  };
}

export type ChecksOf = ReturnType<typeof checksOf>;

/** Splits a message of OpenVTAP, `what; remedy` or `what, remedy`, at the last of these marks. */
export function splitRemedy(message: string, mark: "; " | ", "): [what: string, remedy: string] {
  const at = message.lastIndexOf(mark);
  return at < 0 ? [message, ""] : [message.slice(0, at), message.slice(at + mark.length)];
}

/** A word of a shell command. What a switch says is copied into a shell: it stays one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
