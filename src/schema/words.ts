/** Owns the words that every published form shares: policies, counts, times, where records came from and how complete they are. */
import * as v from 'valibot';

export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const amount = v.pipe(v.number(), v.minValue(0));
/** RFC 3339, UTC. */
export const time = v.pipe(v.string(), v.isoTimestamp());
export const text = v.string();
export const texts = v.array(v.string());

export const direction = v.picklist(['ingress', 'egress']);
export const action = v.picklist(['allow', 'deny', 'redirect', 'audit']);
export const match = v.picklist(['none', 'L3-Only', 'L3-L4', 'L4-Only', 'all', 'L3-Proto', 'Proto-Only', 'unknown']);
export const dialect = v.picklist(['accuknox', 'cilium']);
export const grade = v.picklist(['datapath', 'correlated', 'derived', 'default-deny', 'unattributed']);
export const unattributedReason = v.picklist([
  'name-not-printed',
  'name-not-found',
  'name-empty',
  'no-policy-applies',
  'no-state',
  'not-in-realized-policy',
  'policy-changed',
]);

export const policyRef = v.object({
  kind: v.nullable(
    v.picklist([
      'CiliumNetworkPolicy',
      'CiliumClusterwideNetworkPolicy',
      'NetworkPolicy',
      'ClusterNetworkPolicy',
      'AdminNetworkPolicy',
      'BaselineAdminNetworkPolicy',
    ]),
  ),
  namespace: v.nullable(text),
  name: text,
});

export const counts = { allowed: count, redirected: count, audited: count, denied: count, attempts: count };

export const apiVersion = v.literal('policystat/v1');
export const window = v.object({ start: time, end: time, seconds: amount });

export const source = v.object({
  kind: v.picklist(['monitor', 'hubble', 'mixed', 'file']),
  agents: v.array(
    v.object({
      node: text,
      namespace: text,
      pod: text,
      version: v.nullable(text),
      dialect: v.nullable(dialect),
      state: v.picklist(['connecting', 'streaming', 'reconnecting', 'ended', 'failed']),
      source: v.exactOptional(v.picklist(['monitor', 'hubble'])),
      sourceReason: v.exactOptional(
        v.picklist([
          'asked-for',
          'hubble-names-policies',
          'hubble-off',
          'hubble-names-nobody',
          'types-not-in-hubble',
          'agent-did-not-tell',
        ]),
      ),
      counters: v.exactOptional(v.picklist(['read', 'unread', 'off'])),
      buffer: v.exactOptional(
        v.object({ from: v.nullable(time), flows: v.nullable(count), capacity: v.nullable(count) }),
      ),
    }),
  ),
  files: texts,
  types: v.nullable(texts),
  filters: texts,
});

export const targets = v.array(
  v.object({ namespace: text, pod: text, node: text, endpoint: v.nullable(count), identity: v.nullable(count) }),
);

export const completeness = v.object({
  status: v.picklist(['full', 'partial', 'unknown']),
  lost: count,
  gaps: v.array(v.object({ node: text, from: time, to: v.nullable(time), seconds: amount, reason: text })),
  missingNodes: texts,
  reasons: v.array(
    v.picklist([
      'lost-events',
      'gap',
      'missing-node',
      'not-streaming',
      'unparsed-lines',
      'too-many-flows',
      'offline-input',
      'truncated-input',
      'interrupted-input',
      'unnamed-peers',
      'untimed-records',
    ]),
  ),
});

/** A reason that nothing was ignored for is absent. */
const some = v.exactOptional(count);
const ignored = v.object({
  banner: some,
  log: some,
  blank: some,
  drop: some,
  trace: some,
  l7: some,
  capture: some,
  debug: some,
  recorder: some,
  'trace-sock': some,
  'unknown-event': some,
  agent: some,
  lost: some,
  detail: some,
  'other-endpoint': some,
  'other-record': some,
  filter: some,
  'outside-window': some,
  'no-time': some,
  'unnamed-peer': some,
});
export const unparsedReason = v.picklist([
  'unknown-line',
  'truncated',
  'bad-field',
  'not-utf8',
  'too-long',
  'other-dialect',
  'hubble-text',
]);
const unparsedReasons = v.object({
  'unknown-line': some,
  truncated: some,
  'bad-field': some,
  'not-utf8': some,
  'too-long': some,
  'other-dialect': some,
  'hubble-text': some,
});

/** received = counted + ignored + unparsed. */
export const records = v.object({
  received: count,
  counted: count,
  ignored,
  unparsed: count,
  unparsedReasons,
  unparsedSamples: texts,
});
