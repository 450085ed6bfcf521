/** Reads single fields out of objects whose shape is not known: what is absent or of another type is an empty value. */

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Numbers in the path are positions in a list. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof step === 'number') {
      const list: readonly unknown[] = Array.isArray(current) ? current : [];
      current = list[step];
    } else {
      current = isFields(current) ? current[step] : undefined;
    }
  }
  return current;
}

export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function fieldsAt(value: unknown, ...path: readonly (string | number)[]): Fields {
  const found = at(value, ...path);
  return isFields(found) ? found : {};
}
