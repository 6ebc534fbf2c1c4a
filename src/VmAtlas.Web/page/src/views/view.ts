import type { ComponentType } from "preact";
import type { Controller } from "../ui/controller";
import type { State, View } from "../ui/state";

export interface ViewProps {
  readonly app: Controller;
  readonly state: State;
  readonly view: View;
}

/** A view below the details. It is one file here and one line in registry.ts: menus, shortcuts and tabs follow. */
export interface ViewSpec {
  /** In settings and the state. */
  readonly name: string;
  /** On its tab. */
  readonly title: string;
  /** In the menu. */
  readonly label: string;
  /** Its shortcut, as shown: "Alt+M". */
  readonly keys: string;
  /** Whether the target has what the view shows. What is absent is not offered. */
  readonly offered: (view: View) => boolean;
  readonly Panel: ComponentType<ViewProps>;
}
