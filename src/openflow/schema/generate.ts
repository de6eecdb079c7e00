// SPDX-License-Identifier: Apache-2.0
import { within } from "../wire/errors.ts";
import type { Run } from "../wire/reader.ts";
import { tooLong } from "../wire/writer.ts";
import { badUint, badWide, checkBytes, checkObject, checkText, structTooLong } from "./checks.ts";
import type { Codec } from "./codec.ts";
import type { Layout } from "./field.ts";
import { type PlannedMember, type StructPlan, widthOf } from "./plan.ts";

/**
 * Straight-line source for a struct codec.
 *
 * Problem: a loop over field descriptions costs a call and a branch per field, three times the work
 * itself. Solution: at load, generate what one would write by hand: one bounds check per run of fixed
 * fields, then one DataView access per field at a constant offset, then an object literal of constant
 * shape. The source contains only names and numbers from the declarations in this codec, never data.
 */

/** The values that generated code refers to by name. */
class Scope {
  readonly names: string[] = [];
  readonly values: unknown[] = [];

  add(prefix: string, value: unknown): string {
    const name = `${prefix}${this.names.length}`;
    this.names.push(name);
    this.values.push(value);
    return name;
  }
}

/** Members in order, split into runs of fixed width and single members of variable width. */
function segments(plan: StructPlan): (PlannedMember | readonly PlannedMember[])[] {
  const out: (PlannedMember | PlannedMember[])[] = [];
  for (const member of plan.members) {
    const last = out.at(-1);
    if (widthOf(member.layout) === undefined) out.push(member);
    else if (Array.isArray(last)) last.push(member);
    else out.push([member]);
  }
  return out;
}

function runWidth(run: readonly PlannedMember[]): number {
  return run.reduce((sum, { layout }) => sum + (widthOf(layout) ?? 0), 0);
}

/** The expression that reads a fixed field at `p + offset`. */
function readExpression(layout: Layout, at: string): string | undefined {
  switch (layout.kind) {
    case "uint":
      if (layout.bytes === 6) return `(v.getUint16(${at}) * 4294967296 + v.getUint32(${at} + 2))`;
      return `v.getUint${layout.bytes * 8}(${at})`;
    case "wide":
      return `v.getBigUint64(${at})`;
    case "text":
      return `r.textAt(${at}, ${layout.bytes})`;
    case "selfLength":
    case "lengthOf":
    case "tagOf":
      return `v.getUint16(${at})`;
    default:
      return undefined;
  }
}

/** The local variable for the value of a member. */
function local({ name, layout }: PlannedMember): string {
  if (layout.kind === "selfLength") return "selfLength";
  if (layout.kind === "lengthOf") return `length_${layout.of}`;
  if (layout.kind === "tagOf") return `tag_${layout.of}`;
  return `f_${name}`;
}

function readRun(run: readonly PlannedMember[], scope: Scope): string[] {
  const names: Run = run.map(({ name, layout }) => [name, widthOf(layout) ?? 0]);
  const lines = [`p = r.take(${runWidth(run)}, ${scope.add("run", names)});`];
  let offset = 0;
  for (const member of run) {
    const expression = readExpression(member.layout, `p + ${offset}`);
    if (expression !== undefined) lines.push(`const ${local(member)} = ${expression};`);
    offset += widthOf(member.layout) ?? 0;
  }
  return lines;
}

function readVariable(member: PlannedMember, sized: boolean, scope: Scope): string[] {
  const { name, layout } = member;
  let expression = "r.rest()";
  if (layout.kind === "nested") expression = `${scope.add("codec", layout.codec)}.read(r)`;
  if (layout.kind === "tagged") {
    expression = `${scope.add("cases", layout.codec.cases)}.read(r, tag_${name})`;
  }
  const body = sized
    ? `const o = r.narrow(r.pos + length_${name}); f_${name} = ${expression}; r.close(o);`
    : `f_${name} = ${expression};`;
  return [`let f_${name};`, `try { ${body} } catch (e) { throw within(e, "${name}"); }`];
}

/** Names of the members whose length is in an earlier member. */
function sizedNames(plan: StructPlan): Set<string> {
  return new Set(
    plan.members.flatMap(({ layout }) => (layout.kind === "lengthOf" ? [layout.of] : [])),
  );
}

function readSource(plan: StructPlan, scope: Scope): string {
  const sized = sizedNames(plan);
  const lines = ["const v = r.view;", "const start = r.pos;", "let p;"];
  let narrowed = false;
  for (const segment of segments(plan)) {
    if (!Array.isArray(segment)) {
      lines.push(
        ...readVariable(
          segment as PlannedMember,
          sized.has((segment as PlannedMember).name),
          scope,
        ),
      );
      continue;
    }
    lines.push(...readRun(segment, scope));
    const last = segment.at(-1);
    if (segment.some(({ layout }) => layout.kind === "selfLength")) {
      lines.push("let outer;");
      lines.push(
        `try { outer = r.narrow(start + selfLength); } catch (e) { throw within(e, "${last?.name}"); }`,
      );
      narrowed = true;
    }
  }
  if (narrowed) lines.push("r.close(outer);");
  lines.push(`return { ${literal(plan)} };`);
  return lines.join("\n");
}

/** The entries of the value's object literal. */
function literal(plan: StructPlan): string {
  const entries: string[] = [];
  for (const [index, { name, shown }] of plan.members.entries()) {
    if (plan.tag?.before === index) entries.push(`${plan.tag.key}: "${plan.tag.value}"`);
    if (shown) entries.push(`${name}: f_${name}`);
  }
  if (plan.tag !== undefined && plan.tag.before >= plan.members.length) {
    entries.push(`${plan.tag.key}: "${plan.tag.value}"`);
  }
  return entries.join(", ");
}

