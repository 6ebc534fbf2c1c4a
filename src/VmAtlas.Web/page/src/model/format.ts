/** Numbers and addresses as VMMap writes them. */

/** "1,048,576". By hand: the browser's own formatter takes longer to be made than all the numbers of a window. */
function grouped(value: number): string {
  const digits = String(Math.round(Math.abs(value)));
  let text = digits.slice(0, ((digits.length - 1) % 3) + 1);
  for (let i = text.length; i < digits.length; i += 3) text += `,${digits.slice(i, i + 3)}`;
  return value < 0 && digits !== "0" ? `-${text}` : text;
}

/** "1,024 K", whole KiB rounded towards zero; empty for zero. */
export function kib(bytes: number): string {
  const whole = Math.trunc(bytes / 1024);
  if (whole === 0) return bytes === 0 ? "" : bytes < 0 ? "−<1 K" : "<1 K";
  return `${grouped(whole)} K`;
}

/** The same with a sign, for differences: "+64 K", "−64 K". */
export function signedKib(bytes: number): string {
  if (bytes === 0) return "";
  return (bytes > 0 ? "+" : "−") + kib(Math.abs(bytes));
}

/** For people: "1.4 GiB". */
export function size(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let unit = 0;
  let value = Math.abs(bytes);
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${bytes < 0 ? "−" : ""}${value.toFixed(digits)} ${units[unit]}`;
}

/** "1,048,592": every byte. */
export function exact(value: number): string {
  return grouped(value);
}

/** "12 %", with a decimal below ten. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share !== 0 && Math.abs(share) < 0.1 ? 1 : 0)} %`;
}

/** "12.345678", since a trace began. */
export function seconds(value: number): string {
  return value.toFixed(6);
}

/** "1 row", "2 rows". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

export function count(value: number): string {
  return value === 0 ? "" : String(value);
}

/**
 * 16 hexadecimal digits. Addresses are doubles: every page-aligned 64-bit address and every 16-aligned one below
 * 2^57 is one exactly; the 53 bits of the mantissa do the rest.
 */
export function address(value: number): string {
  const high = Math.floor(value / 4294967296);
  const low = value - high * 4294967296;
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}

/** Reads "7f12ab", "0x7F12AB", "7f12`ab34"; undefined for anything else. */
export function parseAddress(text: string): number | undefined {
  const digits = text.trim().replace(/^0x/i, "").replaceAll(/[`_]/g, "");
  return /^[0-9a-f]{1,16}$/i.test(digits) ? Number.parseInt(digits, 16) : undefined;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** "14:05:09", by the browser's clock. */
export function time(iso: string): string {
  const at = new Date(iso);
  return iso === "" ? "" : [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
}

export function timeAndDate(iso: string): string {
  const at = new Date(iso);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time(iso)}`;
}
