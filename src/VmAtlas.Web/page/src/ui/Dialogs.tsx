import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Chooser } from "./Chooser";
import type { Controller } from "./controller";
import type { State } from "./state";

/** The dialog that is asked for, if one is. */
export function Dialogs({ app, state }: { app: Controller; state: State }) {
  switch (state.dialog) {
    case "chooser":
      return <Chooser app={app} state={state} />;
    default:
      return null;
  }
}

/** A modal dialog with a title; Escape and the button close it. */
export function Dialog({ app, title, wide, children }: { app: Controller; title: string; wide?: boolean; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
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
