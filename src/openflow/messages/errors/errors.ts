// SPDX-License-Identifier: Apache-2.0
import {
  AsyncConfigFailedCode,
  BadActionCode,
  BadInstructionCode,
  BadMatchCode,
  BadPropertyCode,
  BadRequestCode,
  BundleFailedCode,
  ErrorType,
  FlowModFailedCode,
  FlowMonitorFailedCode,
  GroupModFailedCode,
  HelloFailedCode,
  MeterModFailedCode,
  PortModFailedCode,
  QueueOpFailedCode,
  RoleRequestFailedCode,
  SwitchConfigFailedCode,
  TableFeaturesFailedCode,
  TableModFailedCode,
} from "./error-codes.ts";

export * from "./error-codes.ts";

interface ErrorFamily {
  readonly prefix: string;
  readonly words: string;
  readonly codes: Readonly<Record<string, number>>;
}

const FAMILIES: Readonly<Record<number, ErrorFamily>> = {
  [ErrorType.HelloFailed]: { prefix: "OFPHFC_", words: "the hello failed", codes: HelloFailedCode },
  [ErrorType.BadRequest]: {
    prefix: "OFPBRC_",
    words: "the request was not understood",
    codes: BadRequestCode,
  },
  [ErrorType.BadAction]: { prefix: "OFPBAC_", words: "error in an action", codes: BadActionCode },
  [ErrorType.BadInstruction]: {
    prefix: "OFPBIC_",
    words: "error in an instruction",
    codes: BadInstructionCode,
  },
  [ErrorType.BadMatch]: { prefix: "OFPBMC_", words: "error in a match", codes: BadMatchCode },
  [ErrorType.FlowModFailed]: {
    prefix: "OFPFMFC_",
    words: "flow mod failed",
    codes: FlowModFailedCode,
  },
  [ErrorType.GroupModFailed]: {
    prefix: "OFPGMFC_",
    words: "group mod failed",
    codes: GroupModFailedCode,
  },
  [ErrorType.PortModFailed]: {
    prefix: "OFPPMFC_",
    words: "port mod failed",
    codes: PortModFailedCode,
  },
  [ErrorType.TableModFailed]: {
    prefix: "OFPTMFC_",
    words: "table mod failed",
    codes: TableModFailedCode,
  },
  [ErrorType.QueueOpFailed]: {
    prefix: "OFPQOFC_",
    words: "queue operation failed",
    codes: QueueOpFailedCode,
  },
  [ErrorType.SwitchConfigFailed]: {
    prefix: "OFPSCFC_",
    words: "switch config failed",
    codes: SwitchConfigFailedCode,
  },
  [ErrorType.RoleRequestFailed]: {
    prefix: "OFPRRFC_",
    words: "role request failed",
    codes: RoleRequestFailedCode,
  },
  [ErrorType.MeterModFailed]: {
    prefix: "OFPMMFC_",
    words: "meter mod failed",
    codes: MeterModFailedCode,
  },
  [ErrorType.TableFeaturesFailed]: {
    prefix: "OFPTFFC_",
    words: "table features failed",
    codes: TableFeaturesFailedCode,
  },
  [ErrorType.BadProperty]: {
    prefix: "OFPBPC_",
    words: "error in a property",
    codes: BadPropertyCode,
  },
  [ErrorType.AsyncConfigFailed]: {
    prefix: "OFPACFC_",
    words: "async config failed",
    codes: AsyncConfigFailedCode,
  },
  [ErrorType.FlowMonitorFailed]: {
    prefix: "OFPMOFC_",
    words: "flow monitor failed",
    codes: FlowMonitorFailedCode,
  },
  [ErrorType.BundleFailed]: { prefix: "OFPBFC_", words: "bundle failed", codes: BundleFailedCode },
};

/** The name of an error code (`OFPGMFC_GROUP_EXISTS`); undefined if it has none. */
export function errorName(errorType: number, errorCode: number): string | undefined {
  const family = FAMILIES[errorType];
  if (family === undefined) return undefined;
  const found = Object.entries(family.codes).find(([, code]) => code === errorCode);
  return found === undefined ? undefined : family.prefix + found[0];
}

/** An error in words: `OFPGMFC_GROUP_EXISTS (group mod failed: group exists)`. */
export function describeError(errorType: number, errorCode: number): string {
  if (errorType === ErrorType.Experimenter) return `experimenter error of type ${errorCode}`;
  const family = FAMILIES[errorType];
  if (family === undefined) return `error of unknown type ${errorType}, code ${errorCode}`;
  const name = errorName(errorType, errorCode);
  if (name === undefined) return `unknown code ${errorCode} (${family.words})`;
  const reason = name.slice(family.prefix.length).toLowerCase().replaceAll("_", " ");
  return `${name} (${family.words}: ${reason})`;
}
