export * from "./codec.ts";
export {
  constant,
  type Field,
  fixedBytes,
  type Hidden,
  lengthOf,
  pad,
  rest,
  selfLength,
  type TaggedCodec,
  tagged,
  tagOf,
  text,
  u8,
  u16,
  u32,
  u48,
  u64,
  u128,
} from "./field.ts";
export * from "./list.ts";
export * from "./struct.ts";
export * from "./tlv.ts";
