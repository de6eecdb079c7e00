import type { Infer } from "../schema/codec.ts";
import { variant } from "../schema/struct.ts";
import {
  EXPERIMENTER,
  EXPERIMENTER_MEMBERS,
  type Table,
  type TableUnion,
  type Unknown,
  union,
} from "../schema/tlv.ts";
import { descReply } from "./desc.ts";
import { aggregateReply, aggregateRequest, flowReply, flowRequest } from "./flow.ts";
import { flowMonitorReply, flowMonitorRequest } from "./flow-monitor.ts";
import { groupDescReply, groupFeaturesReply, groupStatsReply, groupStatsRequest } from "./group.ts";
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

const experimenterBody = variant("experimenter", EXPERIMENTER_MEMBERS);

/** Request bodies by multipart type. @spec OpenFlow 1.4.1 §7.3.5 */
const REQUESTS = {
  desc: [0, variant("desc", {})],
  flow: [1, flowRequest],
  aggregate: [2, aggregateRequest],
  table: [3, variant("table", {})],
  portStats: [4, portStatsRequest],
  queueStats: [5, queueStatsRequest],
  group: [6, groupStatsRequest],
  groupDesc: [7, variant("groupDesc", {})],
  groupFeatures: [8, variant("groupFeatures", {})],
  meter: [9, meterStatsRequest],
  meterConfig: [10, meterConfigRequest],
  meterFeatures: [11, variant("meterFeatures", {})],
  tableFeatures: [12, tableFeaturesRequest],
  portDesc: [13, variant("portDesc", {})],
  tableDesc: [14, variant("tableDesc", {})],
  queueDesc: [15, queueDescRequest],
  flowMonitor: [16, flowMonitorRequest],
  experimenter: [EXPERIMENTER, experimenterBody],
} as const satisfies Table;

/** Reply bodies by multipart type. @spec OpenFlow 1.4.1 §7.3.5 */
const REPLIES = {
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
  experimenter: [EXPERIMENTER, experimenterBody],
} as const satisfies Table;

/** The body of a multipart request. */
export type MultipartRequestBody = TableUnion<typeof REQUESTS> | Unknown;

/** The body of a multipart reply. */
export type MultipartReplyBody = TableUnion<typeof REPLIES> | Unknown;

/** Request bodies, chosen by the type field of the message. */
export const multipartRequestBody = union(REQUESTS);

/** Reply bodies, chosen by the type field of the message. */
export const multipartReplyBody = union(REPLIES);

/** A flow entry as a multipart flow reply lists it. */
export type FlowEntry = Infer<typeof flowReply>["entries"][number];

/** A group as a multipart group-desc reply lists it. */
export type GroupDescEntry = Infer<typeof groupDescReply>["entries"][number];
