/** The orders that rows can have. */

export const SORT_FIELDS = [
  'denied',
  'attempts',
  'allowed',
  'redirected',
  'audited',
  'rate',
  'name',
  'first-seen',
  'last-seen',
] as const;

export type SortField = (typeof SORT_FIELDS)[number];
