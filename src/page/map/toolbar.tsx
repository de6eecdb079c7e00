// SPDX-License-Identifier: Apache-2.0
import { Button } from "../ui/button.tsx";
import type { MapQuery } from "./map-query.ts";

interface ToolbarProps {
  readonly state: MapQuery;
  readonly hasRates: boolean;
  readonly isPaused: boolean;
  readonly onHosts: () => void;
  readonly onLabels: () => void;
  readonly onTraffic: () => void;
  readonly onPause: () => void;
  readonly onFit: () => void;
  readonly onZoom: (factor: number) => void;
  readonly onLayout: () => void;
}

const TRAFFIC = { off: "Traffic off", pps: "Packets/s", bps: "Bits/s" } as const;

/** Each button has a key, which its tooltip names. */
export function Toolbar(props: ToolbarProps) {
  const { state, hasRates } = props;
  return (
    <div class="map-toolbar" role="toolbar" aria-label="Map">
      <Button
        kind="quiet"
        aria-pressed={state.showsHosts}
        title="Hosts (h)"
        onClick={props.onHosts}
      >
        Hosts
      </Button>
      <Button
        kind="quiet"
        aria-pressed={state.showsLabels}
        title="Ports and rates of links (l)"
        onClick={props.onLabels}
      >
        Labels
      </Button>
      <Button
        kind="quiet"
        title={hasRates ? "Traffic: off, packets, bits (t)" : "The controller reports no rates"}
        aria-pressed={state.traffic !== "off"}
        onClick={props.onTraffic}
      >
        {TRAFFIC[state.traffic]}
      </Button>
      {hasRates && state.traffic !== "off" && (
        <Button
          kind="quiet"
          aria-pressed={props.isPaused}
          title="Stop the dots, for example to count them"
          onClick={props.onPause}
        >
          Pause
        </Button>
      )}
      <span class="divider" />
      <Button kind="quiet" icon="−" label="Zoom out (-)" onClick={() => props.onZoom(1 / 1.3)} />
      <Button kind="quiet" icon="+" label="Zoom in (+)" onClick={() => props.onZoom(1.3)} />
      <Button kind="quiet" icon="⤢" label="Show everything (0)" onClick={props.onFit} />
      <Button
        kind="quiet"
        title="Arrange all switches anew, also those that were moved"
        onClick={props.onLayout}
      >
        Arrange
      </Button>
    </div>
  );
}
