/** The types in VMMap's order, which is the order of the bars and the numbers of the frame's type column. */
export const TYPE_NAMES = [
  "Image",
  "Mapped File",
  "Shareable",
  "Heap",
  "Managed Heap",
  "Stack",
  "Private Data",
  "Page Table",
  "Unusable",
  "Free",
] as const;

export const [PAGE_TABLE, UNUSABLE] = [7, 8];
export const [HEAP, MANAGED_HEAP] = [3, 4];
export const FREE = 9;

/** The class that gives an element the colours of a type. */
export function typeClass(type: number): string {
  return `type-${type}`;
}

/** The custom property with a type's colour for charts. */
export function markOf(type: number): string {
  return `--mark-${type}`;
}
