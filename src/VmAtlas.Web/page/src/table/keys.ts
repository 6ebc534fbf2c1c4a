export type TableAction = "up" | "down" | "pageUp" | "pageDown" | "home" | "end" | "open" | "close" | "all" | "enter";

const ACTIONS: Readonly<Record<string, TableAction>> = {
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "pageUp",
  PageDown: "pageDown",
  Home: "home",
  End: "end",
  ArrowRight: "open",
  ArrowLeft: "close",
  Enter: "enter",
};

/** What a key means to a table that has the focus; undefined for keys that are not its business. */
export function actionOf(event: KeyboardEvent): TableAction | undefined {
  if (event.altKey || event.metaKey) return undefined;
  if (event.ctrlKey) return event.key === "a" && event.shiftKey ? "all" : undefined;
  return ACTIONS[event.key];
}
