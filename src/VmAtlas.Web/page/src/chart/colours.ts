/** The theme's colours as canvases want them. */

/** The value of a custom property: "#7218b6". */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** "#rrggbb", or "#rgb" as builds shorten it, as a pixel of an ImageData seen as a Uint32Array: on every machine browsers run on, 0xAABBGGRR. */
export function pixelOf(hex: string): number {
  const digits = hex.length === 4 ? hex.slice(1).replaceAll(/./g, "$&$&") : hex.slice(1);
  const value = Number.parseInt(digits, 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

/** A pixel halfway to another. */
export function between(one: number, other: number): number {
  // Each channel by itself: the lowest bits would run over into the next.
  return (((one & 0xfefefefe) >>> 1) + ((other & 0xfefefefe) >>> 1)) >>> 0;
}
