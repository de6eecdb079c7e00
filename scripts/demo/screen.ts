// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters, styleText } from "node:util";
import type { DemoPolicy } from "./network.ts";
import type { Findings, FrameAt, Tally } from "./referee.ts";

/** The roles of the hosts of examples/topology.json. */
const ROLES: Readonly<Record<string, string>> = {
  h1: "h1 client",
  h2: "h2 server",
  h3: "h3 IDS",
  h4: "h4 recorder",
};

const PICTURE = `
    h1 client ────┐                  ┌──── h2 server
                  s1 ────────────── s2
    h4 recorder ──┘ \\              /
                      \\          /
                        ── s3 ──
                            └── h3 IDS
`;

/** The demo's output: plain lines, and on a terminal one table that is updated in place. */
export class Screen {
  readonly #live = process.stdout.isTTY === true;
  readonly #color = this.#live && !process.env.NO_COLOR;
  readonly #started = performance.now();
  #drawnLines = 0;
  #lastSecond = 0;

  headline(text: string): void {
    this.#print(`\n  ${this.#style("bold", "OpenVTAP demo")}  ${this.#style("dim", text)}`);
    this.#print(this.#style("cyan", PICTURE));
  }

  /** Reports a completed step. */
  done(text: string): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    this.#print(`  ${this.#mark(true)} ${text}  ${this.#style("dim", `${seconds} s`)}`);
  }

  note(text: string): void {
    this.#print(`  ${text}`);
  }

  /** Reports why the demo cannot continue. */
  problem(text: string): void {
    this.#print(`\n  ${this.#style("red", "✘")} ${text.replaceAll("\n", "\n    ")}`);
  }

  /** Shows progress: in place on a terminal, otherwise one line a second. */
  progress(findings: Findings, policies: readonly DemoPolicy[], seconds: number): void {
    if (this.#live) {
      this.#redraw(this.#table(findings, policies, "traffic is flowing …"));
      return;
    }
    if (seconds === this.#lastSecond) return;
    this.#lastSecond = seconds;
    const { originals, copies } = findings;
    this.#print(`    ${seconds} s: originals ${of(originals)}, copies ${of(copies)}`);
  }

  /** Shows the final table and the verdict; true if every frame arrived where it should. */
  verdict(findings: Findings, policies: readonly DemoPolicy[]): boolean {
    this.#redraw(this.#table(findings, policies, ""));
    const { originals, copies, missing, stray } = findings;
    const good = [
      this.#judge(`copies bit-exact: ${of(copies)}`, whole(copies) && copies.expected > 0),
      this.#judge(
        `originals delivered, unchanged: ${of(originals)}`,
        whole(originals) && originals.expected > 0,
      ),
      this.#judge(`nothing else anywhere: ${stray.length} stray frames`, stray.length === 0),
    ];
    this.#examples("missing", missing);
    this.#examples("stray", stray);
    return good.every(Boolean);
  }

  /** Shows commands to try, each below its description. */
  suggest(suggestions: readonly { readonly about: string; readonly command: string }[]): void {
    for (const { about, command } of suggestions) {
      this.#print(`\n    ${this.#style("dim", `# ${about}`)}\n    ${this.#style("cyan", command)}`);
    }
  }

  #table(
    { originals, untapped, policies: rows }: Findings,
    policies: readonly DemoPolicy[],
    status: string,
  ) {
    const monitors = [...new Set(rows.flatMap(({ arrived }) => [...arrived.keys()]))].sort();
    const cells = rows.map(({ id, matched, arrived }, index) => {
      const policy = policies[index];
      const counts = monitors.map((host) => {
        const count = arrived.get(host);
        if (count === undefined) return "–";
        return `${count} ${this.#mark(count === matched)}`;
      });
      return [id, policy ? describe(policy) : "", String(matched), ...counts];
    });
    const table = [
      ["policy", "copies", "frames", ...monitors.map((host) => `at ${ROLES[host] ?? host}`)],
      ...cells,
      ["none of them", "nothing", String(untapped), ...monitors.map(() => "–")],
    ];
    const [header = "", ...lines] = align(table);
    const delivered = `originals delivered: ${of(originals)}`;
    return [
      "",
      this.#style("dim", header),
      ...lines,
      "",
      `  ${delivered}  ${this.#style("dim", status)}`,
      "",
    ];
  }

  #judge(text: string, good: boolean): boolean {
    this.#print(`  ${this.#mark(good)} ${this.#style("bold", text)}`);
    return good;
  }

  #examples(what: string, frames: readonly FrameAt[]): void {
    for (const { host, frame } of frames.slice(0, 3)) {
      this.#print(`      ${what} at ${host}: ${Buffer.from(frame).toString("hex").slice(0, 140)}`);
    }
  }

  #redraw(lines: readonly string[]): void {
    if (this.#drawnLines > 0) process.stdout.write(`\x1b[${this.#drawnLines}A\x1b[J`);
    process.stdout.write(`${lines.join("\n")}\n`);
    this.#drawnLines = this.#live ? lines.length : 0;
  }

  #print(text: string): void {
    process.stdout.write(`${text}\n`);
    this.#drawnLines = 0;
  }

  #mark(good: boolean): string {
    return good ? this.#style("green", "✔") : this.#style("red", "✘");
  }

  #style(style: "bold" | "dim" | "cyan" | "green" | "red", text: string): string {
    return this.#color ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** A short description of a policy's filters and direction. */
function describe({ filters = {}, direction = "forward" }: DemoPolicy): string {
  const arrow = direction === "both" ? "⇄" : "→";
  const values = Object.entries(filters).map(([name, value]) => `${name} ${value}`);
  return `h1 ${arrow} h2 ${values.join(", ")}`;
}

function of({ arrived, expected }: Tally): string {
  return `${arrived} of ${expected}`;
}

function whole({ arrived, expected }: Tally): boolean {
  return arrived === expected;
}

/** Aligns columns: text to the left, numbers to the right. */
function align(rows: readonly (readonly string[])[]): string[] {
  const width = (text: string) => stripVTControlCharacters(text).length;
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => width(row[at] ?? ""))),
  );
  return rows.map((row) =>
    row.reduce((line, cell, at) => {
      const gap = " ".repeat((widths[at] ?? 0) - width(cell));
      return `${line}  ${at < 2 ? cell + gap : gap + cell}`;
    }, ""),
  );
}
