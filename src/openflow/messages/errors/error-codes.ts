// SPDX-License-Identifier: Apache-2.0
/**
 * Error types and codes by name.
 * @spec OpenFlow 1.4.1 §7.5.4
 */

/** Error types. */
export const ErrorType = {
  HelloFailed: 0,
  BadRequest: 1,
  BadAction: 2,
  BadInstruction: 3,
  BadMatch: 4,
  FlowModFailed: 5,
  GroupModFailed: 6,
  PortModFailed: 7,
  TableModFailed: 8,
  QueueOpFailed: 9,
  SwitchConfigFailed: 10,
  RoleRequestFailed: 11,
  MeterModFailed: 12,
  TableFeaturesFailed: 13,
  BadProperty: 14,
  AsyncConfigFailed: 15,
  FlowMonitorFailed: 16,
  BundleFailed: 17,
  Experimenter: 0xffff,
} as const;

/** Codes of error type HelloFailed (OFPHFC_…): by name. */
export const HelloFailedCode = {
  INCOMPATIBLE: 0,
  EPERM: 1,
} as const;

/** Codes of error type BadRequest (OFPBRC_…): by name. */
export const BadRequestCode = {
  BAD_VERSION: 0,
  BAD_TYPE: 1,
  BAD_MULTIPART: 2,
  BAD_EXPERIMENTER: 3,
  BAD_EXP_TYPE: 4,
  EPERM: 5,
  BAD_LEN: 6,
  BUFFER_EMPTY: 7,
  BUFFER_UNKNOWN: 8,
  BAD_TABLE_ID: 9,
  IS_SLAVE: 10,
  BAD_PORT: 11,
  BAD_PACKET: 12,
  MULTIPART_BUFFER_OVERFLOW: 13,
  MULTIPART_REQUEST_TIMEOUT: 14,
  MULTIPART_REPLY_TIMEOUT: 15,
} as const;

/** Codes of error type BadAction (OFPBAC_…): by name. */
export const BadActionCode = {
  BAD_TYPE: 0,
  BAD_LEN: 1,
  BAD_EXPERIMENTER: 2,
  BAD_EXP_TYPE: 3,
  BAD_OUT_PORT: 4,
  BAD_ARGUMENT: 5,
  EPERM: 6,
  TOO_MANY: 7,
  BAD_QUEUE: 8,
  BAD_OUT_GROUP: 9,
  MATCH_INCONSISTENT: 10,
  UNSUPPORTED_ORDER: 11,
  BAD_TAG: 12,
  BAD_SET_TYPE: 13,
  BAD_SET_LEN: 14,
  BAD_SET_ARGUMENT: 15,
} as const;

/** Codes of error type BadInstruction (OFPBIC_…): by name. */
export const BadInstructionCode = {
  UNKNOWN_INST: 0,
  UNSUP_INST: 1,
  BAD_TABLE_ID: 2,
  UNSUP_METADATA: 3,
  UNSUP_METADATA_MASK: 4,
  BAD_EXPERIMENTER: 5,
  BAD_EXP_TYPE: 6,
  BAD_LEN: 7,
  EPERM: 8,
  DUP_INST: 9,
} as const;

/** Codes of error type BadMatch (OFPBMC_…): by name. */
export const BadMatchCode = {
  BAD_TYPE: 0,
  BAD_LEN: 1,
  BAD_TAG: 2,
  BAD_DL_ADDR_MASK: 3,
  BAD_NW_ADDR_MASK: 4,
  BAD_WILDCARDS: 5,
  BAD_FIELD: 6,
  BAD_VALUE: 7,
  BAD_MASK: 8,
  BAD_PREREQ: 9,
  DUP_FIELD: 10,
  EPERM: 11,
} as const;

/** Codes of error type FlowModFailed (OFPFMFC_…): by name. */
export const FlowModFailedCode = {
  UNKNOWN: 0,
  TABLE_FULL: 1,
  BAD_TABLE_ID: 2,
  OVERLAP: 3,
  EPERM: 4,
  BAD_TIMEOUT: 5,
  BAD_COMMAND: 6,
  BAD_FLAGS: 7,
  CANT_SYNC: 8,
  BAD_PRIORITY: 9,
} as const;

