/** VMMap's words for the bits of the frame's protection column, mixed capitals and all: as Protection.ToVmmapText of the server's model. */
export function protectionText(bits: number): string {
  const [read, write, execute, guard, copyOnWrite] = [1, 2, 4, 16, 32].map((bit) => (bits & bit) !== 0);
  let text: string;
  if (copyOnWrite === true) text = execute === true ? "Execute/Copy on Write" : "Copy on write";
  else if (write === true) text = execute === true ? "Execute/Read/Write" : "Read/Write";
  else if (read === true) text = execute === true ? "Execute/Read" : "Read";
  else text = execute === true ? "Execute" : guard === true ? "No access" : "Reserved";
  return guard === true ? `${text}/Guard` : text;
}
