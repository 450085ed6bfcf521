/** The flow hash that a monitor line names its packet's flow by. */
import type { Cursor } from './bytes.ts';

/** Up to eight hex digits without leading zeros. */
export function takeFlowHash(cursor: Cursor): boolean {
  const { bytes, at: start } = cursor;
  let at = start;
  for (;;) {
    const byte = bytes[at] ?? 0;
    if (!((byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102))) break;
    at++;
  }
  cursor.at = at;
  const digits = at - start;
  return digits === 1 || (digits > 1 && digits <= 8 && bytes[start] !== 48);
}
