/** Fields of JSON that may hold anything. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objectOf(object: JsonObject, field: string): JsonObject | null {
  const value = object[field];
  return isJsonObject(value) ? value : null;
}

export function textOf(object: JsonObject, field: string): string | null {
  const value = object[field];
  return typeof value === 'string' ? value : null;
}

export function numberOf(object: JsonObject, field: string): number | null {
  const value = object[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Null where the field is no list; what is no text in it is left out. */
export function textsOf(object: JsonObject, field: string): readonly string[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function objectsOf(object: JsonObject, field: string): readonly JsonObject[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
