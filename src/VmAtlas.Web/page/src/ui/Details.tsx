import { useLayoutEffect, useRef } from "preact/hooks";
import { knownColumns } from "../model/rows";
import { TreeTable } from "../table/TreeTable";
import type { Controller } from "./controller";

/** The details tree. The table draws itself; this only ties it to the state. */
export function Details({ app }: { app: Controller }) {
  const place = useRef<HTMLDivElement>(null);
  // Before the picture, not after it: the rows are what the picture is for.
  useLayoutEffect(() => {
    if (place.current === null) return;
    const table = new TreeTable(place.current, "Regions", {
      onSort: (key) => app.sort(key),
      onSelect: (selection) => app.select(selection),
      onColumns: (columns) => app.setColumns(columns),
      onOpen: (row) => app.openRow(row),
      onToggle: (row, open) => app.expand(row, open),
    });
    app.table = table;
    let shown = "";
    const update = (): void => {
      const { view, columns } = app.store.value;
      if (view === undefined) return;
      const known = knownColumns(view.rows, columns);
      const key = JSON.stringify(known);
      if (key !== shown) table.setColumns(known);
      shown = key;
      table.setRows(view.rows, app.emptyText());
    };
    update();
    // After the first picture: the browser would work the whole layout out for it before.
    requestAnimationFrame(() => setTimeout(() => document.activeElement === document.body && table.focus()));
    let { view, drawn, columns } = app.store.value;
    const unwatch = app.store.watch(() => {
      const now = app.store.value;
      if (now.view?.rows === view?.rows && now.drawn === drawn && now.columns === columns) return;
      ({ view, drawn, columns } = now);
      update();
    });
    return () => {
      unwatch();
      table.dispose();
      app.table = undefined;
    };
  }, [app]);
  return <div class="details" ref={place} />;
}
