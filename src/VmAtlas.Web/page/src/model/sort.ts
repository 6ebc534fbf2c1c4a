/**
 * Stable radix sort of row numbers by a column: 16 bits a pass over the bits of the key, digits that are the same in all
 * rows skipped. A pass over 500,000 rows costs some 5 ms; sizes and addresses need two or three.
 */

const DIGIT = 16;
const BUCKETS = 1 << DIGIT;

/** The rows 0 … n − 1 in ascending order of their doubles; equal ones keep their order. No NaN. */
export function sortDoubles(values: Float64Array, descending: boolean): Uint32Array {
  const n = values.length;
  const low = new Uint32Array(n);
  const high = new Uint32Array(n);
  const bits = new Uint32Array(values.slice().buffer);
  for (let i = 0; i < n; i++) {
    // Bits of doubles order like numbers once negative ones are turned over and positive ones lifted above them.
    const top = bits[2 * i + 1]!;
    const negative = top >>> 31 === 1;
    high[i] = negative ? ~top : top | 0x80000000;
    low[i] = negative ? ~bits[2 * i]! : bits[2 * i]!;
    if (values[i] === 0) [high[i], low[i]] = [0x80000000, 0]; // −0 is 0
  }
  return sortKeys([low, high], descending);
}

/** The same for whole numbers from 0 up: types, counts, ranks of texts. */
export function sortWholes(values: ArrayLike<number>, descending: boolean): Uint32Array {
  return sortKeys([Uint32Array.from(values)], descending);
}

/** Keys of one row are the words of that index, least significant first. They are changed. */
function sortKeys(words: Uint32Array[], descending: boolean): Uint32Array {
  const n = words[0]!.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  let spare = new Uint32Array(n);
  const starts = new Uint32Array(BUCKETS);
  for (const word of words) {
    if (descending) for (let i = 0; i < n; i++) word[i] = ~word[i]!;
    for (let shift = 0; shift < 32; shift += DIGIT) {
      if (!countDigits(word, shift, starts)) continue;
      for (let i = 0; i < n; i++) {
        const row = order[i]!;
        const digit = (word[row]! >>> shift) & (BUCKETS - 1);
        spare[starts[digit]!++] = row;
      }
      [order, spare] = [spare, order];
    }
  }
  return order;
}

/** Fills in where each digit's rows begin; false when all rows have the same digit. */
function countDigits(word: Uint32Array, shift: number, starts: Uint32Array): boolean {
  const n = word.length;
  starts.fill(0);
  for (let i = 0; i < n; i++) starts[(word[i]! >>> shift) & (BUCKETS - 1)]!++;
  if (n === 0 || starts[(word[0]! >>> shift) & (BUCKETS - 1)] === n) return false;
  let sum = 0;
  for (let d = 0; d < BUCKETS; d++) {
    const here = starts[d]!;
    starts[d] = sum;
    sum += here;
  }
  return true;
}

/** Where each text stands in the order of all of them; equal texts have equal ranks. Numbers within texts count as numbers. */
export function rankTexts(texts: readonly string[]): Uint32Array {
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const order = texts.map((_, i) => i).sort((a, b) => collator.compare(texts[a]!, texts[b]!));
  const ranks = new Uint32Array(texts.length);
  let rank = 0;
  order.forEach((text, place) => {
    if (place > 0 && collator.compare(texts[order[place - 1]!]!, texts[text]!) !== 0) rank++;
    ranks[text] = rank;
  });
  return ranks;
}
