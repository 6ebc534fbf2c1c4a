import { offeredViews } from "../views/registry";
import type { ViewProps } from "../views/view";
import { Splitter } from "./Splitter";

const LEAST_PX = 90;
/** Left to the rest of the window. */
const REST_PX = 300;

/** VMMap's row of buttons at the foot: each opens its view below the details. */
export function Dock({ app, state, view }: ViewProps) {
  const offered = offeredViews(view);
  const open = offered.find((spec) => spec.name === state.dock);
  return (
    <section class="dock" aria-label="More views">
      {open !== undefined && (
        <Splitter
          label="Height of the view below"
          height={state.dockHeight}
          least={LEAST_PX}
          above={false}
          onSize={(px) => app.store.set({ dockHeight: Math.max(LEAST_PX, Math.min(px, innerHeight - REST_PX)) })}
        />
      )}
      <div class="dock-tabs">
        {offered.map(({ name, title }) => (
          <button key={name} type="button" aria-expanded={open?.name === name} onClick={() => app.toggleDock(name)}>
            {title}
          </button>
        ))}
        <button type="button" aria-pressed={state.why} onClick={() => app.toggleWhy()}>
          Why
        </button>
      </div>
      {open !== undefined && (
        <div class="dock-view" style={{ height: `${Math.min(state.dockHeight, Math.max(LEAST_PX, innerHeight - REST_PX))}px` }}>
          <open.Panel key={open.name} app={app} state={state.cursor < 0 ? state : { ...state, cursor: view.rows.partOf(state.cursor) }} view={view} />
        </div>
      )}
    </section>
  );
}
