/** The selected rows, by row number, and the row the keyboard is on. */
export class Selection {
  /** The row the keyboard is on; −1 before there is one. */
  cursor = -1;
  #anchor = -1;
  #rows = new Set<number>();

  get size(): number {
    return this.#rows.size;
  }

  get rows(): ReadonlySet<number> {
    return this.#rows;
  }

  has(row: number): boolean {
    return this.#rows.has(row);
  }

  clear(): void {
    this.#rows.clear();
    this.cursor = this.#anchor = -1;
  }

  only(row: number): void {
    this.#rows = new Set([row]);
    this.cursor = this.#anchor = row;
  }

  toggle(row: number): void {
    if (!this.#rows.delete(row)) this.#rows.add(row);
    this.cursor = this.#anchor = row;
  }

  /** Everything between the row that was selected alone last and this one, as they are shown. */
  extendTo(row: number, visible: Uint32Array): void {
    const to = visible.indexOf(row);
    const from = this.#anchor < 0 ? to : visible.indexOf(this.#anchor);
    if (from < 0) {
      this.only(row);
      return;
    }
    this.#rows = new Set(visible.subarray(Math.min(from, to), Math.max(from, to) + 1));
    this.cursor = row;
  }

  all(visible: Uint32Array): void {
    this.#rows = new Set(visible);
  }
}
