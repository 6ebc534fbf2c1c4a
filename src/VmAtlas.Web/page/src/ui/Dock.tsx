import type { Controller } from "./controller";
import type { DockName, State, View } from "./state";

const TABS: readonly (readonly [DockName, string])[] = [
  ["timeline", "Timeline"],
  ["map", "Fragmentation"],
  ["strings", "Strings"],
  ["changes", "Changes"],
];

/** VMMap's row of buttons at the foot: each opens its view above the status line. */
export function Dock({ app, state }: { app: Controller; state: State; view: View }) {
  return (
    <section class="dock" aria-label="More views">
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
    </section>
  );
}
