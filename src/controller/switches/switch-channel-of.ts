// SPDX-License-Identifier: Apache-2.0
import { TAP_TABLE } from "../../flow-model/index.ts";
import { type FlowEntry, flowRequest, MeterId } from "../../openflow/index.ts";
import type { Session } from "../../openflow-session/session.ts";
import { describeFailure } from "../../openflow-session/transactions.ts";
import type {
  ListedFlow,
  ListedGroup,
  Listing,
  MeterListing,
  SwitchChannel,
} from "../../reconcile/index.ts";
import { type Clock, systemClock } from "../../runtime/clock.ts";

/** Maximum time for a switch to list its tables, in milliseconds. */
const LISTING_TIMEOUT_MS = 60_000;

/** Adapts a session to the channel that the reconciler uses; `clock`: that of the reconciler. */
export function switchChannelOf(
  session: Session,
  clock: Pick<Clock, "now"> = systemClock,
): SwitchChannel {
  return {
    readFlows: () => readFlows(session, clock),
    readGroups: () => readGroups(session),
    readMeters: () => readMeters(session),
    commit: (messages) => session.bundle(messages),
    step: (messages) => session.sendAll(messages),
    close: (reason) => session.close(reason),
  };
}

async function readFlows(
  session: Session,
  clock: Pick<Clock, "now">,
): Promise<Listing<ListedFlow>> {
  const entries: ListedFlow[] = [];
  const outcome = await session.multipart(flowRequest({ tableId: TAP_TABLE }), {
    timeoutMs: LISTING_TIMEOUT_MS,
    each: (part) => {
      // Ages are of when the switch made the part; a long listing takes many seconds.
      const now = clock.now();
      for (const { tableId, priority, cookie, match, instructions, ...ages } of part.entries) {
        const life = lifeOf(ages, now);
        entries.push({ table: tableId, priority, cookie, match, instructions, ...life });
      }
    },
  });
  if (outcome.type !== "reply") return { type: "failed", reason: describeFailure(outcome) };
  return { type: "listed", entries };
}

type Ages = Pick<FlowEntry, "hardTimeout" | "durationSec" | "durationNsec">;

function lifeOf({ hardTimeout, durationSec, durationNsec }: Ages, now: number) {
  if (hardTimeout === 0) return undefined;
  const ageMs = durationSec * 1000 + durationNsec / 1e6;
  return { life: { hardTimeout, endsAt: now + hardTimeout * 1000 - ageMs } };
}

async function readGroups(session: Session): Promise<Listing<ListedGroup>> {
  const timeoutMs = LISTING_TIMEOUT_MS;
  const outcome = await session.multipart({ type: "groupDesc" }, { timeoutMs });
  if (outcome.type !== "reply") return { type: "failed", reason: describeFailure(outcome) };
  const entries = outcome.reply.flatMap((part) =>
    part.entries.map(({ groupId: id, groupType: type, buckets }) => ({ id, type, buckets })),
  );
  return { type: "listed", entries };
}

/** A switch without meters reports a maximum of zero, or an error. */
async function readMeters(session: Session): Promise<MeterListing> {
  const timeoutMs = LISTING_TIMEOUT_MS;
  const [features, config] = await Promise.all([
    session.multipart({ type: "meterFeatures" }, { timeoutMs }),
    session.multipart({ type: "meterConfig", meterId: MeterId.All }, { timeoutMs }),
  ]);
  for (const outcome of [features, config]) {
    if (outcome.type === "reply") continue;
    const reason = describeFailure(outcome);
    if (outcome.type !== "error") return { type: "failed", reason };
    return { type: "unsupported", reason: `the switch has no meters: ${reason}` };
  }
  if (features.type !== "reply" || config.type !== "reply")
    throw new Error("neither a reply nor an error");
  if (!features.reply.some(({ maxMeters }) => maxMeters > 0)) {
    return { type: "unsupported", reason: "the switch has no meters (max_meter is 0)" };
  }
  const entries = config.reply.flatMap((part) =>
    part.entries.map(({ meterId: id, flags, bands }) => ({ id, flags, bands })),
  );
  return { type: "listed", entries };
}
