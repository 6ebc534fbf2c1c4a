import { address, counted } from "./format";

/** Bytes of the pages that the server tells of. */
export const PAGE = 4096;
/** Pages in one answer, as the server allows. */
export const MOST_PAGES = 1 << 22;
/** Runs shown of one block: its pages may all be in turns of two states. */
export const MOST_RUNS = 500;

const [PRESENT, SWAPPED, FILE, EXCLUSIVE, ZERO, HUGE, GUARD, DIRTY] = [1, 2, 4, 8, 16, 32, 64, 128];

/** What a page's state is called and drawn in; the first that fits a page is its kind. */
export const PAGE_KINDS: readonly { readonly title: string; readonly colour: string; readonly fits: (state: number) => boolean }[] = [
  { title: "guard", colour: "--mark-8", fits: (s) => (s & GUARD) !== 0 },
  { title: "zero page", colour: "--tint-1", fits: (s) => (s & ZERO) !== 0 },
  { title: "swapped out", colour: "--mark-7", fits: (s) => (s & SWAPPED) !== 0 && (s & PRESENT) === 0 },
  { title: "huge", colour: "--mark-0", fits: (s) => (s & HUGE) !== 0 && (s & PRESENT) !== 0 },
  { title: "private", colour: "--mark-3", fits: (s) => (s & PRESENT) !== 0 && (s & FILE) === 0 && (s & EXCLUSIVE) !== 0 },
  { title: "private, shared after fork", colour: "--mark-5", fits: (s) => (s & PRESENT) !== 0 && (s & FILE) === 0 },
  { title: "file or shared, only here", colour: "--mark-1", fits: (s) => (s & PRESENT) !== 0 && (s & EXCLUSIVE) !== 0 },
  { title: "file or shared, by others too", colour: "--mark-2", fits: (s) => (s & PRESENT) !== 0 },
  { title: "not present", colour: "--track", fits: () => true },
];

export function pageKind(state: number): number {
  return PAGE_KINDS.findIndex((kind) => kind.fits(state));
}

export function isDirty(state: number): boolean {
  return (state & DIRTY) !== 0;
}

/** Everything that is known of a page, in words. */
export function pageText(state: number): string {
  const words = [PAGE_KINDS[pageKind(state)]!.title];
  if ((state & HUGE) !== 0 && (state & PRESENT) !== 0) words.push((state & FILE) !== 0 ? "of a file or shared" : "private");
  if (isDirty(state)) words.push("written since the last mark");
  return words.join(", ");
}

/** The server's call for the states of pages. Of more than one answer may hold, the first. */
export function pagesPath(session: number, start: number, end: number): string {
  return `/api/sessions/${session}/pages?start=${address(start)}&end=${address(Math.min(end, start + MOST_PAGES * PAGE))}`;
}

/** Pages beside each other that are in the same state, or what is left of a block. */
export interface PageRun {
  readonly address: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The pages of a block as runs of equal state. Of very many runs the first, and one that says how many more there are.
 * @param states A byte a page from the start on; fewer than the block has when it is larger than one answer.
 */
export function runsOf(start: number, end: number, states: Uint8Array, most = MOST_RUNS): PageRun[] {
  const texts = Array.from({ length: 256 }, (_, state) => pageText(state));
  // By words, not by bits: what reads the same is the same.
  const words = Uint8Array.from(texts, (text) => texts.indexOf(text));
  const runs: PageRun[] = [];
  let [count, shownTo] = [0, 0];
  for (let first = 0, page = 1; page <= states.length; page++) {
    if (page < states.length && words[states[page]!] === words[states[first]!]) continue;
    if (++count <= most) {
      runs.push({ address: start + first * PAGE, end: start + page * PAGE, text: `${counted(page - first, "page")}: ${texts[states[first]!]}` });
      shownTo = page;
    }
    first = page;
  }
  const rest = start + shownTo * PAGE;
  const left: string[] = [];
  if (count > most) left.push(`${counted(count - most, "more run")}`);
  if (start + states.length * PAGE < end) left.push(`${counted((end - start) / PAGE - states.length, "page")} not asked for`);
  if (left.length > 0) runs.push({ address: rest, end, text: left.join(", and ") });
  return runs;
}