/** Codes of error type GroupModFailed (OFPGMFC_…): by name. */
export const GroupModFailedCode = {
  GROUP_EXISTS: 0,
  INVALID_GROUP: 1,
  WEIGHT_UNSUPPORTED: 2,
  OUT_OF_GROUPS: 3,
  OUT_OF_BUCKETS: 4,
  CHAINING_UNSUPPORTED: 5,
  WATCH_UNSUPPORTED: 6,
  LOOP: 7,
  UNKNOWN_GROUP: 8,
  CHAINED_GROUP: 9,
  BAD_TYPE: 10,
  BAD_COMMAND: 11,
  BAD_BUCKET: 12,
  BAD_WATCH: 13,
  EPERM: 14,
} as const;

/** Codes of error type PortModFailed (OFPPMFC_…): by name. */
export const PortModFailedCode = {
  BAD_PORT: 0,
  BAD_HW_ADDR: 1,
  BAD_CONFIG: 2,
  BAD_ADVERTISE: 3,
  EPERM: 4,
} as const;

/** Codes of error type TableModFailed (OFPTMFC_…): by name. */
export const TableModFailedCode = {
  BAD_TABLE: 0,
  BAD_CONFIG: 1,
  EPERM: 2,
} as const;

/** Codes of error type QueueOpFailed (OFPQOFC_…): by name. */
export const QueueOpFailedCode = {
  BAD_PORT: 0,
  BAD_QUEUE: 1,
  EPERM: 2,
} as const;

/** Codes of error type SwitchConfigFailed (OFPSCFC_…): by name. */
export const SwitchConfigFailedCode = {
  BAD_FLAGS: 0,
  BAD_LEN: 1,
  EPERM: 2,
} as const;

/** Codes of error type RoleRequestFailed (OFPRRFC_…): by name. */
export const RoleRequestFailedCode = {
  STALE: 0,
  UNSUP: 1,
  BAD_ROLE: 2,
} as const;

/** Codes of error type MeterModFailed (OFPMMFC_…): by name. */
export const MeterModFailedCode = {
  UNKNOWN: 0,
  METER_EXISTS: 1,
  INVALID_METER: 2,
  UNKNOWN_METER: 3,
  BAD_COMMAND: 4,
  BAD_FLAGS: 5,
  BAD_RATE: 6,
  BAD_BURST: 7,
  BAD_BAND: 8,
  BAD_BAND_VALUE: 9,
  OUT_OF_METERS: 10,
  OUT_OF_BANDS: 11,
} as const;

/** Codes of error type TableFeaturesFailed (OFPTFFC_…): by name. */
export const TableFeaturesFailedCode = {
  BAD_TABLE: 0,
  BAD_METADATA: 1,
  EPERM: 5,
} as const;

/** Codes of error type BadProperty (OFPBPC_…): by name. */
export const BadPropertyCode = {
  BAD_TYPE: 0,
  BAD_LEN: 1,
  BAD_VALUE: 2,
  TOO_MANY: 3,
  DUP_TYPE: 4,
  BAD_EXPERIMENTER: 5,
  BAD_EXP_TYPE: 6,
  BAD_EXP_VALUE: 7,
  EPERM: 8,
} as const;

/** Codes of error type AsyncConfigFailed (OFPACFC_…): by name. */
export const AsyncConfigFailedCode = {
  INVALID: 0,
  UNSUPPORTED: 1,
  EPERM: 2,
} as const;

/** Codes of error type FlowMonitorFailed (OFPMOFC_…): by name. */
export const FlowMonitorFailedCode = {
  UNKNOWN: 0,
  MONITOR_EXISTS: 1,
  INVALID_MONITOR: 2,
  UNKNOWN_MONITOR: 3,
  BAD_COMMAND: 4,
  BAD_FLAGS: 5,
  BAD_TABLE_ID: 6,
  BAD_OUT: 7,
} as const;

/** Codes of error type BundleFailed (OFPBFC_…): by name. */
export const BundleFailedCode = {
  UNKNOWN: 0,
  EPERM: 1,
  BAD_ID: 2,
  BUNDLE_EXIST: 3,
  BUNDLE_CLOSED: 4,
  OUT_OF_BUNDLES: 5,
  BAD_TYPE: 6,
  BAD_FLAGS: 7,
  MSG_BAD_LEN: 8,
  MSG_BAD_XID: 9,
  MSG_UNSUP: 10,
  MSG_CONFLICT: 11,
  MSG_TOO_MANY: 12,
  MSG_FAILED: 13,
  TIMEOUT: 14,
  BUNDLE_IN_PROGRESS: 15,
} as const;
