// SPDX-License-Identifier: Apache-2.0
import { chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** Where Debian's package `chromium` puts it. */
const EXECUTABLE = "/usr/bin/chromium";

/** A page of a new headless Chromium, until the test ends; `rules` as of `--host-resolver-rules`. */
export async function openBrowser(rules: readonly string[] = []): Promise<Page> {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    // Its own sandbox does not start as root.
    args: ["--no-sandbox", `--host-resolver-rules=${rules.join(",")}`],
  });
  onTestFinished(() => browser.close());
  return browser.newPage();
}
