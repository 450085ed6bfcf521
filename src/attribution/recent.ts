/** Owns a table of what was said last: it is bounded, and forgets what was not said again for the longest time. */

export interface Recent<Key, Value> {
  set(key: Key, value: Value): void;
  get(key: Key): Value | undefined;
  delete(key: Key): void;
  clear(): void;
  /** The oldest first. */
  values(): Iterable<Value>;
}

export function createRecent<Key, Value>(most: number): Recent<Key, Value> {
  const kept = new Map<Key, Value>();
  return {
    set: (key, value) => {
      kept.delete(key);
      kept.set(key, value);
      for (const oldest of kept.keys()) {
        if (kept.size <= most) break;
        kept.delete(oldest);
      }
    },
    get: (key) => kept.get(key),
    delete: (key) => kept.delete(key),
    clear: () => kept.clear(),
    values: () => kept.values(),
  };
}
