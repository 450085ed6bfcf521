/** Ages and durations in the short form of kubectl's AGE column (apimachinery util/duration, 1.36). */

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}

export function humanDuration(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return pair(days, 'd', hours % 24, 'h');
  const years = Math.floor(days / 365);
  if (years < 2) return `${days}d`;
  return years < 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

/** The time since a timestamp of an object. */
export function ageOf(timestamp: string, nowMs: number): string {
  const thenMs = Date.parse(timestamp);
  return Number.isNaN(thenMs) ? '<unknown>' : humanDuration(nowMs - thenMs);
}
