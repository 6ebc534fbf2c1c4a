import { useEffect, useRef, useState } from "preact/hooks";
import type { RecentTarget } from "../model/settings";
import type { ProcessInfo, SessionInfo } from "../api/answers";
import { kib } from "../model/format";
import type { Controller } from "./controller";
import { Dialog } from "./Dialogs";
import type { State } from "./state";
import { TraceFields, traceRequestOf } from "./TraceFields";

const TABS = ["View a running process", "Launch a program", "Open a file"] as const;

/** VMMap's "Select or Launch Process", and files. */
export function Chooser({ app, state }: { app: Controller; state: State }) {
  const [tab, setTab] = useState(app.chooserTab);
  const [wanted, setWanted] = useState("");
  const failed = state.failure?.where === "chooser" ? state.failure.message : undefined;
  const key = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = (tab + step + TABS.length) % TABS.length;
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <Dialog app={app} title="Select or Launch Process" wide>
      <div class="tabs" role="tablist" aria-label="Where from" onKeyDown={key}>
        {TABS.map((title, i) => (
          <button key={title} id={`tab-${i}`} type="button" role="tab" aria-selected={tab === i} aria-controls="tab-panel" tabIndex={tab === i ? 0 : -1} onClick={() => setTab(i)}>
            {title}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 0 && <Processes app={app} wanted={wanted} />}
        {tab === 1 && <Launch app={app} />}
        {tab === 2 && <OpenFile app={app} />}
      </div>
      {failed !== undefined && (
        <p class="dialog-failure" role="alert">
          {failed}
        </p>
      )}
      <OpenNow app={app} />
      <Recent app={app} recent={state.recent} onName={(name) => (setTab(0), setWanted(name))} />
    </Dialog>
  );
}

/** Targets that are open already: choosing one goes back to it, with all its snapshots. */
function OpenNow({ app }: { app: Controller }) {
  const [sessions, setSessions] = useState<readonly SessionInfo[]>([]);
  useEffect(() => void app.background("chooser", async () => setSessions(await app.server.getJson<SessionInfo[]>("/api/sessions"))), [app]);
  if (sessions.length === 0) return null;
  return (
    <p class="recent open-now">
      Open now:{" "}
      {sessions.map((session) => (
        <button key={session.id} type="button" onClick={() => void app.attempt("chooser", () => app.openSession(session))}>
          {session.title}, {session.snapshots.length} {session.snapshots.length === 1 ? "snapshot" : "snapshots"}
        </button>
      ))}
    </p>
  );
}

/** What was open before, in this run of vmatlas or an earlier one. */
function Recent({ app, recent, onName }: { app: Controller; recent: readonly RecentTarget[]; onName: (name: string) => void }) {
  if (recent.length === 0) return null;
  const open = ({ kind, name }: RecentTarget): void => {
    if (kind === "process") onName(name);
    else void app.attempt("chooser", async () => app.openSession(await app.server.post<SessionInfo>("/api/open", { path: name })), "Reading the file…");
  };
  return (
    <p class="recent">
      Recent:{" "}
      {recent.map((target) => (
        <button key={`${target.kind} ${target.name}`} type="button" title={target.kind === "file" ? `Open ${target.name}` : `List the processes named ${target.name}`} onClick={() => open(target)}>
          {target.kind === "file" ? target.name.slice(target.name.lastIndexOf("/") + 1) : target.name}
        </button>
      ))}
    </p>
  );
}

interface ProcessColumn {
  readonly key: keyof ProcessInfo;
  readonly title: string;
  readonly kind: "text" | "bytes" | "number";
}

const COLUMNS: readonly ProcessColumn[] = [
  { key: "name", title: "Process", kind: "text" },
  { key: "pid", title: "PID", kind: "number" },
  { key: "user", title: "User", kind: "text" },
  { key: "private", title: "Private", kind: "bytes" },
  { key: "totalWs", title: "Working Set", kind: "bytes" },
  { key: "pss", title: "PSS", kind: "bytes" },
  { key: "swap", title: "Swap", kind: "bytes" },
  { key: "threads", title: "Threads", kind: "number" },
  { key: "architecture", title: "Arch", kind: "text" },
  { key: "container", title: "Container", kind: "text" },
  { key: "command", title: "Command", kind: "text" },
];

function Processes({ app, wanted }: { app: Controller; wanted: string }) {
  const [processes, setProcesses] = useState<readonly ProcessInfo[]>([]);
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState<{ column: ProcessColumn; descending: boolean }>({ column: COLUMNS[4]!, descending: true });
  const [chosen, setChosen] = useState(-1);
  useEffect(() => {
    if (wanted !== "") setFilter(wanted);
  }, [wanted]);
  const list = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const load = (): void => void app.attempt("chooser", async () => setProcesses(await app.server.getJson<ProcessInfo[]>("/api/processes")));
  useEffect(() => {
    load();
    input.current?.focus();
  }, [app]);
  const columns = COLUMNS.filter(({ key }) => key === "name" || processes.some((p) => p[key] !== undefined && p[key] !== ""));
  const fitting = (text: string): ProcessInfo[] =>
    processes
      .filter((p) => matches(p, text))
      .sort((a, b) => exactness(b, text) - exactness(a, text) || compare(a, b, sort.column) * (sort.descending ? -1 : 1));
  const shown = fitting(filter);
  const at = shown.findIndex((p) => p.pid === chosen);
  const open = (process: ProcessInfo | undefined): void => {
    if (process === undefined) return;
    if (process.whyNot !== undefined) app.fail({ where: "chooser", message: `${process.name} (${process.pid}) can not be opened: ${process.whyNot}` });
    else void app.attempt("chooser", async () => app.openSession(await app.server.post<SessionInfo>("/api/open", { pid: process.pid })), "Reading the process…");
  };
  const key = (event: KeyboardEvent): void => {
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -15, PageDown: 15 }[event.key];
    if (step !== undefined) {
      const next = shown[Math.min(Math.max(0, at + step), shown.length - 1)];
      setChosen(next?.pid ?? -1);
      list.current?.querySelector(`[data-pid="${next?.pid}"]`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      // What was typed last may not be drawn yet.
      const typed = input.current?.value ?? filter;
      open(typed === filter ? (shown[at] ?? shown[0]) : fitting(typed)[0]);
    } else return;
    event.preventDefault();
  };
  return (
    <div onKeyDown={key}>
      <div class="chooser-tools">
        <label>
          Filter:{" "}
          <input
            ref={input}
            type="text"
            autofocus
            value={filter}
            placeholder="name, pid, user or command"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => {
              setFilter(event.currentTarget.value);
              setChosen(-1);
            }}
          />
        </label>
        <button type="button" onClick={load}>
          Refresh
        </button>
        <span class="muted" role="status">
          {shown.length} of {processes.length} processes
        </span>
        <button type="button" class="primary" disabled={shown.length === 0} onClick={() => open(shown[at] ?? shown[0])}>
          OK
        </button>
      </div>
      <div class="list processes" ref={list} tabIndex={0} role="region" aria-label="Running processes">
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.key}
                  scope="col"
                  class={column.kind === "text" ? "text" : ""}
                  aria-sort={sort.column.key === column.key ? (sort.descending ? "descending" : "ascending") : "none"}
                >
                  <button
                    type="button"
                    onClick={() => setSort({ column, descending: sort.column.key === column.key ? !sort.descending : column.kind === "bytes" })}
                  >
                    {column.title}
                    {sort.column.key === column.key ? (sort.descending ? " ▾" : " ▴") : ""}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((process) => (
              <tr
                key={process.pid}
                data-pid={process.pid}
                class={`${process.pid === chosen ? "chosen" : ""}${process.whyNot === undefined ? "" : " closed"}`}
                title={process.whyNot === undefined ? (process.command ?? "") : `Can not be opened: ${process.whyNot}`}
                onClick={() => setChosen(process.pid)}
                onDblClick={() => open(process)}
              >
                {columns.map((column) => (
                  <td key={column.key} class={column.kind === "text" ? `text ${column.key}` : ""}>
                    {cellOf(process, column)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function cellOf(process: ProcessInfo, column: ProcessColumn): string {
  if (column.key === "command" && process.whyNot !== undefined) return `(${process.whyNot})`;
  const value = process[column.key];
  if (value === undefined) return "";
  return column.kind === "bytes" ? kib(Number(value)) : String(value);
}

function compare(a: ProcessInfo, b: ProcessInfo, { key, kind }: ProcessColumn): number {
  const [x, y] = [a[key], b[key]];
  return kind === "text" ? String(x ?? "").localeCompare(String(y ?? ""), "en") : Number(x ?? -1) - Number(y ?? -1);
}

function matches(process: ProcessInfo, filter: string): boolean {
  const words = filter.toLowerCase().split(/\s+/);
  const text = `${process.name} ${process.pid} ${process.user ?? ""} ${process.command ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** What is typed in full comes first: a pid, then a name. */
function exactness(process: ProcessInfo, filter: string): number {
  const typed = filter.trim();
  return String(process.pid) === typed ? 2 : process.name === typed ? 1 : 0;
}

/** Words of a command line: blanks part them, quotes keep them together. No shell: nothing else means anything. */
export function splitWords(line: string): string[] {
  const words = line.matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']+))+/g);
  return [...words].map(([word]) => word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) => double?.replaceAll(/\\(.)/g, "$1") ?? single ?? ""));
}

function Launch({ app }: { app: Controller }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string): string => String(form.get(name) ?? "").trim();
    const environment = Object.fromEntries(
      field("environment")
        .split("\n")
        .filter((line) => line.includes("="))
        .map((line) => [line.slice(0, line.indexOf("=")).trim(), line.slice(line.indexOf("=") + 1)]),
    );
    const trace = traceRequestOf(form);
    const request = { program: field("program"), arguments: splitWords(field("arguments")), folder: field("folder") || null, environment, trace };
    void app.attempt("chooser", async () => app.openTraced(await app.server.post<SessionInfo>("/api/launch", request)), "Starting the program…");
  };
  return (
    <form class="fields" onSubmit={submit}>
      <label>
        Program <input type="text" name="program" required spellcheck={false} placeholder="/usr/bin/python3, or a name on the PATH" />
      </label>
      <label>
        Arguments <input type="text" name="arguments" spellcheck={false} placeholder={`server.py --port 8080 "two words"`} />
      </label>
      <label>
        Folder <input type="text" name="folder" spellcheck={false} placeholder="where vmatlas runs" />
      </label>
      <label>
        Environment <textarea name="environment" rows={3} spellcheck={false} placeholder="NAME=value, one a line, added to vmatlas's own" />
      </label>
      <TraceFields optional managed="possible" />
      <p class="hint">The program writes to the terminal of vmatlas and goes on when vmatlas ends.</p>
      <button type="submit" class="primary">
        Launch
      </button>
    </form>
  );
}

function OpenFile({ app }: { app: Controller }) {
  const open = (event: SubmitEvent): void => {
    event.preventDefault();
    const path = String(new FormData(event.currentTarget as HTMLFormElement).get("path") ?? "").trim();
    void app.attempt("chooser", async () => app.openSession(await app.server.post<SessionInfo>("/api/open", { path })), "Reading the file…");
  };
  return (
    <form class="fields" onSubmit={open}>
      <label>
        On the machine of vmatlas <input type="text" name="path" required spellcheck={false} placeholder="/tmp/server.vmatlas, also VMMap's .csv and .mmp, a core, a .dmp" />
      </label>
      <button type="submit" class="primary">
        Open
      </button>
      <label>
        On this browser's machine
        <input type="file" onChange={(event) => app.openDropped(event.currentTarget.files?.[0])} />
      </label>
      <p class="hint">A file can also be dropped anywhere on the page.</p>
    </form>
  );
}
