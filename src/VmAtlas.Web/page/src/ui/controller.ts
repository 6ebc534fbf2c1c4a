import type { SessionEvent, SessionInfo, SnapshotSummary } from "../api/answers";
import { ApiError, type Client } from "../api/client";
import type { Snapshot, Source, Start } from "../api/source";
import type { ColumnSpec } from "../model/columns";
import { address } from "../model/format";
import { findFrom } from "../model/find";
import type { Frame } from "../model/frame";
import { pagesPath, runsOf } from "../model/pages";
import { Rows, type Matches } from "../model/rows";
import { readSettings, withRecent, writeSettings, type RecentTarget } from "../model/settings";
import { rowsText } from "../model/text";
import { timed } from "../model/timed";
import type { Selection } from "../table/Selection";
import type { TraceRequest } from "./TraceFields";
import type { TreeTable } from "../table/TreeTable";
import { INITIAL, type DialogName, type Failure, type State, type Theme, type View } from "./state";
import { Store } from "./store";

export interface Completion {
  readonly text: string;
  readonly about: string;
  /** What it replaces. */
  readonly start: number;
  readonly end: number;
}

/** What is selected, in words that hold for other rows too. */
interface Kept {
  readonly wanted: ReadonlySet<string>;
  readonly cursor: string;
  /** There are pages among it. */
  readonly pages: boolean;
}

/** How long work may take before the window says that it goes on. */
const PATIENCE_MS = 500;
/** Settings are kept when nothing changed for so long: a column that is being sized changes at every move. */
const KEEP_AFTER_MS = 300;

/** Everything the window can do. Components call it and draw the state; nothing else changes the state. */
export class Controller {
  readonly store = new Store<State>(INITIAL);
  readonly source: Source;
  /** Undefined in a report: there is no server to ask. */
  readonly client: Client | undefined;
  table: TreeTable | undefined;
  glossaryWord = "";
  /** The tab that the chooser opens with. */
  chooserTab = 0;
  #wanted = 0;

  constructor(source: Source, client: Client | undefined) {
    this.source = source;
    this.client = client;
  }

