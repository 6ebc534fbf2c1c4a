const STEP_PX = 20;

export interface SplitterProps {
  readonly label: string;
  /** Pixels of the part that is sized. */
  readonly height: number;
  readonly least: number;
  /** Whether the part is above the splitter, so that down makes it larger. */
  readonly above: boolean;
  readonly onSize: (px: number) => void;
}

/** A line between two parts of the window that a drag or the arrow keys move. */
export function Splitter({ label, height, least, above, onSize }: SplitterProps) {
  const grow = (down: number): void => onSize(Math.max(least, height + (above ? down : -down)));
  return (
    <div
      class="splitter"
      role="separator"
      aria-orientation="horizontal"
      aria-label={label}
      aria-valuenow={Math.round(height)}
      aria-valuemin={least}
      aria-valuemax={4000}
      tabIndex={0}
      onKeyDown={(event) => {
        const step = { ArrowUp: -STEP_PX, ArrowDown: STEP_PX }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        grow(step);
      }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) grow(event.movementY);
      }}
    />
  );
}
