// SPDX-License-Identifier: Apache-2.0
/** Outlines on a grid of 16, drawn with the colour of the text around them. */
const PATHS = {
  lock: "M4.5 7.5h7v6h-7zM6 7.5V5a2 2 0 0 1 4 0v2.5",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4 14 14",
  pause: "M5 3.5v9M11 3.5v9",
  play: "M5 3.5v9l7-4.5z",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5 6.5 12 13 4.5",
} as const;

interface IconProps {
  readonly name: keyof typeof PATHS;
  /** Name for assistive technology; absent: the icon is decoration. */
  readonly label?: string;
}

export function Icon({ name, label }: IconProps) {
  const drawing = <path d={PATHS[name]} />;
  if (label === undefined) {
    return (
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
        {drawing}
      </svg>
    );
  }
  return (
    <svg class="icon" viewBox="0 0 16 16" role="img" aria-label={label}>
      {drawing}
    </svg>
  );
}
