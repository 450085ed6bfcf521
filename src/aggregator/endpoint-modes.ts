/** Owns at which endpoints audit mode is on, as the agents told at last. */
import type { AuditEndpoints, EndpointMode } from '../model/audit.ts';
import { DIRECTIONS } from '../model/packet.ts';
import type { StreamView } from './stream-counter.ts';

export function auditEndpoints(views: readonly StreamView[]): AuditEndpoints {
  const told = views.flatMap(({ agent, targets, modes }) => {
    const wanted = [...modes.values()].filter(
      ({ endpoint }) => targets === 'all' || targets.some((target) => target.endpoint === endpoint),
    );
    return wanted.map((mode) => ({ node: agent?.node ?? '', mode }));
  });
  const unknown = views.flatMap(({ targets, modes }) =>
    targets === 'all' ? [] : targets.filter(({ endpoint }) => endpoint === null || !modes.has(endpoint)),
  );
  const isolated = told.filter(({ mode }) => directionsOf(mode).length > 0);
  const audited = isolated.filter(({ mode }) => mode.audits);
  return Object.freeze({
    audited: Object.freeze(
      audited
        .map(({ node, mode }) =>
          Object.freeze({
            ...{ namespace: mode.namespace, pod: mode.pod, node, endpoint: mode.endpoint },
            directions: Object.freeze(directionsOf(mode)),
          }),
        )
        .sort((a, b) => (a.node === b.node ? a.endpoint - b.endpoint : a.node < b.node ? -1 : 1)),
    ),
    enforced: isolated.length - audited.length,
    open: told.length - isolated.length,
    unknown: unknown.length,
  });
}

function directionsOf({ enforced }: EndpointMode) {
  return DIRECTIONS.filter((direction) => enforced[direction]);
}
