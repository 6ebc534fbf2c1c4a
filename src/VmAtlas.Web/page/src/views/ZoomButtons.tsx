import type { RefObject } from "preact";
import type { CellMap } from "../chart/CellMap";

/** In, out and whole, for every view that is drawn as a map of cells. */
export function ZoomButtons({ map }: { map: RefObject<CellMap | undefined> }) {
  return (
    <>
      <button type="button" onClick={() => map.current?.zoom(1 / 2)} aria-label="Zoom in">
        +
      </button>
      <button type="button" onClick={() => map.current?.zoom(2)} aria-label="Zoom out">
        −
      </button>
      <button type="button" onClick={() => map.current?.whole()}>
        Whole
      </button>
    </>
  );
}
