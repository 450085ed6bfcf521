/** Decimal numbers, read as a whole instead of digit by digit, as strictly as Go prints them. */
import { endAt } from './cursor';

/** Bit 7 of each byte that is no decimal digit; `digits` are the bytes without the zero's bits. */
function notDigits(digits: u64): u64 {
  return ((digits + 0x7676_7676_7676_7676) | digits) & 0x8080_8080_8080_8080;
}

/** A decimal number of up to eight digits without leading zeros, or -1. */
export function takeNumber(start: u32, max: u32): i32 {
  const digits = load<u64>(start) ^ 0x3030_3030_3030_3030;
  const others = notDigits(digits);
  const length = <u32>(others == 0 ? 8 : ctz(others) >>> 3);
  if (length == 0 || (length > 1 && <u8>digits == 0) || <u32>load<u8>(start + length) - 48 <= 9) return -1;
  endAt(start + length);
  const value = eightDigits(digits << ((8 - length) << 3));
  return value <= max ? <i32>value : -1;
}

function eightDigits(digits: u64): u32 {
  let value = ((digits & 0x0f0f_0f0f_0f0f_0f0f) * 2561) >>> 8;
  value = ((value & 0x00ff_00ff_00ff_00ff) * 6_553_601) >>> 16;
  return <u32>(((value & 0x0000_ffff_0000_ffff) * 42_949_672_960_001) >>> 32);
}
