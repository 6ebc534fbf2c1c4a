import type { Controller } from "./controller";
import type { Menu, MenuItem } from "./MenuBar";
import { offeredViews } from "../views/registry";
import type { Theme } from "./state";

/** VMMap's menus, with what VmAtlas has more. One list for menus and shortcuts, so that the two can not disagree. */
export function menus(app: Controller): readonly Menu[] {
  const { view, gaps, theme, why, dock, paused, cursor } = app.store.value;
  const live = view?.session.live === true && view.session.ended === undefined;
  const tracing = view?.session.tracing === true;
  const none = view === undefined;
  const themeItem = (name: Theme, label: string): MenuItem => ({ label, checked: theme === name, run: () => app.setTheme(name) });
  const server = app.readOnly;
  return [
    {
      title: "File",
      items: [
        { label: "Select Process…", keys: "Ctrl+P", disabled: server, run: () => app.choose(0) },
        { label: "Open…", keys: "Ctrl+O", disabled: server, run: () => app.choose(2) },
        { label: "Save and Export…", keys: "Ctrl+S", disabled: none || server, run: () => app.ask("save") },
      ],
    },
    {
      title: "Edit",
      items: [
        { label: "Copy Address", keys: "Ctrl+C", disabled: cursor < 0, run: () => void app.copyAddress() },
        { label: "Copy Rows", keys: "Ctrl+Shift+C", disabled: cursor < 0, run: () => void app.copyRows(false) },
        { label: "Copy All", keys: "Ctrl+A", disabled: none, run: () => void app.copyRows(true) },
        "line",
        { label: "Filter", keys: "Ctrl+L", disabled: none, run: () => document.getElementById("filter")?.focus() },
        { label: "Find…", keys: "Ctrl+F", disabled: none, run: () => app.setFind(app.store.value.find ?? "") },
        { label: "Find Next", keys: "F3", disabled: none, run: () => app.findNext(1) },
        { label: "Find Previous", keys: "Shift+F3", disabled: none, run: () => app.findNext(-1) },
      ],
    },
    {
      title: "View",
      items: [
        { label: "Expand All", disabled: none, run: () => app.expandAll(true) },
        { label: "Collapse All", disabled: none, run: () => app.expandAll(false) },
        { label: "Why This Row", keys: "F2", checked: why, disabled: none, run: () => app.toggleWhy() },
        ...(view === undefined ? [] : offeredViews(view)).map(({ name, label, keys }): MenuItem => ({ label, keys, checked: dock === name, run: () => app.toggleDock(name) })),
        "line",
        { label: "Refresh", keys: "F5", disabled: !live, run: () => void app.refresh() },
      ],
    },
    {
      title: "Tools",
      items: [
        { label: "Empty Working Set…", keys: "Ctrl+E", disabled: !live, run: () => app.ask("trim") },
        { label: "Mark…", disabled: !live, run: () => app.ask("mark") },
        "line",
        { label: "Trace Allocations…", keys: "Alt+A", disabled: !live || tracing, run: () => app.ask("trace") },
        { label: "Stop the Trace", disabled: !tracing, run: () => void app.stopTrace() },
      ],
    },
    {
      title: "Options",
      items: [
        { label: "Show Free and Unusable Regions", checked: gaps, disabled: none, run: () => app.toggleGaps() },
        { label: "Columns…", run: () => app.ask("columns") },
        { label: "Symbol Folders…", disabled: server, run: () => app.ask("symbols") },
        "line",
        { label: "Paused", keys: "Ctrl+Space", checked: paused !== undefined, disabled: !live, run: () => void app.togglePause() },
        "line",
        themeItem("light", "Light"),
        themeItem("dark", "Dark"),
        themeItem("vmmap", "VMMap Colours"),
      ],
    },
    {
      title: "Help",
      items: [
        { label: "Glossary", keys: "F1", run: () => app.askGlossary("") },
        { label: "Keyboard", run: () => app.ask("shortcuts") },
        { label: "About the Reading", disabled: none, run: () => app.ask("annotators") },
        { label: "About VmAtlas", run: () => app.ask("about") },
      ],
    },
  ];
}

/** Runs the menu item that has these keys. Keys that a text field needs stay with it. */
export function runShortcut(app: Controller, event: KeyboardEvent): void {
  const keys = keysOf(event);
  const item = menus(app)
    .flatMap((menu) => menu.items)
    .find((entry): entry is MenuItem => entry !== "line" && entry.keys === keys);
  if (item === undefined || document.querySelector("dialog[open]") !== null) return;
  const editing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  const selecting = document.getSelection()?.isCollapsed === false;
  if ((editing && /^Ctrl\+(A|C)$/.test(keys)) || (selecting && keys === "Ctrl+C")) return;
  event.preventDefault();
  if (item.disabled !== true) item.run();
}

function keysOf(event: KeyboardEvent): string {
  const key = event.code === "Space" ? "Space" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${key}`;
}
