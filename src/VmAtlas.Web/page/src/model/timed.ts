/** Does work and leaves a measure of it with the browser, where its developer tools and bench/page find it. */
export function timed<T>(name: string, work: () => T): T {
  const start = performance.now();
  const result = work();
  performance.measure(name, { start });
  return result;
}
