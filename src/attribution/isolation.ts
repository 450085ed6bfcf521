/** Owns what policies mean for one endpoint: which select it, have rules for a direction, and isolate it there. */
import type { Direction } from '../model/event.ts';
import type { PolicyRef } from '../model/policy.ts';

export interface EndpointPolicies {
  /** Every policy that selects the endpoint. */
  readonly selecting: readonly PolicyRef[];
  /** Those with a section for the direction. */
  readonly ruling: Readonly<Record<Direction, readonly PolicyRef[]>>;
  /** Those that switch on default deny in the direction. */
  readonly isolating: Readonly<Record<Direction, readonly PolicyRef[]>>;
}
