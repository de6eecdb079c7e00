// SPDX-License-Identifier: Apache-2.0
import type { ButtonHTMLAttributes, ComponentChildren } from "preact";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "type"> {
  readonly kind?: "plain" | "primary" | "danger" | "quiet";
  /** A glyph before the text, or alone: then `label` names the button. */
  readonly icon?: string;
  /** Name for assistive technology and tooltip, where the text does not say it. */
  readonly label?: string;
  readonly disabled?: boolean;
  /** Why it is disabled; shown as tooltip. */
  readonly why?: string | undefined;
  readonly type?: "button" | "submit";
  readonly children?: ComponentChildren;
}

export function Button({
  kind = "plain",
  icon,
  label,
  why,
  disabled = false,
  type = "button",
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${kind}${children === undefined ? " icon-only" : ""}`}
      disabled={disabled}
      aria-label={label}
      title={why ?? label}
    >
      {icon !== undefined && (
        <span class="glyph" aria-hidden="true">
          {icon}
        </span>
      )}
      {children}
    </button>
  );
}
