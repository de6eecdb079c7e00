// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The codec as a user installs it: from the packed tarball, in a fresh project, with its types. */
const root = fileURLToPath(new URL("../../", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "openvtap-package-"));
const project = join(directory, "project");
const tsc = join(root, "node_modules/typescript/bin/tsc");

const run = (command: string, args: readonly string[], cwd: string): string =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: "pipe" });

/** Builds the codec alone: this test does not concern the rest of the package. */
function build(into: string): void {
  const options = { noEmit: false, rootDir: join(root, "src"), outDir: into, noCheck: true };
  writeFileSync(
    join(directory, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { ...options, typeRoots: [join(root, "node_modules/@types")] },
      include: [join(root, "src/openflow")],
    }),
  );
  run(process.execPath, [tsc, "-p", directory], directory);
}

beforeAll(() => {
  const source = join(directory, "package");
  mkdirSync(source);
  build(join(source, "dist"));
  for (const file of ["package.json", "LICENSE"])
    copyFileSync(join(root, file), join(source, file));
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--ignore-scripts"], source));
  const target = join(project, "node_modules/openvtap");
  mkdirSync(target, { recursive: true });
  run(
    "tar",
    ["-xzf", join(source, packed.filename), "-C", target, "--strip-components=1"],
    project,
  );
  writeFileSync(join(project, "package.json"), '{ "name": "user", "type": "module" }');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const PROGRAM = `
import { decodeMessage, encodeMessage, flowMod, type Message } from "openvtap/openflow";

const bytes: Uint8Array = encodeMessage(flowMod({ match: { inPort: 1, ipv4Src: "10.0.0.0/8" } }));
const message: Message = decodeMessage(bytes);
if (message.type === "flowMod") {
  const priority: number = message.priority;
  const cookie: bigint = message.cookie;
  console.log(priority, cookie, message.match.length);
}
`;

test("runs without any dependency installed", () => {
  const javascript = PROGRAM.replace(", type Message", "").replace(
    /: (Uint8Array|Message|number|bigint)/g,
    "",
  );
  writeFileSync(join(project, "program.mjs"), javascript);
  expect(run(process.execPath, ["program.mjs"], project)).toBe("32768 0n 2\n");
});

test("runs where code generation from strings is disallowed", () => {
  const flag = "--disallow-code-generation-from-strings";
  expect(run(process.execPath, [flag, "program.mjs"], project)).toBe("32768 0n 2\n");
});

test("includes its types", () => {
  const wrong =
    "// @ts-expect-error: a priority is a number\n  const text: string = message.priority;";
  const declared = "declare const console: { log(...values: unknown[]): void };\n";
  writeFileSync(
    join(project, "program.ts"),
    declared + PROGRAM.replace("console.log(", `${wrong}\n  console.log(text, `),
  );
  const compilerOptions = {
    ...{ strict: true, noEmit: true, module: "nodenext", target: "es2023" },
    // Without Node's types: the codec needs none.
    ...{ types: [], skipLibCheck: false, lib: ["ES2023"] },
  };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["program.ts"] }),
  );
  expect(run(process.execPath, [tsc, "-p", project], project)).toBe("");
});
