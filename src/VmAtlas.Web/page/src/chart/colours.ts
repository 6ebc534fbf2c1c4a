/** The theme's colours as canvases want them. */

/** The value of a custom property: "#7218b6". */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** "#rrggbb" as a pixel of an ImageData seen as a Uint32Array: on every machine browsers run on, 0xAABBGGRR. */
export function pixelOf(hex: string): number {
  const value = Number.parseInt(hex.slice(1), 16);
  return (0xff000000 | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}
