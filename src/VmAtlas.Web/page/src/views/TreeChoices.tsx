import type { Frame } from "../model/frame";
import type { TreeShape } from "../api/source";
import type { Controller } from "../ui/controller";

const SHAPES: readonly (readonly [TreeShape, string])[] = [
  ["top-down", "Top-down"],
  ["bottom-up", "Bottom-up"],
  ["module", "By module"],
  ["thread", "By thread"],
];

/** What of the trace counts: for the order, the shares and the widths. */
const MEASURES = [
  ["liveBytes", "Live"],
  ["liveCount", "Live blocks"],
  ["totalBytes", "Total"],
  ["totalCount", "Allocations"],
  ["atPeakBytes", "At peak"],
  ["temporaryCount", "Temporary"],
] as const;

/** Which tree a view shows, and which of its figures. */
export interface Tree {
  readonly shape: TreeShape;
  readonly mappings: boolean;
  readonly measure: string;
}

/** The figure that a tree is shown by: the one that was chosen, or where nobody tells what is live, the total. */
export function measureOf({ measure }: Tree, frame: Frame | undefined): string {
  return frame === undefined || frame.columns.has(measure) ? measure : "totalBytes";
}

export const USUAL_TREE: Tree = { shape: "top-down", mappings: false, measure: "liveBytes" };

interface Props {
  readonly app: Controller;
  readonly tree: Tree;
  /** Whether the tree has a figure. */
  readonly has: (measure: string) => boolean;
  readonly onTree: (tree: Tree) => void;
}

export function TreeChoices({ app, tree, has, onTree }: Props) {
  return (
    <>
      {!app.readOnly && (
        <select aria-label="What is counted" value={tree.mappings ? "mappings" : "blocks"} onChange={(event) => onTree({ ...tree, mappings: event.currentTarget.value === "mappings" })}>
          <option value="blocks">Blocks</option>
          <option value="mappings">Mappings</option>
        </select>
      )}
      <select aria-label="Which way the tree grows" value={tree.shape} onChange={(event) => onTree({ ...tree, shape: event.currentTarget.value as TreeShape })}>
        {SHAPES.map(([key, title]) => (
          <option key={key} value={key}>
            {title}
          </option>
        ))}
      </select>
      <select aria-label="What is shared out" value={tree.measure} onChange={(event) => onTree({ ...tree, measure: event.currentTarget.value })}>
        {MEASURES.filter(([key]) => has(key)).map(([key, title]) => (
          <option key={key} value={key}>
            {title}
          </option>
        ))}
      </select>
    </>
  );
}
