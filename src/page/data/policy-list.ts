// SPDX-License-Identifier: Apache-2.0
/** Policies as rows, of which the server has the order and the search. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PolicyRowsView } from "../../contract/observation/policy-rows.ts";
import type { LiveEvent } from "./live-state.ts";
import { type PolicyRow, rowsOf } from "./policy-row.ts";
import { get } from "./rest.ts";
import { type ReadRows, type RowQuery, RowWindow } from "./row-window.ts";
import { mustLogIn, session } from "./session-state.ts";
import { followEvents, isLive } from "./store.ts";

/** How often the counters of the rows in view are read. */
const COUNTERS_MS = 5000;

/** From a letter of a search to its answer: the letters of a word come one after another. */
const TYPING_MS = 150;

/** Events after which there may be other policies, or the same with other terms. */
const WRITES: readonly string[] = ["policyCreated", "policyReplaced", "policyDeleted", "gap"];
const WRITES_MS = 1000;

/** A path of the list as a table; members that are undefined or empty are left out. */
export function rowsPath(query: Readonly<Record<string, string | number | undefined>>): string {
  const entries = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, String(value)]],
  );
  return `/policies?${new URLSearchParams([["view", "row"], ...entries])}`;
}

const readRows: ReadRows = async ({ q, sort, offset, limit }, signal) => {
  const page = await get<PolicyRowsView>(rowsPath({ q, sort, offset, limit }), signal);
  return { total: page.total, rows: rowsOf(page) };
};

/** The rows of some policies; those that do not exist are left out. */
async function readPolicies(ids: readonly string[], signal: AbortSignal): Promise<PolicyRow[]> {
  if (ids.length === 0) return [];
  const path = rowsPath({ ids: ids.join(","), limit: ids.length });
  return rowsOf(await get<PolicyRowsView>(path, signal));
}

/**
 * The rows of some policies by id, read again when something happens to them; undefined until they are read, and those
 * that do not exist are left out.
 */
export function usePolicyRows(ids: readonly string[]): ReadonlyMap<string, PolicyRow> | undefined {
  const [rows, setRows] = useState<ReadonlyMap<string, PolicyRow>>();
  const [round, setRound] = useState(0);
  const key = ids.join(",");
  useEffect(
    () =>
      followEvents((events) => {
        const concerns = (event: LiveEvent) => "id" in event && ids.includes(event.id);
        if (events.some((event) => event.type === "gap" || concerns(event))) {
          setRound((before) => before + 1);
        }
      }),
    [key],
  );
  useEffect(() => {
    const abort = new AbortController();
    readPolicies(ids, abort.signal).then(
      (read) => setRows(new Map(read.map((row) => [row.id, row]))),
      // What was known stays; the state of the connection is shown elsewhere.
      () => undefined,
    );
    return () => abort.abort();
  }, [key, round, isLive.value]);
  return rows;
}

/** The first policies that a search finds, none for words that it does not know; undefined while it is answered. */
export function useFoundPolicies(
  q: string | undefined,
  most: number,
): readonly PolicyRow[] | undefined {
  const [rows, setRows] = useState<readonly PolicyRow[]>();
  useEffect(() => {
    setRows(undefined);
    if (q === undefined) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<PolicyRowsView>(rowsPath({ q, limit: most }), abort.signal).then(
        (page) => setRows(rowsOf(page)),
        () => abort.signal.aborted || setRows([]),
      );
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [q, most]);
  return rows;
}

/** A number that grows when policies are written or deleted, at most once a second. */
export function usePolicyWrites(): number {
  const [round, setRound] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = followEvents((events) => {
      if (!events.some(({ type }) => WRITES.includes(type))) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        setRound((before) => before + 1);
      }, WRITES_MS);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, []);
  return round;
}

/** A list of policies that is kept up to date while the component is shown. */
export function useRowWindow(query: RowQuery): RowWindow {
  const held = useRef<RowWindow>(undefined);
  held.current ??= new RowWindow(readRows);
  const list = held.current;
  const isFirst = useRef(true);
  // Without an identity the server would refuse.
  const isKnown = session.value !== undefined && !mustLogIn.value;
  useEffect(() => {
    if (!isKnown) return undefined;
    const timer = setTimeout(() => list.setQuery(query), isFirst.current ? 0 : TYPING_MS);
    isFirst.current = false;
    return () => clearTimeout(timer);
  }, [isKnown, query.q, query.sort]);
  useEffect(() => followEvents((events) => list.receive(events)), []);
  const isUpToDate = isLive.value;
  useEffect(() => {
    // What happened before the connection came as no event.
    if (isUpToDate) list.refresh();
    const timer = setInterval(() => {
      if (isUpToDate && !document.hidden) list.refresh();
    }, COUNTERS_MS);
    return () => clearInterval(timer);
  }, [isUpToDate]);
  useEffect(() => () => list.stop(), []);
  return list;
}
