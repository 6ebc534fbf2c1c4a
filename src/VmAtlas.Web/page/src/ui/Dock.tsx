import { useRef, useState } from "preact/hooks";
import { ChangesPanel } from "./ChangesPanel";
import { MapPanel } from "./MapPanel";
import { PagesPanel } from "./PagesPanel";
import { StringsPanel } from "./StringsPanel";
import { TimelinePanel } from "./TimelinePanel";
import type { Controller } from "./controller";
import type { DockName, State, View } from "./state";

const TABS: readonly (readonly [DockName, string])[] = [
  ["timeline", "Timeline"],
  ["changes", "Changes"],
  ["map", "Fragmentation"],
  ["pages", "Pages"],
  ["strings", "Strings"],
];
const [LEAST_PX, STEP_PX] = [90, 20];

/** VMMap's row of buttons at the foot: each opens its view below the details. */
export function Dock({ app, state, view }: { app: Controller; state: State; view: View }) {
  const [height, setHeight] = useState(220);
  const place = useRef<HTMLElement>(null);
  const size = (px: number): void => setHeight(Math.min(Math.max(LEAST_PX, px), innerHeight - 300));
  return (
    <section class="dock" aria-label="More views" ref={place}>
      {state.dock !== undefined && (
        <div
          class="splitter"
          role="separator"
          aria-orientation="horizontal"
          aria-label="Height of the view below"
          aria-valuenow={height}
          aria-valuemin={LEAST_PX}
          aria-valuemax={2000}
          tabIndex={0}
          onKeyDown={(event) => {
            const step = { ArrowUp: STEP_PX, ArrowDown: -STEP_PX }[event.key];
            if (step === undefined) return;
            event.preventDefault();
            size(height + step);
          }}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => {
            if (event.currentTarget.hasPointerCapture(event.pointerId)) size(height - event.movementY);
          }}
        />
      )}
      <div class="dock-tabs">
        {TABS.map(([name, title]) => (
          <button key={name} type="button" aria-expanded={state.dock === name} onClick={() => app.toggleDock(name)}>
            {title}
          </button>
        ))}
        <button type="button" aria-pressed={state.why} onClick={() => app.toggleWhy()}>
          Why
        </button>
      </div>
      {state.dock !== undefined && (
        <div class="dock-view" style={{ height: `${height}px` }}>
          {state.dock === "timeline" && <TimelinePanel app={app} state={state} view={view} />}
          {state.dock === "changes" && <ChangesPanel app={app} state={state} view={view} />}
          {state.dock === "map" && <MapPanel app={app} state={state} view={view} />}
          {state.dock === "pages" && <PagesPanel app={app} state={state} view={view} />}
          {state.dock === "strings" && <StringsPanel app={app} state={state} view={view} />}
        </div>
      )}
    </section>
  );
}
