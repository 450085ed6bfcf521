/** How peers are told apart. */
import { expect, test } from 'vitest';
import type { GroupRow } from '../../src/model/groups.ts';
import type { PeerCount } from '../../src/model/summary.ts';
import { groupFieldText, groupPeerTitles } from '../../src/report/group-fields.ts';
import { peersText } from '../../src/report/phrases.ts';
import { row } from './summaries.ts';

function peer(name: string | null, labels: readonly string[], identity = 300): PeerCount {
  return { identity, name, labels, allowed: 1, denied: 0 };
}

const TIE = [
  'k8s:app.kubernetes.io/name=tiefighter',
  'k8s:class=tiefighter',
  'k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=default',
  'k8s:io.cilium.k8s.policy.cluster=lab',
  'k8s:io.kubernetes.pod.namespace=default',
  'k8s:org=empire',
];

test.each([
  [peer('default/tiefighter', TIE), 'default/tiefighter (class=tiefighter, org=empire; 1 allowed)'],
  [peer('world', ['reserved:world']), 'world (1 allowed)'],
  [peer('cidr:10.0.0.0/8', ['cidr:10.0.0.0/8', 'reserved:world']), 'cidr:10.0.0.0/8 (1 allowed)'],
  [peer('shop/tier=night', ['k8s:tier=night']), 'shop/tier=night (1 allowed)'],
  [peer('a/b', ['k8s:a=1', 'k8s:b=2', 'k8s:c=3', 'k8s:d=4', 'k8s:e=5']), 'a/b (a=1, b=2, c=3, d=4, +1; 1 allowed)'],
  [peer('a/b', ['k8s:x=\u001b[2J', 'k8s:y=1']), 'a/b (x=\\x1b[2J, y=1; 1 allowed)'],
  [
    peer('shop/db (cluster backup)', ['k8s:app=db', 'k8s:tier=1']),
    'shop/db (cluster backup; app=db, tier=1; 1 allowed)',
  ],
  [peer(null, []), 'identity 300 (1 allowed)'],
  [{ ...peer(null, [], 16_777_217), node: 'n1' }, 'identity 16777217 on n1 (1 allowed)'],
])('%j with labels', (one, text) => {
  expect(peersText(row({ peers: [one] }), 3, '', true)).toBe(text);
});

test('in groups as well, and not where the same peer is in several of them', () => {
  const row = (labels: readonly string[]): GroupRow => ({
    ...{
      direction: 'ingress',
      peer: peer('shop/web', labels),
      other: false,
      shared: 0,
      ambiguous: 0,
      ratePerSecond: 0,
    },
    ...{ allowed: 1, redirected: 0, audited: 0, denied: 0, attempts: 0, firstSeen: null, lastSeen: null },
  });
  const [v1, v2] = [row(['k8s:app=web', 'k8s:version=v1']), row(['k8s:app=web', 'k8s:version=v2'])];
  const told = (rows: readonly GroupRow[]) =>
    rows.map((each) => groupFieldText('peer', each, groupPeerTitles(rows, false)));
  expect(told([v1, v2])).toEqual(['shop/web (app=web, version=v1)', 'shop/web (app=web, version=v2)']);
  expect(told([v1, v1])).toEqual(['shop/web', 'shop/web']);
});

test('labels are told where a name alone means several', () => {
  const peers = [
    peer('shop/web', ['k8s:app=web', 'k8s:version=v1'], 300),
    peer('shop/web', ['k8s:app=web', 'k8s:version=v2'], 301),
    peer('shop/cart', ['k8s:app=cart', 'k8s:version=v1'], 302),
  ];
  expect(peersText(row({ peers }), 3, '')).toBe(
    'shop/web (app=web, version=v1; 1 allowed), shop/web (app=web, version=v2; 1 allowed), shop/cart (1 allowed)',
  );
});

test.each([
  [{ allowed: 0, audited: 6 }, 'world (6 audited)'],
  [{ allowed: 0, redirected: 6 }, 'world (6 redirected)'],
  [{ allowed: 4, audited: 2 }, 'world (6 let through)'],
])('what let peers through is called what the row counts it as: %j', (counts, text) => {
  const peers = [{ identity: 2, name: 'world', labels: [], allowed: 6, denied: 0 }];
  expect(peersText(row({ ...counts, peers }), 3, '')).toBe(text);
});
