// SPDX-License-Identifier: Apache-2.0
import { within } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import {
  checkBytes,
  checkObject,
  checkText,
  checkUint,
  checkWide,
  structTooLong,
} from "./checks.ts";
import { type Codec, plain } from "./codec.ts";
import type { Layout } from "./field.ts";
import type { StructPlan } from "./plan.ts";

/** State shared by the fields of one struct while it is read or written. */
interface Frame {
  readonly start: number;
  outer: number | undefined;
  readonly lengths: Map<string, number>;
  readonly tags: Map<string, number>;
}

type ReadStep = (reader: Reader, frame: Frame) => unknown;

/** Numbers of `bytes` bytes. */
function readUint(reader: Reader, bytes: 1 | 2 | 4 | 6): number {
  switch (bytes) {
    case 1:
      return reader.u8();
    case 2:
      return reader.u16();
    case 4:
      return reader.u32();
    case 6:
      return reader.u48();
  }
}

function writeUint(writer: Writer, value: number, bytes: 1 | 2 | 4 | 6): void {
  if (bytes === 1) writer.u8(value);
  else if (bytes === 2) writer.u16(value);
  else if (bytes === 4) writer.u32(value);
  else writer.u48At(writer.claim(6), value);
}

/** Reads with `codec`, within the length given by an earlier field, if any. */
function readSized(reader: Reader, read: () => unknown, length: number | undefined): unknown {
  if (length === undefined) return read();
  const outer = reader.narrow(reader.pos + length);
  const value = read();
  reader.close(outer);
  return value;
}

function readStep(name: string, layout: Layout): ReadStep {
  switch (layout.kind) {
    case "uint":
      return (reader) => readUint(reader, layout.bytes);
    case "wide":
      return (reader) => reader.u64();
    case "text":
      return (reader) => reader.textAt(reader.take(layout.bytes), layout.bytes);
    case "pad":
    case "constant":
      return (reader) => void reader.take(layout.bytes);
    case "selfLength":
      return (reader, frame) => {
        frame.lengths.set("", reader.u16());
      };
    case "lengthOf":
      return (reader, frame) => void frame.lengths.set(layout.of, reader.u16());
    case "tagOf":
      return (reader, frame) => void frame.tags.set(layout.of, reader.u16());
    case "rest":
      return (reader, frame) => readSized(reader, () => reader.rest(), frame.lengths.get(name));
    case "nested":
      return (reader, frame) =>
        readSized(reader, () => layout.codec.interpreted.read(reader), frame.lengths.get(name));
    case "tagged":
      return (reader, frame) => layout.codec.interpreted.read(reader, frame.tags.get(name) ?? 0);
  }
}

type FramingLayout = Extract<
  Layout,
  { readonly kind: "pad" | "constant" | "selfLength" | "lengthOf" | "tagOf" }
>;

function writeMember(
  writer: Writer,
  name: string,
  layout: Layout,
  value: unknown,
  frame: Frame,
): void {
  switch (layout.kind) {
    case "uint":
      writeUint(writer, checkUint("", value, layout.bytes), layout.bytes);
      return;
    case "wide":
      writeWide(writer, checkWide("", value, layout.bytes), layout.bytes);
      return;
    case "text":
      writer.textAt(writer.claim(layout.bytes), checkText("", value), layout.bytes);
      return;
    case "rest":
      patched(writer, name, frame, () => writer.bytes(checkBytes("", value)));
      return;
    case "nested":
      patched(writer, name, frame, () => layout.codec.interpreted.write(writer, value));
      return;
    case "tagged": {
      const { code, codec } = layout.codec.interpreted.caseOf(value);
      writer.view.setUint16(frame.tags.get(name) ?? 0, code);
      codec.interpreted.write(writer, value);
      return;
    }
    default:
      writeFraming(writer, layout, frame);
  }
}

/** Writes a member that the value does not contain; lengths and tags are filled in later. */
function writeFraming(writer: Writer, layout: FramingLayout, frame: Frame): void {
  switch (layout.kind) {
    case "pad":
      writer.zeros(layout.bytes);
      return;
    case "constant":
      writeUint(writer, layout.value, layout.bytes);
      return;
    case "selfLength":
      frame.lengths.set("", writer.claim(2));
      return;
    case "lengthOf":
      frame.lengths.set(layout.of, writer.claim(2));
      return;
    case "tagOf":
      frame.tags.set(layout.of, writer.claim(2));
      return;
  }
}

function writeWide(writer: Writer, value: bigint, bytes: number): void {
  const pos = writer.claim(bytes);
  if (bytes === 8) writer.view.setBigUint64(pos, value);
  else writer.u128At(pos, value);
}

/** Writes a member, and then its length into the earlier field for it. */
function patched(writer: Writer, name: string, frame: Frame, write: () => void): void {
  const begin = writer.pos;
  write();
  const lengthAt = frame.lengths.get(name);
  if (lengthAt !== undefined) writer.view.setUint16(lengthAt, writer.pos - begin);
}

/** The struct codec without generated code: one closure per field. */
export function interpretStruct(plan: StructPlan): Codec<unknown> {
  return plain({ read: structReader(plan), write: structWriter(plan) });
}

function structReader(plan: StructPlan): (reader: Reader) => unknown {
  const steps = plan.members.map(({ name, layout, shown }) => ({
    name,
    shown,
    read: readStep(name, layout),
  }));
  return (reader) => {
    const frame = newFrame(reader.pos);
    const value: Record<string, unknown> = {};
    for (const [index, step] of steps.entries()) {
      if (plan.tag?.before === index) value[plan.tag.key] = plan.tag.value;
      let result: unknown;
      try {
        result = step.read(reader, frame);
        // The bound moves only at the end of a fixed run, as in the generated form.
        if (plan.narrowAfter === index) {
          frame.outer = reader.narrow(frame.start + (frame.lengths.get("") ?? 0));
        }
      } catch (error) {
        throw within(error, step.name);
      }
      if (step.shown) value[step.name] = result;
    }
    if (plan.tag !== undefined && plan.tag.before >= steps.length)
      value[plan.tag.key] = plan.tag.value;
    if (frame.outer !== undefined) reader.close(frame.outer);
    return value;
  };
}

function structWriter(plan: StructPlan): (writer: Writer, value: unknown) => void {
  return (writer, value) => {
    checkObject(value);
    const frame = newFrame(writer.pos);
    for (const { name, layout } of plan.members) {
      try {
        writeMember(writer, name, layout, value[name], frame);
      } catch (error) {
        throw within(error, name);
      }
    }
    const lengthAt = frame.lengths.get("");
    if (lengthAt === undefined) return;
    const length = writer.pos - frame.start;
    if (length > 0xffff) throw structTooLong(plan.lastVariable, length);
    writer.view.setUint16(lengthAt, length);
  };
}

function newFrame(start: number): Frame {
  return { start, outer: undefined, lengths: new Map(), tags: new Map() };
}
