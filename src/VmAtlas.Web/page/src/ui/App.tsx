import { useEffect } from "preact/hooks";
import { Bars } from "./Bars";
import { Details } from "./Details";
import { DetailsBar } from "./DetailsBar";
import { Dialogs } from "./Dialogs";
import { Dock } from "./Dock";
import { MenuBar } from "./MenuBar";
import { menus, runShortcut } from "./menus";
import { ProcessLine } from "./ProcessLine";
import { StatusBar } from "./StatusBar";
import { SummaryTable } from "./SummaryTable";
import { WhyPanel } from "./WhyPanel";
import type { Controller } from "./controller";
import { useStore } from "./store";

/** The window, from top to bottom as VMMap has it. */
export function App({ app }: { app: Controller }) {
  const state = useStore(app.store, (s) => s);
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => runShortcut(app, event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, [app]);
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      if (!app.readOnly) app.openDropped(event.dataTransfer?.files[0]);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("drop", drop);
    };
  }, [app]);
  useEffect(() => {
    document.documentElement.dataset["theme"] = state.theme;
  }, [state.theme]);
  const { view } = state;
  return (
    <>
      <header class="top">
        <MenuBar menus={menus(app)} />
        <h1 class="product">VmAtlas</h1>
      </header>
      {state.failure?.where === "window" && (
        <div class="failure" role="alert">
          <span>{state.failure.message}</span>
          <button type="button" onClick={() => app.clearFailure()}>
            Dismiss
          </button>
        </div>
      )}
      {view === undefined ? (
        <div class="nothing">
          {app.readOnly ? "" : <button type="button" onClick={() => app.choose(0)}>Select a process or file… (Ctrl+P)</button>}
        </div>
      ) : (
        <>
          <ProcessLine app={app} state={state} view={view} />
          <Bars app={app} view={view} type={state.type} />
          <SummaryTable app={app} view={view} state={state} />
          <DetailsBar app={app} state={state} view={view} />
          <div class="middle">
            <Details app={app} />
            {state.why && <WhyPanel app={app} state={state} view={view} />}
          </div>
          <Dock app={app} state={state} view={view} />
          <StatusBar app={app} state={state} view={view} />
        </>
      )}
      {state.busy !== undefined && (
        <div class="busy" role="status">
          {state.busy}
        </div>
      )}
      <Dialogs app={app} state={state} />
    </>
  );
}
