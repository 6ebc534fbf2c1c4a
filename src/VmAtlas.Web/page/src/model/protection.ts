const [READ, WRITE, EXECUTE, GUARD, COPY_ON_WRITE, WRITE_COMBINE, NO_CACHE] = [1, 2, 4, 16, 32, 64, 128];

/** The fact about a block that it is committed and still no access is allowed. */
const NO_ACCESS = 64;

/** VMMap's words for the bits of the frame's protection column, mixed capitals and all: as Protection.ToVmmapText of the server's model. */
export function protectionText(bits: number, facts = 0): string {
  if ((facts & NO_ACCESS) !== 0) return "No access";
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const execute = has(EXECUTE);
  let text: string;
  if (has(COPY_ON_WRITE)) text = execute ? "Execute/Copy on Write" : "Copy on write";
  else if (has(WRITE)) text = execute ? "Execute/Read/Write" : "Read/Write";
  else if (has(READ)) text = execute ? "Execute/Read" : "Read";
  else text = execute ? "Execute" : has(GUARD) ? "No access" : "Reserved";
  if (!has(READ | WRITE | EXECUTE)) return text;
  return `${text}${has(GUARD) ? "/Guard" : ""}${has(NO_CACHE) ? "/NoCache" : ""}${has(WRITE_COMBINE) ? "/WriteCombine" : ""}`;
}
