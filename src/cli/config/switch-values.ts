import type { DefaultForwarding, DropGuardConfig } from "./serve-config.ts";
import { type Parse, wrong } from "./values.ts";

/** Datapath ids in any form that topology files take; given back as 16 hex digits. */
export const dpids: Parse<readonly string[]> = (value) => {
  if (!Array.isArray(value)) return wrong(value, "a list of datapath ids", 'write ["…", "…"]');
  const read: string[] = [];
  for (const item of value) {
    const dpid = dpidOf(item);
    if (dpid === undefined) return wrong(item, "a datapath id", WRITE_DPID);
    read.push(dpid);
  }
  return { ok: true, value: read };
};

const WRITE_DPID = 'write 16 hex digits: "0000000000000001"';

/** A datapath id as 16 hex digits; undefined for anything else. */
export function dpidOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.toLowerCase();
  if (/^[0-9a-f]{16}$/.test(text)) return text;
  if (/^([0-9a-f]{2}:){7}[0-9a-f]{2}$/.test(text)) return text.replaceAll(":", "");
  return /^0x[0-9a-f]{1,16}$/.test(text) ? text.slice(2).padStart(16, "0") : undefined;
}

/** A forwarding profile, as topology files write it. */
export const forwarding: Parse<DefaultForwarding> = (value) => {
  if (value === "paths" || value === "normal") return { ok: true, value };
  const { table, ...rest } = (value ?? {}) as Record<string, unknown>;
  const isTable = typeof table === "number" && Number.isInteger(table) && table >= 1;
  if (isTable && table <= 253 && Object.keys(rest).length === 0) {
    return { ok: true, value: { table } };
  }
  return wrong(
    value,
    "a forwarding profile",
    'write "paths", "normal" or { "table": N } with N from 1 to 253',
  );
};

/** When the guard suspends a policy. */
export const dropGuard: Parse<DropGuardConfig> = (value) => {
  const { drops, windowSeconds, ...rest } = (value ?? {}) as Record<string, unknown>;
  const isCount = typeof drops === "number" && Number.isInteger(drops) && drops >= 0;
  const isTime = typeof windowSeconds === "number" && windowSeconds >= 1 && windowSeconds <= 3600;
  if (isCount && isTime && Object.keys(rest).length === 0) {
    return { ok: true, value: { drops, windowSeconds } };
  }
  const remedy =
    'write { "drops": N, "windowSeconds": S } with whole N from 0 and S from 1 to 3600';
  return wrong(value, "a guard", remedy);
};