function writeUint(name: string, bytes: number, at: string): string[] {
  const load = `x = m.${name};`;
  const bad = `throw badUint("${name}", x, ${bytes});`;
  if (bytes === 6) {
    return [
      `${load} if (!Number.isInteger(x) || x < 0 || x > 281474976710655) ${bad}`,
      `v.setUint16(${at}, Math.floor(x / 4294967296)); v.setUint32(${at} + 2, x >>> 0);`,
    ];
  }
  const test = bytes === 4 ? "(x >>> 0) !== x" : `(x & ${bytes === 1 ? 255 : 65535}) !== x`;
  return [`${load} if (${test}) ${bad}`, `v.setUint${bytes * 8}(${at}, x);`];
}

function writeFixed(name: string, layout: Layout, at: string): string[] {
  switch (layout.kind) {
    case "uint":
      return writeUint(name, layout.bytes, at);
    case "wide": {
      const test = `typeof x !== "bigint" || BigInt.asUintN(${8 * layout.bytes}, x) !== x`;
      const check = `x = m.${name}; if (${test}) throw badWide("${name}", x, ${layout.bytes});`;
      return [check, `v.setBigUint64(${at}, x);`];
    }
    case "text":
      return [
        `try { w.textAt(${at}, checkText("", m.${name}), ${layout.bytes}); } catch (e) { throw within(e, "${name}"); }`,
      ];
    case "pad":
      return [zeroFill(at, layout.bytes)];
    case "constant":
      return [`v.setUint${layout.bytes * 8}(${at}, ${layout.value});`];
    case "selfLength":
      return [`const selfAt = ${at};`];
    case "lengthOf":
      return [`const lengthAt_${layout.of} = ${at};`];
    case "tagOf":
      return [`const tagAt_${layout.of} = ${at};`];
    default:
      return [];
  }
}

function zeroFill(at: string, bytes: number): string {
  const parts: string[] = [];
  let offset = 0;
  for (; offset + 4 <= bytes; offset += 4) parts.push(`v.setUint32(${at} + ${offset}, 0);`);
  for (; offset < bytes; offset++) parts.push(`v.setUint8(${at} + ${offset}, 0);`);
  return parts.join(" ");
}

function writeRun(run: readonly PlannedMember[]): string[] {
  const first = run.find(({ shown }) => shown)?.name ?? run[0]?.name ?? "";
  const width = runWidth(run);
  const lines = [
    `p = w.pos; if (p + ${width} > w.limit) throw tooLong("${first}"); w.pos = p + ${width};`,
  ];
  let offset = 0;
  for (const { name, layout } of run) {
    // Positions used after the run need a variable of their own, because p advances.
    lines.push(...writeFixed(name, layout, `p + ${offset}`));
    offset += widthOf(layout) ?? 0;
  }
  return lines;
}

function writeVariable({ name, layout }: PlannedMember, sized: boolean, scope: Scope): string[] {
  let body = `w.bytes(checkBytes("", m.${name}));`;
  if (layout.kind === "nested") body = `${scope.add("codec", layout.codec)}.write(w, m.${name});`;
  if (layout.kind === "tagged") {
    const cases = scope.add("cases", layout.codec.cases);
    body = `x = ${cases}.caseOf(m.${name}); v.setUint16(tagAt_${name}, x.code); x.codec.write(w, m.${name});`;
  }
  if (sized) body = `const b = w.pos; ${body} w.view.setUint16(lengthAt_${name}, w.pos - b);`;
  return [`try { ${body} } catch (e) { throw within(e, "${name}"); }`];
}

function writeSource(plan: StructPlan, scope: Scope): string {
  const sized = sizedNames(plan);
  const lines = [
    'if (typeof m !== "object" || m === null) checkObject(m);',
    "const start = w.pos;",
    "const v = w.view;",
    "let p; let x;",
  ];
  for (const segment of segments(plan)) {
    if (Array.isArray(segment)) lines.push(...writeRun(segment));
    else {
      const member = segment as PlannedMember;
      lines.push(...writeVariable(member, sized.has(member.name), scope));
    }
  }
  if (plan.members.some(({ layout }) => layout.kind === "selfLength")) {
    lines.push(`x = w.pos - start; if (x > 65535) throw structTooLong("${plan.lastVariable}", x);`);
    lines.push("w.view.setUint16(selfAt, x);");
  }
  return lines.join("\n");
}

const HELPERS = {
  within,
  tooLong,
  badUint,
  badWide,
  checkBytes,
  checkObject,
  checkText,
  structTooLong,
};

function compile<F>(parameters: string, source: string, scope: Scope): F {
  const names = [...Object.keys(HELPERS), ...scope.names];
  const values = [...Object.values(HELPERS), ...scope.values];
  const factory = new Function(
    ...names,
    `"use strict"; return (${parameters}) => {\n${source}\n};`,
  );
  return factory(...values) as F;
}

/** The struct codec as generated straight-line functions. */
export function generateStruct(plan: StructPlan): Pick<Codec<unknown>, "read" | "write"> {
  const reading = new Scope();
  const writing = new Scope();
  const readBody = readSource(plan, reading);
  const writeBody = writeSource(plan, writing);
  return {
    read: compile<Codec<unknown>["read"]>("r", readBody, reading),
    write: compile<Codec<unknown>["write"]>("w, m", writeBody, writing),
  };
}
