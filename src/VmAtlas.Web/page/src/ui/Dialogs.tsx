import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { AboutDialog, ReadingDialog, ShortcutsDialog } from "./AboutDialogs";
import { MarkDialog, TrimDialog } from "./ActDialogs";
import { Chooser } from "./Chooser";
import { ColumnsDialog } from "./ColumnsDialog";
import { GlossaryDialog } from "./GlossaryDialog";
import { SaveDialog } from "./SaveDialog";
import { SymbolsDialog } from "./SymbolsDialog";
import { TraceDialog } from "./TraceDialog";
import type { Controller } from "./controller";
import type { State } from "./state";

/** The dialog that is asked for, if one is. */
export function Dialogs({ app, state }: { app: Controller; state: State }) {
  switch (state.dialog) {
    case "chooser":
      return <Chooser app={app} state={state} />;
    case "columns":
      return <ColumnsDialog app={app} state={state} />;
    case "glossary":
      return <GlossaryDialog app={app} />;
    case "save":
      return <SaveDialog app={app} state={state} />;
    case "annotators":
      return <ReadingDialog app={app} state={state} />;
    case "trim":
      return <TrimDialog app={app} state={state} />;
    case "trace":
      return <TraceDialog app={app} state={state} />;
    case "symbols":
      return <SymbolsDialog app={app} state={state} />;
    case "mark":
      return <MarkDialog app={app} state={state} />;
    case "shortcuts":
      return <ShortcutsDialog app={app} />;
    case "about":
      return <AboutDialog app={app} />;
    case undefined:
      return null;
  }
}

/** A modal dialog with a title; Escape and the button close it. */
export function Dialog({ app, title, wide, children }: { app: Controller; title: string; wide?: boolean; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class={wide === true ? "wide" : ""} aria-label={title} onClose={() => app.ask(undefined)}>
      <header>
        <h2>{title}</h2>
        <button type="button" aria-label="Close" onClick={() => dialog.current?.close()}>
          ✕
        </button>
      </header>
      {children}
    </dialog>
  );
}
