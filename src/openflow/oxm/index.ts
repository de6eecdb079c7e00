// SPDX-License-Identifier: Apache-2.0
export {
  isWideField,
  type NarrowFieldName,
  OXM_FIELDS,
  OxmClass,
  OxmExperimenter,
  type OxmFieldName,
  type OxmFieldRow,
  type OxmKind,
  oxmFieldByName,
  oxmFieldByOxmName,
  type Prerequisite,
  type WideFieldName,
} from "./fields.ts";
export {
  canonicalMatch,
  type FieldInput,
  type MatchInput,
  match,
  matchKey,
  type NarrowInput,
  oxm,
  type WideInput,
} from "./match.ts";
export type { Match } from "./match-codec.ts";
export type {
  ExperimenterOxmField,
  KnownOxmField,
  NarrowOxmField,
  OxmField,
  UnknownOxmField,
  WideOxmField,
} from "./oxm-field.ts";
export type { OxmId } from "./oxm-id.ts";
