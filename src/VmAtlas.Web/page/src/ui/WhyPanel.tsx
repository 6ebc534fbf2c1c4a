import { useEffect, useState } from "preact/hooks";
import type { Maker } from "../api/answers";
import type { Frame } from "../model/frame";
import { COLUMNS } from "../model/columns";
import { address, size } from "../model/format";
import { TYPE_NAMES, typeClass } from "../model/memoryTypes";
import { BLOCK } from "../model/rows";
import { messageOf, type Controller } from "./controller";
import type { State, View } from "./state";

/** Of more calls that made parts of a region, the first by address. */
const MOST_MAKERS = 8;

/** What the row is, in words, who says so, on what evidence, and every number of it. */
export function WhyPanel({ app, state, view }: { app: Controller; state: State; view: View }) {
  const { rows } = view;
  const pages = state.cursor >= rows.count ? state.cursor : undefined;
  const row = state.cursor < 0 ? -1 : rows.partOf(state.cursor);
  return (
    <aside class="why" aria-label="About the selected row">
      {row < 0 ? <p class="hint">Select a row to see what it is and why VmAtlas says so.</p> : <About app={app} view={view} row={row} pages={pages} />}
    </aside>
  );
}

/** Facts that are not columns: of the region by name, of the block from the system. */
function factsOf(view: View, facts: Frame | undefined, row: number): [string, string][] {
  const { rows } = view;
  const top = rows.level[row] === BLOCK ? rows.parent[row]! : row;
  const known: [string, string][] = [];
  if (facts !== undefined && !rows.isGap(row)) {
    const [regions, names, values] = ["region", "name", "value"].map((key) => facts.columns.get(key)!.values);
    for (let i = 0; i < facts.rows; i++) if (regions![i] === rows.index[top]) known.push([facts.strings[names![i]!]!, facts.strings[values![i]!]!]);
  }
  const text = (title: string, key: string): void => {
    if (rows.has(key) && rows.text(row, key) !== "") known.push([title, rows.text(row, key)]);
  };
  text("Protection", "protection");
  text("Mapping", "name");
  text("Part", "label");
  text("VmFlags", "vmFlags");
  if (rows.value(row, "inode") !== 0) {
    const device = rows.value(row, "device");
    known.push(["File offset", `0x${rows.value(row, "offset").toString(16)}`], ["Inode", String(rows.value(row, "inode"))], ["Device", `${device >>> 20}:${device & 0xfffff}`]);
  }
  const shift = rows.value(row, "pageShift");
  if (shift > 12) known.push(["Page size", size(2 ** shift)]);
  if (rows.value(row, "protectionKey") !== 0) known.push(["Protection key", String(rows.value(row, "protectionKey"))]);
  return known;
}

/** Which calls made the mappings of a region, where a trace saw them. */
function Makers({ app, view, row }: { app: Controller; view: View; row: number }) {
  const { rows, session } = view;
  const [makers, setMakers] = useState<readonly Maker[]>([]);
  const [start, end, traces] = [rows.address[row]!, rows.end[row]!, session.traces ?? 0];
  useEffect(() => {
    let wanted = true;
    setMakers([]);
    if (traces === 0 || app.readOnly || rows.isGap(row)) return;
    const path = `/api/sessions/${session.id}/traces/${app.store.value.program ?? traces - 1}/makers?start=${address(start)}&end=${address(end)}`;
    app.server.getJson<Maker[]>(path).then(
      (answer) => wanted && setMakers(answer),
      (error: unknown) => app.fail({ where: "window", message: messageOf(error) }),
    );
    return () => {
      wanted = false;
    };
  }, [app, session.id, traces, start, end]);
  if (makers.length === 0) return null;
  return (
    <>
      <p>
        <b>Made by:</b>
      </p>
      <ul class="makers">
        {makers.slice(0, MOST_MAKERS).map((maker) => (
          <li key={maker.start}>
            {maker.function} in {maker.call}{" "}
            <span class="muted">
              {size(Number.parseInt(maker.end, 16) - Number.parseInt(maker.start, 16))}, {maker.seconds.toFixed(3)} s, thread {maker.tid}
            </span>
          </li>
        ))}
      </ul>
      {makers.length > MOST_MAKERS && <p class="hint">and others</p>}
    </>
  );
}

/** @param pages The row of pages in it that is selected. */
function About({ app, view, row, pages }: { app: Controller; view: View; row: number; pages: number | undefined }) {
  const { rows, session, index, since } = view;
  const [facts, setFacts] = useState<Frame>();
  useEffect(() => {
    let wanted = true;
    setFacts(undefined);
    if (since === undefined) void app.source.facts(session.id, index).then((frame) => wanted && setFacts(frame), (error: unknown) => app.fail({ where: "window", message: messageOf(error) }));
    return () => {
      wanted = false;
    };
  }, [app, session.id, index, since]);
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
      {pages !== undefined && (
        <p class="what">
          {address(rows.address[pages]!)}–{address(rows.end[pages]!)}: {rows.text(pages, "details")}
        </p>
      )}
      {rows.text(top, "details") !== "" && <p class="what">{rows.text(top, "details")}</p>}
      {!rows.isGap(row) && (
        <p>
          <b>Why:</b> {rows.text(top, "reason") || "no reason was kept"}{" "}
          <button type="button" class="link" title="Which annotators there are, and whether they ran" onClick={() => app.ask("annotators")}>
            ({rows.text(top, "annotator") || "unknown"} annotator)
          </button>
        </p>
      )}
      <p>
        <button type="button" class="link" onClick={() => app.askGlossary(TYPE_NAMES[type]!)}>
          What is “{TYPE_NAMES[type]}”?
        </button>
      </p>
      <Makers app={app} view={view} row={top} />
      <dl class="facts">
        {factsOf(view, facts, row).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <table>
        <tbody>
          {COLUMNS.filter((c) => c.kind === "bytes" && rows.has(c.key) && rows.value(row, c.key) !== 0).map((c) => (
            <tr key={c.key}>
              <th scope="row">
                <button type="button" class="link" onClick={() => app.askGlossary(c.title)}>
                  {c.title}
                </button>
              </th>
              <td>{rows.cell(row, c)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
