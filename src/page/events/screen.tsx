// SPDX-License-Identifier: Apache-2.0
import "../styles/events.css";
import { useState } from "preact/hooks";
import { useShortcuts } from "../app/keys.ts";
import { route, setQuery } from "../app/route.ts";
import { type ReceivedEvent, recentEvents } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { plural } from "../ui/format.ts";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import { EventList } from "./event-list.tsx";
import { EVENT_KINDS, type EventKind, filterEvents } from "./group-events.ts";

/** What has happened since the page was opened. */
export default function EventsScreen() {
  useDocumentTitle("Events");
  const [held, setHeld] = useState<readonly ReceivedEvent[]>();
  const [isOver, setOver] = useState(false);
  const { q = "", kind } = route.value.query;
  const known = kind !== undefined && kind in EVENT_KINDS ? (kind as EventKind) : undefined;
  const all = recentEvents.value;
  const last = held?.at(-1)?.number ?? 0;
  const missed = held ? all.filter(({ number }) => number > last).length : 0;
  const toggle = () => setHeld(held ? undefined : all);
  useShortcuts([{ keys: " ", what: "Pause the events", run: toggle }], [held, all]);
  const hold = () => {
    if (held) return;
    setOver(true);
    setHeld(all);
  };
  const release = () => {
    if (!isOver) return;
    setOver(false);
    setHeld(undefined);
  };
  const shown = filterEvents(held ?? all, { kind: known, text: q });
  return (
    <div class="events-screen">
      <div class="toolbar">
        <h1 class="hidden-text">Events</h1>
        <input
          class="field"
          type="search"
          aria-label="Filter the events"
          placeholder="Filter: a policy, a switch, a word"
          value={q}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
        <div class="segments small">
          {([undefined, ...Object.keys(EVENT_KINDS)] as const).map((each) => (
            <button
              key={each ?? "all"}
              type="button"
              class={each === known ? "segment chosen" : "segment"}
              aria-pressed={each === known}
              onClick={() => setQuery({ kind: each })}
            >
              {each ?? "all"}
            </button>
          ))}
        </div>
        <span class="spacer" />
        {missed > 0 && (
          <Button kind="primary" onClick={() => setHeld(isOver ? all : undefined)}>
            {plural(missed, "new event")}
          </Button>
        )}
        <Button aria-pressed={held !== undefined && !isOver} onClick={toggle}>
          {held && !isOver ? "Resume" : "Pause"}
        </Button>
      </div>
      {shown.length === 0 ? (
        <NoEvents isFiltered={q !== "" || known !== undefined} />
      ) : (
        // The list does not move under the pointer.
        // biome-ignore lint/a11y/noStaticElementInteractions: reading needs no pointer; space pauses, too.
        <div class="events-list" onMouseEnter={hold} onMouseLeave={release}>
          <EventList events={shown} />
        </div>
      )}
    </div>
  );
}

function NoEvents({ isFiltered }: { readonly isFiltered: boolean }) {
  if (!isFiltered) {
    return (
      <EmptyState title="Nothing has happened yet">
        Events appear here from the moment the page is open: changes of policies, switches, links
        and hosts. The audit log keeps who changed what.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No event matches the filter"
      actions={
        <Button onClick={() => setQuery({ q: undefined, kind: undefined })}>
          Clear the filter
        </Button>
      }
    />
  );
}
