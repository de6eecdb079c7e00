// SPDX-License-Identifier: Apache-2.0
/** Runs a benchmark: `npm run bench -- NAME [ARGS]...`. Each is a module beside this one. */
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !/^[a-z-]+$/.test(name)) {
  console.error("usage: npm run bench -- NAME [ARGS]...");
  process.exit(2);
}
const bench = (await import(`./${name}.ts`)) as { run(args: string[]): Promise<void> };
await bench.run(args);

export {};