  /** Takes up what the reader chose the last time, and keeps from now on what he chooses. */
  #remember(settings: unknown): void {
    this.store.set(readSettings(settings));
    let kept = JSON.stringify(writeSettings(this.store.value));
    let wait: ReturnType<typeof setTimeout> | undefined;
    this.store.watch(() => {
      clearTimeout(wait);
      wait = setTimeout(() => {
        const now = JSON.stringify(writeSettings(this.store.value));
        if (now === kept) return;
        kept = now;
        void this.background("window", () => this.source.keepSettings(now));
      }, KEEP_AFTER_MS);
    });
  }

  get readOnly(): boolean {
    return this.client === undefined;
  }

  get server(): Client {
    if (this.client === undefined) throw new ApiError("Usage", "A report is read-only.");
    return this.client;
  }

  // Targets and snapshots

  /** Opens what the server has open, or asks what to open. */
  async start({ sessions, settings, newest }: Start): Promise<void> {
    this.#remember(settings);
    void this.#listen();
    const last = sessions.at(-1);
    if (last === undefined || newest === undefined) this.ask("chooser");
    else await this.openSession(last, newest);
  }

  /** Opens the one target of a report. */
  async startReport(session: SessionInfo): Promise<void> {
    this.#remember(await this.source.settings());
    await this.openSession(session);
  }

  /** @param newest Its newest snapshot, where that is here already. */
  async openSession(session: SessionInfo, newest?: Snapshot): Promise<void> {
    const recent = recentOf(session);
    if (recent !== undefined) this.store.set({ recent: withRecent(this.store.value.recent, recent) });
    this.store.set({ dialog: undefined, type: undefined, expression: "", selected: new Set(), cursor: -1, paused: undefined, program: undefined, failure: undefined });
    if (newest === undefined) await this.#show(session, session.snapshots.length - 1, undefined, undefined);
    else this.#draw(session, newest.index, undefined, undefined, newest.frame, newest.summary);
    this.table?.focus();
    const { interval } = this.store.value;
    if (session.live && session.ended === undefined && session.interval === undefined && interval > 0) await this.setInterval(interval);
  }

  /** Opens what was launched; if with a trace, on its call tree. */
  async openTraced(session: SessionInfo): Promise<void> {
    await this.openSession(session);
    if (session.tracing === true) this.store.set({ dock: "calltree" });
  }

  /** Attaches to the process that is shown. */
  async trace(request: TraceRequest): Promise<void> {
    const { view } = this.store.value;
    if (view === undefined) return;
    this.#setSession(await this.server.post<SessionInfo>(`/api/sessions/${view.session.id}/trace`, request));
    this.store.set({ dialog: undefined, dock: "calltree" });
  }

  async stopTrace(): Promise<void> {
    const { view } = this.store.value;
    if (view === undefined) return;
    await this.attempt("window", async () => this.#setSession(await this.server.post<SessionInfo>(`/api/sessions/${view.session.id}/trace/stop`, {})), "Letting go…");
  }

  /** Opens a file of the browser's machine. */
  openDropped(file: File | undefined): void {
    if (file === undefined) return;
    const where = this.store.value.dialog === "chooser" ? "chooser" : "window";
    void this.attempt(
      where,
      async () => this.openSession(await this.server.upload<SessionInfo>(`/api/upload?name=${encodeURIComponent(file.name)}`, file)),
      "Sending the file…",
    );
  }

  choose(tab: number): void {
    this.chooserTab = tab;
    this.ask("chooser");
  }

  /** Shows another snapshot of the target, alone or as the difference from an earlier one. */
  async showSnapshot(index: number, since?: number): Promise<void> {
    const { view } = this.store.value;
    if (view !== undefined) await this.attempt("window", () => this.#show(view.session, index, since, view));
  }

  async #show(session: SessionInfo, index: number, since: number | undefined, before: View | undefined): Promise<void> {
    const wanted = ++this.#wanted;
    const { id } = session;
    const [frame, summary] = await Promise.all(
      since === undefined
        ? [this.source.frame(id, index), this.source.summary(id, index)]
        : [this.source.changes(id, since, index), this.source.changesSummary(id, since, index)],
    );
    if (wanted !== this.#wanted) return; // another was asked for meanwhile
    this.#draw(session, index, since, before, frame, summary);
    const { expression } = this.store.value;
    if (expression !== "") await this.filterBy(expression);
  }

  #draw(session: SessionInfo, index: number, since: number | undefined, before: View | undefined, frame: Frame, summary: SnapshotSummary): void {
    const { id } = session;
    const { type, gaps, sorting } = this.store.value;
    const rows = timed("rows", () => {
      const made = new Rows(frame, since !== undefined);
      // Pages are asked for when they are wanted, and belong to no older snapshot.
      made.opensPages = session.live && session.ended === undefined && since === undefined && index === session.snapshots.length - 1;
      if (before !== undefined) made.resume(before.rows);
      else if (sorting.key !== "address" || sorting.descending) made.sort(sorting);
      made.setFilter({ type, gaps, matches: undefined });
      return made;
    });
    const selection = this.#keepSelection(before === undefined ? undefined : this.#selectionOf(before.rows), rows);
    const newest = this.store.value.view?.session;
    const kept = newest !== undefined && newest.id === id && newest.snapshots.length > session.snapshots.length ? newest : session;
    this.store.set({ view: { session: kept, index, since, summary, rows }, ...selection });
    void this.background("window", () => this.#readPages(rows.openToPages));
  }

  /** Opens rows to their pages as they are now, one after the other. */
  async #readPages(wanted: readonly number[]): Promise<void> {
    const { view } = this.store.value;
    if (view === undefined) return;
    const { rows, session } = view;
    for (const row of wanted) {
      const [start, end] = [rows.address[row]!, rows.end[row]!];
      const states = new Uint8Array(await this.server.getBytes(pagesPath(session.id, start, end)));
      if (this.store.value.view?.rows !== rows) return; // of another snapshot by now, which asks itself
      const selection = this.#selectionOf(rows);
      rows.showPages(row, runsOf(start, end, states));
      if (selection?.pages === true) this.store.set(this.#keepSelection(selection, rows));
      this.redraw();
    }
  }

  /** What is selected, by depth and address: row numbers are others in another snapshot. */
  #selectionOf(rows: Rows): Kept | undefined {
    const selection = this.table?.selection;
    if (selection === undefined || selection.size === 0) return undefined;
    const key = (row: number): string => `${rows.level[row]} ${rows.address[row]}`;
    return { wanted: new Set([...selection.rows].map(key)), cursor: selection.cursor < 0 ? "" : key(selection.cursor), pages: [...selection.rows].some((row) => row >= rows.count) };
  }

  /** The same rows stay selected. */
  #keepSelection(before: Kept | undefined, rows: Rows): Pick<State, "selected" | "cursor"> {
    const selection = this.table?.selection;
    selection?.clear();
    if (before === undefined || selection === undefined) return { selected: new Set(), cursor: -1 };
    let cursor = -1;
    const select = (row: number): void => {
      const key = `${rows.level[row]} ${rows.address[row]}`;
      if (before.wanted.has(key)) selection.toggle(row);
      if (key === before.cursor) cursor = row;
    };
    for (let row = 0; row < rows.count; row++) select(row);
    rows.pageRows.forEach(select);
    selection.cursor = cursor;
    return { selected: new Set(selection.rows), cursor };
  }

  async refresh(): Promise<void> {
    const { view } = this.store.value;
    if (view?.session.live !== true) return;
    await this.attempt("window", () => this.server.post(`/api/sessions/${view.session.id}/refresh`, {}));
  }

  async setInterval(seconds: number, pausing = false): Promise<void> {
    const { view } = this.store.value;
    if (view === undefined) return;
    await this.attempt("window", async () => {
      const session = await this.server.post<SessionInfo>(`/api/sessions/${view.session.id}/interval`, { seconds });
      this.store.set({ paused: undefined, ...(seconds === 0 && pausing ? {} : { interval: seconds }) });
      this.#setSession(session);
    });
  }

  async togglePause(): Promise<void> {
    const { view, paused } = this.store.value;
    if (view === undefined) return;
    if (paused !== undefined) await this.setInterval(paused);
    else if (view.session.interval !== undefined) {
      const { interval } = view.session;
      await this.setInterval(0, true);
      this.store.set({ paused: interval });
    }
  }

  /** Takes over that there are more snapshots, where what is shown did not bring it along. */
  #learn(session: SessionInfo): void {
    const known = this.store.value.view?.session;
    if (known?.id === session.id && known.snapshots.length < session.snapshots.length) this.#setSession({ ...known, snapshots: session.snapshots });
  }

  #setSession(session: SessionInfo): void {
    const { view } = this.store.value;
    if (view?.session.id === session.id) this.store.set({ view: { ...view, session } });
  }

  /** Follows what happens at the server for as long as the page is open; this also tells the server that somebody is here. */
  async #listen(): Promise<void> {
    try {
      for await (const event of this.server.lines<SessionEvent>("/api/events", new AbortController().signal)) await this.#happened(event);
    } catch {
      // Said below: however the stream ends, the server is gone.
    }
    this.fail({ where: "window", message: "The VmAtlas server has ended. What is on screen stays; start vmatlas again for more." });
  }

  async #happened(event: SessionEvent): Promise<void> {
    const { view } = this.store.value;
    if (view === undefined || view.session.id !== event.session) return;
    if (event.kind === "snapshot" && event.takenAt !== undefined) {
      const known = view.session.snapshots;
      if (event.index !== undefined && event.index < known.length) return; // came with the session itself
      const newest = view.index === known.length - 1 && view.since === undefined;
      // One that was told of while nobody listened is made up for.
      const session =
        event.index === known.length
          ? { ...view.session, snapshots: [...known, event.takenAt] }
          : await this.background("window", () => this.server.getJson<SessionInfo>(`/api/sessions/${event.session}`));
      if (session === undefined) return;
      // What is shown follows the newest, and then the window is drawn once, with the new rows.
      if (newest) await this.background("window", () => this.#show(session, session.snapshots.length - 1, undefined, view));
      this.#learn(session);
    } else if (event.kind === "trace") {
      const session = await this.background("window", () => this.server.getJson<SessionInfo>(`/api/sessions/${event.session}`));
      if (session !== undefined) this.#setSession(session);
      if (session?.traceProblem !== undefined) this.fail({ where: "window", message: `The trace has ended: ${session.traceProblem}` });
    } else if (event.message !== undefined) {
      const { interval: _, ...rest } = view.session;
      this.#setSession(event.kind === "ended" ? { ...rest, ended: event.message } : rest);
      if (event.kind === "failed") this.fail({ where: "window", message: event.message });
    }
  }

  // What of the rows is shown, and how

  sort(key: string): void {
    const { view } = this.store.value;
    if (view === undefined) return;
    const { sorting } = view.rows;
    timed("sort", () => view.rows.sort({ key, descending: sorting.key === key ? !sorting.descending : view.rows.largestFirst(key) }));
    this.store.set({ sorting: view.rows.sorting });
    this.redraw();
  }

  setColumns(columns: readonly ColumnSpec[]): void {
    const hidden = this.store.value.columns.filter((old) => this.store.value.view?.rows.has(old.key) === false);
    this.store.set({ columns: [...columns, ...hidden] });
  }

  filterType(type: number | undefined): void {
    this.store.set({ type });
    this.#refilter();
  }

  toggleGaps(): void {
    this.store.set({ gaps: !this.store.value.gaps });
    this.#refilter();
  }

  #refilter(matches?: Matches | undefined): void {
    const { view, type, gaps } = this.store.value;
    if (view === undefined) return;
    timed("filter", () => view.rows.setFilter({ type, gaps, matches: matches ?? view.rows.filter.matches }));
    this.redraw();
  }

  /** Shows the rows an expression holds for. The server evaluates it: there is one language and one reading of it. */
  async filterBy(expression: string): Promise<void> {
    this.store.set({ expression });
    const { view, type, gaps } = this.store.value;
    if (view === undefined) return;
    let matches: Matches | undefined;
    const start = performance.now();
    try {
      if (expression.trim() !== "") matches = await this.source.matches(view, expression);
    } catch (error) {
      if (this.store.value.expression === expression) this.fail({ where: "filter", message: messageOf(error) });
      return;
    }
    if (this.store.value.expression !== expression || this.store.value.view?.rows !== view.rows) return;
    if (this.store.value.failure?.where === "filter") this.clearFailure();
    timed("filter", () => view.rows.setFilter({ type, gaps, matches }));
    performance.measure("filter-asked", { start });
    this.redraw();
  }

  async complete(text: string, cursor: number): Promise<readonly Completion[]> {
    if (this.client === undefined) return [];
    const path = `/api/filter/complete?text=${encodeURIComponent(text)}&cursor=${cursor}`;
    return this.client.getJson<Completion[]>(path).catch(() => []);
  }

  expand(row: number, open: boolean): void {
    const { view } = this.store.value;
    if (view === undefined) return;
    if (open && view.rows.childCount[row] === 0) void this.attempt("window", () => this.#readPages([row]), "Reading the pages…");
    else {
      view.rows.setExpanded(row, open);
      this.redraw();
    }
  }

  expandAll(open: boolean): void {
    this.store.value.view?.rows.expandAll(open);
    this.redraw();
  }

  emptyText(): string {
    const { type, expression } = this.store.value;
    if (expression.trim() !== "") return "No row matches the filter.";
    return type === undefined ? "There are no regions." : "There are no regions of this type.";
  }

  redraw(): void {
    this.store.set({ drawn: this.store.value.drawn + 1 });
  }

  // Selecting, finding, copying

  select(selection: Selection): void {
    this.store.set({ selected: new Set(selection.rows), cursor: selection.cursor });
  }

  openRow(row: number): void {
    this.select(this.table!.selection);
    this.store.set({ why: true, cursor: row });
  }

  reveal(row: number): void {
    const { view } = this.store.value;
    if (view === undefined || row < 0) return;
    let top = row;
    while (view.rows.parent[top]! >= 0) top = view.rows.parent[top]!;
    if (view.rows.positionOf(top) < 0) {
      this.store.set({ type: undefined, expression: "", gaps: this.store.value.gaps || view.rows.type[row]! >= 8 });
      view.rows.setFilter({ gaps: this.store.value.gaps });
    }
    this.table?.reveal(row);
    this.redraw();
  }

  setFind(find: string): void {
    this.store.set({ find });
  }

  endFind(): void {
    this.store.set({ find: undefined });
    this.table?.focus();
  }

  findNext(step: 1 | -1): void {
    const { view, find, cursor, columns } = this.store.value;
    if (find === undefined || find.trim() === "") this.store.set({ find: find ?? "" });
    else if (view !== undefined) {
      const row = findFrom(view.rows, columns, find, cursor, step);
      if (row < 0) this.fail({ where: "window", message: `“${find}” was not found.` });
      else {
        if (this.store.value.failure?.where === "window") this.clearFailure();
        this.reveal(row);
      }
    }
  }

  async copyAddress(): Promise<void> {
    const { view, cursor } = this.store.value;
    if (view !== undefined && cursor >= 0) await this.copy(address(view.rows.address[cursor]!));
  }

  async copyRows(all: boolean): Promise<void> {
    const { view, selected, columns } = this.store.value;
    if (view === undefined) return;
    const rows = all ? view.rows.visible : view.rows.visible.filter((row) => selected.has(row));
    await this.copy(rowsText(view.rows, columns, rows, all ? view : undefined));
  }

  async copy(text: string): Promise<void> {
    await this.attempt("window", () => navigator.clipboard.writeText(text));
  }

  // Windows in the window

  ask(dialog: DialogName | undefined): void {
    this.store.set({ dialog });
  }

  askGlossary(word: string): void {
    this.glossaryWord = word;
    this.ask("glossary");
  }

  toggleDock(dock: string): void {
    this.store.set({ dock: this.store.value.dock === dock ? undefined : dock });
  }

  toggleWhy(): void {
    this.store.set({ why: !this.store.value.why });
  }

  setTheme(theme: Theme): void {
    this.store.set({ theme, chosenTheme: theme });
  }

  // Failures

  /** Does what nobody asked for just now. It says so when it fails; that it went well says nothing of what went wrong before it. */
  async background<T>(where: Failure["where"], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.fail({ where, message: messageOf(error) });
      return undefined;
    }
  }

  /** Does something that may fail or take long, and says so where it was asked for. What was said there before is over when it went well. */
  async attempt<T>(where: Failure["where"], work: () => Promise<T>, busy = "Reading…"): Promise<T | undefined> {
    const slow = setTimeout(() => this.store.set({ busy }), PATIENCE_MS);
    const before = this.store.value.failure;
    try {
      const result = await work();
      if (before?.where === where && this.store.value.failure === before) this.clearFailure();
      return result;
    } catch (error) {
      this.fail({ where, message: messageOf(error) });
      return undefined;
    } finally {
      clearTimeout(slow);
      this.store.set({ busy: undefined });
    }
  }

  fail(failure: Failure): void {
    this.store.set({ failure });
  }

  clearFailure(): void {
    this.store.set({ failure: undefined });
  }
}

/** A dropped file lies on the browser's machine: it can not be opened again from here. */
function recentOf({ live, path, process }: SessionInfo): RecentTarget | undefined {
  if (live) return { kind: "process", name: process.name };
  return path === undefined ? undefined : { kind: "file", name: path };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
