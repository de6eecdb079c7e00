// SPDX-License-Identifier: Apache-2.0
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** Where Debian's package `chromium` puts it. */
const EXECUTABLE = "/usr/bin/chromium";

/**
 * What tests have no use for. The popup of the address bar is a page of its own that each start renders: half of its
 * processor time. The list replaces that of Playwright, of which the others are what matters here.
 */
const DISABLED_FEATURES = [
  "WebUIOmniboxPopup",
  "WebUIOmniboxAimPopup",
  "HttpsUpgrades",
  "HttpsFirstBalancedModeAutoEnable",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
];

/** A headless Chromium that the caller closes; `rules` as of `--host-resolver-rules`. */
export function launchBrowser(rules: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: EXECUTABLE,
    // Its own sandbox does not start as root.
    args: [
      ...["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
      `--host-resolver-rules=${rules.join(",")}`,
      `--disable-features=${DISABLED_FEATURES.join(",")}`,
    ],
  });
}

/** A page of a new headless Chromium, until the test ends. */
export async function openBrowser(rules: readonly string[] = []): Promise<Page> {
  const browser = await launchBrowser(rules);
  onTestFinished(() => browser.close());
  return browser.newPage();
}
