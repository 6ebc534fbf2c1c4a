import { useEffect, useState } from "preact/hooks";

/** A value that tells who watches it when it changes. Values are never changed in place. */
export class Store<T extends object> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(change: Partial<T>): void {
    if (Object.entries(change).every(([key, value]) => this.#value[key as keyof T] === value)) return;
    this.#value = { ...this.#value, ...change };
    for (const watcher of [...this.#watchers]) watcher();
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** A part of the store; the component is drawn again only when that part is another. */
export function useStore<T extends object, P>(store: Store<T>, part: (value: T) => P): P {
  const [shown, show] = useState(() => part(store.value));
  useEffect(() => {
    const update = (): void => show(() => part(store.value));
    update();
    return store.watch(update);
    // The part is written anew at each call and means the same.
  }, [store]);
  return shown;
}
