// SPDX-License-Identifier: Apache-2.0
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "./button.tsx";

export interface MenuItem {
  readonly label: string;
  readonly run: () => void;
  readonly kind?: "danger";
  readonly disabled?: boolean;
  /** Why it is disabled. */
  readonly why?: string | undefined;
}

interface MenuProps {
  readonly label: string;
  readonly icon?: string;
  readonly text?: string;
  /** `undefined` is a line between groups. Called while the menu is open. */
  readonly items: () => readonly (MenuItem | undefined)[];
  readonly tabIndex?: number;
}

/** A button with a menu; the browser closes it at Escape and at a click elsewhere. */
export function Menu({ label, icon = "⋯", text, items, tabIndex = 0 }: MenuProps) {
  const id = useId();
  const popover = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLSpanElement>(null);
  const [isOpen, setOpen] = useState(false);
  useLayoutEffect(() => {
    const list = popover.current;
    const box = opener.current?.getBoundingClientRect();
    if (!isOpen || !list || !box) return;
    const height = list.offsetHeight;
    const below = box.bottom + 4 + height < innerHeight;
    list.style.top = `${Math.max(4, below ? box.bottom + 4 : box.top - 4 - height)}px`;
    list.style.left = `${Math.max(4, Math.min(box.left, innerWidth - list.offsetWidth - 4))}px`;
    buttons(list)[0]?.focus();
  }, [isOpen]);
  return (
    <span ref={opener} class="menu-opener">
      <Button
        kind="quiet"
        icon={icon}
        label={label}
        tabIndex={tabIndex}
        aria-haspopup="menu"
        popovertarget={id}
      >
        {text}
      </Button>
      <div
        id={id}
        ref={popover}
        popover="auto"
        class="menu"
        role="menu"
        aria-label={label}
        tabIndex={-1}
        onToggle={(event) => {
          setOpen(event.newState === "open");
        }}
        onKeyDown={(event) => moveFocus(event)}
      >
        {(isOpen ? items() : []).map((item, index) =>
          item === undefined ? (
            <hr key={index} />
          ) : (
            <button
              key={item.label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={item.kind}
              aria-disabled={item.disabled}
              title={item.why}
              onClick={() => {
                if (item.disabled) return;
                popover.current?.hidePopover();
                item.run();
              }}
            >
              {item.label}
            </button>
          ),
        )}
      </div>
    </span>
  );
}

function buttons(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

function moveFocus(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement;
  const all = buttons(list);
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  all.at(to % all.length)?.focus();
}
