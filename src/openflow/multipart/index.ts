// SPDX-License-Identifier: Apache-2.0
import type { Infer } from "../schema/codec.ts";
import {
  EXPERIMENTER,
  EXPERIMENTER_MEMBERS,
  type TableUnion,
  table,
  type Unknown,
  union,
} from "../schema/tlv.ts";
import { descReply } from "./desc.ts";
import {
  aggregateReply,
  aggregateRequest,
  type flowEntryCodec,
  flowReply,
  flowRequest,
} from "./flow.ts";
import { flowMonitorReply, flowMonitorRequest } from "./flow-monitor.ts";
import {
  type groupDescCodec,
  groupDescReply,
  groupFeaturesReply,
  groupStatsReply,
  groupStatsRequest,
} from "./group.ts";
import {
  meterConfigReply,
  meterConfigRequest,
  meterFeaturesReply,
  meterStatsReply,
  meterStatsRequest,
} from "./meter.ts";
import { portDescReply, portStatsReply, portStatsRequest } from "./port.ts";
import { queueDescReply, queueDescRequest, queueStatsReply, queueStatsRequest } from "./queue.ts";
import { tableDescReply, tableReply } from "./table.ts";
import { tableFeaturesReply, tableFeaturesRequest } from "./table-features.ts";

/** Request bodies by multipart type. @spec OpenFlow 1.4.1 §7.3.5 */
const REQUESTS = table({
  desc: [0, {}],
  flow: [1, flowRequest],
  aggregate: [2, aggregateRequest],
  table: [3, {}],
  portStats: [4, portStatsRequest],
  queueStats: [5, queueStatsRequest],
  group: [6, groupStatsRequest],
  groupDesc: [7, {}],
  groupFeatures: [8, {}],
  meter: [9, meterStatsRequest],
  meterConfig: [10, meterConfigRequest],
  meterFeatures: [11, {}],
  tableFeatures: [12, tableFeaturesRequest],
  portDesc: [13, {}],
  tableDesc: [14, {}],
  queueDesc: [15, queueDescRequest],
  flowMonitor: [16, flowMonitorRequest],
  experimenter: [EXPERIMENTER, EXPERIMENTER_MEMBERS],
});

/** Reply bodies by multipart type. @spec OpenFlow 1.4.1 §7.3.5 */
const REPLIES = table({
  desc: [0, descReply],
  flow: [1, flowReply],
  aggregate: [2, aggregateReply],
  table: [3, tableReply],
  portStats: [4, portStatsReply],
  queueStats: [5, queueStatsReply],
  group: [6, groupStatsReply],
  groupDesc: [7, groupDescReply],
  groupFeatures: [8, groupFeaturesReply],
  meter: [9, meterStatsReply],
  meterConfig: [10, meterConfigReply],
  meterFeatures: [11, meterFeaturesReply],
  tableFeatures: [12, tableFeaturesReply],
  portDesc: [13, portDescReply],
  tableDesc: [14, tableDescReply],
  queueDesc: [15, queueDescReply],
  flowMonitor: [16, flowMonitorReply],
  experimenter: [EXPERIMENTER, EXPERIMENTER_MEMBERS],
});

/** The body of a multipart request. */
export type MultipartRequestBody = TableUnion<typeof REQUESTS> | Unknown;

/** The body of a multipart reply. */
export type MultipartReplyBody = TableUnion<typeof REPLIES> | Unknown;

/** Request bodies, chosen by the type field of the message. */
export const multipartRequestBody = union(REQUESTS);

/** Reply bodies, chosen by the type field of the message. */
export const multipartReplyBody = union(REPLIES);

/** A flow entry as a multipart flow reply lists it. */
export type FlowEntry = Infer<typeof flowEntryCodec>;

/** A group as a multipart group-desc reply lists it. */
export type GroupDescEntry = Infer<typeof groupDescCodec>;
