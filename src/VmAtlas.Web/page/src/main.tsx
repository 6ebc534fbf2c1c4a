import { render } from "preact";
import { Client } from "./api/client";
import { ReportSource } from "./api/report";
import { ServerSource, startOf } from "./api/source";
import { App } from "./ui/App";
import { Controller } from "./ui/controller";
import "./style/theme.css";
import "./style/types.css";
import "./style/app.css";

/** How long a window with nothing in it is not worth being drawn. */
const EMPTY_AFTER_MS = 200;

const place = document.getElementById("app");
if (place === null) throw new Error("index.html has no #app");

const report = document.getElementById("report")?.textContent;
if (report !== undefined && report !== null) startReport(place, report);
else startPage(place);

/** The page as part of a report: its data is in the file itself. */
function startReport(place: HTMLElement, json: string): void {
  const source = new ReportSource(json);
  const app = new Controller(source, undefined);
  render(<App app={app} />, place);
  void app.attempt("window", async () => app.startReport(await source.session()));
}

/** The page as the server's window. */
function startPage(place: HTMLElement): void {
  const begun = globalThis.vmatlasBegun;
  if (begun === undefined) {
    place.textContent = "This page needs the address that vmatlas printed: it carries the token. Start vmatlas again, or open that address.";
    return;
  }
  const client = new Client(begun.token);
  const app = new Controller(new ServerSource(client), client);
  // Drawn once, with the first snapshot in it; an empty window only if that takes long.
  let drawn = false;
  const draw = (): void => {
    clearTimeout(late);
    if (!drawn) render(<App app={app} />, place);
    drawn = true;
  };
  const late = setTimeout(draw, EMPTY_AFTER_MS);
  void app.attempt("window", async () => app.start(startOf(await client.begun(begun.start)))).finally(draw);
}
