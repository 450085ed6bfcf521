/** The words that the lines of a recording share: numbers and times within what counting and dates can hold. */
import * as v from 'valibot';
import { DIRECTIONS } from '../model/packet.ts';
import { POLICY_KINDS } from '../model/policy.ts';

export const WholeNumber = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
/** What is printed in 64 bits: about as large as it was. */
export const Number64 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 64));
/** Milliseconds since the epoch, as far as a Date goes (ECMA-262, 21.4.1.1). */
export const TimeMs = v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15));
export const Texts = v.array(v.string());
export const Direction = v.picklist(DIRECTIONS);

const Port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535));
export const PortOrNull = v.nullable(Port);
export const NumberOrNull = v.nullable(WholeNumber);
export const TextOrNull = v.nullable(v.string());

export const PacketEnd = v.object({ ip: v.string(), port: PortOrNull });

export const PolicyRef = v.object({
  kind: v.nullable(v.picklist(POLICY_KINDS)),
  namespace: TextOrNull,
  name: v.string(),
});
