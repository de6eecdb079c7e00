// SPDX-License-Identifier: Apache-2.0
import "../styles/events.css";
import { useState } from "preact/hooks";
import { href } from "../app/hash.ts";
import type { ReceivedEvent } from "../data/store.ts";
import { formatTime, formatTimeOfDay, plural } from "../ui/format.ts";
import { eventText } from "./event-text.ts";
import { groupEvents } from "./group-events.ts";

/** Events, newest first; those of one cause are folded into one line. */
export function EventList({ events }: { readonly events: readonly ReceivedEvent[] }) {
  return (
    <ol class="events">
      {groupEvents(events).map((group) => (
        <Group key={group.head.number} head={group.head} others={group.others} />
      ))}
    </ol>
  );
}

/** Most of the folded events that are shown. */
const SHOWN = 200;

function Group({ head, others }: { head: ReceivedEvent; others: readonly ReceivedEvent[] }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li class={head.event.type === "gap" ? "gap" : undefined}>
      <Line received={head} />
      {others.length > 0 && (
        <button
          type="button"
          class="as-link more"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? "fewer" : `and ${plural(others.length, "more", "more")} at the same time`}
        </button>
      )}
      {isOpen && (
        <ol>
          {others.slice(0, SHOWN).map((each) => (
            <li key={each.number}>
              <Line received={each} />
            </li>
          ))}
        </ol>
      )}
    </li>
  );
}

function Line({ received: { event } }: { readonly received: ReceivedEvent }) {
  const [isOpen, setOpen] = useState(false);
  const { tone, glyph, object, path, text } = eventText(event);
  return (
    <div class="event">
      {event.time === undefined ? (
        <span />
      ) : (
        <time dateTime={event.time} title={formatTime(event.time)}>
          {formatTimeOfDay(event.time)}
        </time>
      )}
      <span class={`glyph tone-${tone}`} aria-hidden="true">
        {glyph}
      </span>
      <span class="said">
        {path ? <a href={href(path)}>{object}</a> : <strong>{object}</strong>} {text}
      </span>
      <button
        type="button"
        class="as-link kind"
        aria-expanded={isOpen}
        title="Show the whole event"
        onClick={() => setOpen(!isOpen)}
      >
        {event.type}
      </button>
      {isOpen && (
        <pre class="rules" tabIndex={0}>
          {JSON.stringify(event, null, 2)}
        </pre>
      )}
    </div>
  );
}
