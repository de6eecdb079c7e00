// SPDX-License-Identifier: Apache-2.0
import type { Page } from "playwright-core";
import type { ScenarioPlan } from "../scenario.ts";

/** Four switches in a ring with two hosts each, and a policy whose copies cross two links. */
export const RING: ScenarioPlan = {
  switches: ["s1", "s2", "s3", "s4"],
  links: [
    ["s1", 10, "s2", 10],
    ["s2", 11, "s3", 11],
    ["s3", 12, "s4", 12],
    ["s4", 13, "s1", 13],
  ],
  hosts: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => [n, `s${((n - 1) % 4) + 1}`, n > 4 ? 2 : 1] as const),
  policies: [
    {
      ...{ id: "web", name: "Web to the IDS", sender: { host: "h1" }, receiver: { host: "h2" } },
      ...{ direction: "both", monitors: [{ host: "h4" }, { host: "h3" }] },
      filters: { tcp_dst: 80 },
    },
    {
      id: "dns",
      sender: { host: "h5" },
      receiver: "any",
      monitors: [{ host: "h8" }],
      filters: { udp_dst: 53 },
    },
  ],
  config: { countersIntervalSeconds: 1, probeIntervalSeconds: 0.5 },
};

interface Port {
  readonly dpid: string;
  readonly port: number;
}

/** The name that the scenario gives a switch. */
const switchName = (dpid: string): string => `s${Number.parseInt(dpid, 16)}`;

/** A link crossed, as the map has it in words. */
export function crossing(kind: "copy" | "original", from: Port, to: Port): string {
  return `${kind}: ${switchName(from.dpid)} port ${from.port} → ${switchName(to.dpid)} port ${to.port}`;
}

/** The links of the ways on the map, in words, sorted. */
export async function shownWays(page: Page): Promise<string[]> {
  const texts = await page.locator(".way-words li").allTextContents();
  return texts.filter((text) => text.includes("→")).sort();
}

/** The places of switches that the browser keeps, as text. */
export function savedPlaces(page: Page): Promise<string | null> {
  return page.evaluate(() => localStorage.getItem("vtap.map.places"));
}

/** Number of pixels of the first canvas that have nearly the colour of a token, such as `hue-1`. */
export function pixelsOf(page: Page, token: string): Promise<number> {
  return page.evaluate((name) => {
    const canvas = document.querySelector<HTMLCanvasElement>(".map-view canvas");
    const probe = document.body.appendChild(document.createElement("span"));
    probe.style.color = `var(--${name})`;
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(
      Number,
    );
    probe.remove();
    const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let at = 0; data && at < data.length; at += 4) {
      const distance =
        Math.abs((data[at] ?? 0) - red) +
        Math.abs((data[at + 1] ?? 0) - green) +
        Math.abs((data[at + 2] ?? 0) - blue);
      // Thin lines are blended with the ground.
      if ((data[at + 3] ?? 0) > 200 && distance < 50) count++;
    }
    return count;
  }, token);
}
