import { render } from "preact";
import { Client, takeToken } from "./api/client";
import { ServerSource } from "./api/source";
import { App } from "./ui/App";
import { Controller } from "./ui/controller";
import "./style/theme.css";
import "./style/types.css";
import "./style/app.css";

const place = document.getElementById("app");
if (place === null) throw new Error("index.html has no #app");
const token = takeToken();
if (token === undefined) {
  place.textContent = "This page needs the address that vmatlas printed: it carries the token. Start vmatlas again, or open that address.";
} else {
  const client = new Client(token);
  const app = new Controller(new ServerSource(client), client);
  render(<App app={app} />, place);
  void app.attempt("window", () => app.start());
}
