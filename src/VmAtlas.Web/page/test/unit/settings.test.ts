import { describe, expect, it } from "vitest";
import { COLUMN_BY_KEY, COLUMNS } from "../../src/model/columns";
import { DEFAULTS, readSettings, withRecent, writeSettings, type RecentTarget, type Settings } from "../../src/model/settings";

const CHOSEN: Settings = {
  ...DEFAULTS,
  theme: "vmmap",
  chosenTheme: "vmmap",
  columns: [COLUMN_BY_KEY.get("address")!, { ...COLUMN_BY_KEY.get("swap")!, width: 123 }, COLUMN_BY_KEY.get("details")!],
  sorting: { key: "private", descending: true },
  gaps: true,
  why: true,
  dock: "map",
  dockHeight: 333,
  summaryHeight: 111,
  interval: 5,
  recent: [{ kind: "file", name: "/tmp/x.vmatlas" }],
};

describe("settings", () => {
  it("come back as they were chosen", () => {
    const kept: unknown = JSON.parse(JSON.stringify(writeSettings(CHOSEN)));
    expect({ ...DEFAULTS, ...readSettings(kept) }).toEqual(CHOSEN);
  });

  it.each([
    undefined, null, 7, "text", [], {},
    { theme: "pink", columns: "all", sorting: 3, gaps: "yes", dockHeight: -1, summaryHeight: 1e9, interval: 3, recent: {} },
    { columns: [{ key: "no such column" }], recent: [{ kind: "file", name: "" }, { kind: "url", name: "x" }] },
    { columns: [{ key: "size", width: 80 }] }, // a table without addresses could not be used
  ])("take nothing from what makes no sense: %j", (kept) => {
    const { recent, ...rest } = readSettings(kept);
    expect(recent ?? []).toEqual([]);
    expect(rest).toEqual({});
  });

  it("keeps no theme that nobody chose", () => {
    expect(writeSettings({ ...DEFAULTS, theme: "dark" })).toHaveProperty("theme", undefined);
  });

  it("pass over single columns that are unknown, doubled, or of no sensible width", () => {
    const columns = [{ key: "address", width: 1e9 }, { key: "gone" }, { key: "size", width: 90 }, { key: "size", width: 91 }, null];
    expect(readSettings({ columns }).columns).toEqual([COLUMN_BY_KEY.get("address"), { ...COLUMN_BY_KEY.get("size")!, width: 90 }]);
    expect(COLUMNS.some((column) => column.key === "gone")).toBe(false);
  });

  it("keep the last eight targets, each once, the last first", () => {
    let recent: readonly RecentTarget[] = [];
    for (const name of ["a", "b", "c", "a", "d", "e", "f", "g", "h", "i"]) recent = withRecent(recent, { kind: "file", name });
    expect(recent.map(({ name }) => name)).toEqual(["i", "h", "g", "f", "e", "d", "a", "c"]);
  });
});
