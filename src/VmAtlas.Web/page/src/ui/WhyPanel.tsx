import { COLUMNS } from "../model/columns";
import { address, size } from "../model/format";
import { TYPE_NAMES, typeClass } from "../model/memoryTypes";
import { BLOCK } from "../model/rows";
import type { Controller } from "./controller";
import type { State, View } from "./state";

/** What the row is, in words, who says so, on what evidence, and every number of it. */
export function WhyPanel({ app, state, view }: { app: Controller; state: State; view: View }) {
  const { rows } = view;
  const row = state.cursor;
  return (
    <aside class="why" aria-label="About the selected row">
      {row < 0 || row >= rows.count ? <p class="hint">Select a row to see what it is and why VmAtlas says so.</p> : <About app={app} view={view} row={row} />}
    </aside>
  );
}

function About({ app, view: { rows }, row }: { app: Controller; view: View; row: number }) {
  const type = rows.type[row]!;
  const top = rows.level[row] === BLOCK ? rows.parent[row]! : row;
  return (
    <>
      <h2 class={typeClass(type)}>
        <span class="swatch" aria-hidden="true" />
        {TYPE_NAMES[type]}
        {rows.level[row] === BLOCK ? " block" : ""}
      </h2>
      <p class="range">
        {address(rows.address[row]!)}–{address(rows.end[row]!)} <span class="muted">{size(rows.end[row]! - rows.address[row]!)}</span>
      </p>
      {rows.text(top, "details") !== "" && <p class="what">{rows.text(top, "details")}</p>}
      {!rows.isGap(row) && (
        <p>
          <b>Why:</b> {rows.text(top, "reason") || "no reason was kept"} <span class="muted">({rows.text(top, "annotator") || "unknown"} annotator)</span>
        </p>
      )}
      {!app.readOnly && (
        <p>
          <button type="button" class="link" onClick={() => app.askGlossary(TYPE_NAMES[type]!)}>
            What is “{TYPE_NAMES[type]}”?
          </button>
        </p>
      )}
      <table>
        <tbody>
          {COLUMNS.filter((c) => c.kind === "bytes" && rows.has(c.key) && rows.value(row, c.key) !== 0).map((c) => (
            <tr key={c.key}>
              <th scope="row">
                {app.readOnly ? (
                  c.title
                ) : (
                  <button type="button" class="link" onClick={() => app.askGlossary(c.title)}>
                    {c.title}
                  </button>
                )}
              </th>
              <td>{rows.cell(row, c)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
