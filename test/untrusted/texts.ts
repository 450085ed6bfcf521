/** What a hostile cluster, file or person could call anything, and every place of an object where such a text can stand. */

export const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  'terminal control': 'a\u001b[2J\u001b[1;1H\u001b]0;owned\u0007b',
  'a link and the clipboard': '\u001b]8;;http://x\u001b\\y\u001b]8;;\u001b\\\u001b]52;c;ZWNobw==\u0007',
  'C1 controls': 'a\u009b31m\u0090q\u009cb\u0085c',
  'line ends': 'a\r\nb\rc\nd\u2028e\u2029f\u000bg\u000ch',
  'C0 and DEL': Array.from({ length: 33 }, (_, code) => String.fromCharCode(code === 32 ? 127 : code)).join(''),
  'text that runs backwards': 'a\u202egnp.exe\u202c\u2066b\u2069\u200f\u061c',
  'what nobody sees': 'a\u200b\u200d\u2060\ufeff\u00ad\u{e0041}\u{e0042}\u3164\u2800b',
  'halves of characters': 'a\ud800b\udc00',
  'other spaces': 'a\u00a0\u3000\u2003\tb',
  'piled marks': `z${'\u0301'.repeat(200)}`,
  'wide letters': '日本語のとても長い名前'.repeat(9),
  'a formula': '=HYPERLINK("http://x","y")',
  'other formulas': '+1-1@SUM(A1)|cmd',
  'a formula behind a tab': '\t=1+1',
  'quotation marks': '"\'`,;\\"\\',
  markup: '<script>alert(1)</script>&amp;<!--]]>',
  'a table': '| a | b |\n|---|---|\n[x](javascript:y) ![z](w) **b** @team #1',
  'a workflow command': 'a\n::error file=x::y%0A::set-output name=z::1',
  YAML: 'a: &b [*c, !!js/function "d"] # e\n---\n- f',
  'YAML words': 'null',
  labels: '{a="b"} 1\n# TYPE x counter',
  'words of a program': '__proto__',
  nothing: '',
  'far too much': 'x'.repeat(100_000),
};

const SHORT = 200;
export const ALL_OF_IT = Object.values(HOSTILE_TEXTS)
  .filter((text) => text.length < SHORT)
  .join('');

type Path = readonly (string | number)[];

/** One path for every kind of place: what repeats in a list is looked at once. */
export function textPlaces(value: unknown): Path[] {
  const places = new Map<string, Path>();
  for (const path of leaves(value, [])) {
    const kind = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
    if (!places.has(kind)) places.set(kind, path);
  }
  return [...places.values()];
}

function leaves(value: unknown, path: Path): Path[] {
  if (typeof value === 'string') return [path];
  if (Array.isArray(value)) return value.flatMap((each, at) => leaves(each, [...path, at]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key]));
}

/** A copy with another text at one place. */
export function replaced(value: unknown, [step, ...rest]: Path, text: string): unknown {
  if (step === undefined) return text;
  if (Array.isArray(value)) return value.map((each: unknown, at) => (at === step ? replaced(each, rest, text) : each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === step ? replaced(each, rest, text) : each]),
  );
}
