/** The orders that rows can have, and the form of templates on the command line. */

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

/** A template in kubectl's syntax. */
export type Jsonpath = `jsonpath=${string}`;

export type SortField = (typeof SORT_FIELDS)[number];
