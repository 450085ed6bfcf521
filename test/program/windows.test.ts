/** Which part of what happens a summary speaks of, as a pipe sees it. */
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { accountedFor, clusterOfTest, listening, parseSummary, quietCluster } from './cluster.ts';
import { type Running, run } from './run.ts';

const Grouped = v.object({
  groups: v.object({
    by: v.array(v.string()),
    rows: v.array(v.looseObject({ node: v.string(), pod: v.looseObject({ name: v.string() }) })),
  }),
});

const DEATHSTARS = ['deathstar-77dd4fb786-8c4bw', 'deathstar-77dd4fb786-pjs8v'];

const boot = clusterOfTest();

const FILTERS: readonly (readonly [
  args: readonly string[],
  counts: { readonly allowed: number; readonly denied: number },
])[] = [
  [['--direction', 'ingress'], { allowed: 1, denied: 3 }],
  [['--direction', 'egress'], { allowed: 0, denied: 0 }],
  [['--action', 'deny'], { allowed: 0, denied: 3 }],
  [['--policy', 'default/rule1'], { allowed: 1, denied: 0 }],
  [['--policy', 'implicit-default-deny'], { allowed: 0, denied: 3 }],
  [['--peer', 'default/xwing'], { allowed: 0, denied: 3 }],
  [['--action', 'allow', '--peer', 'class=tiefighter,class=xwing'], { allowed: 1, denied: 0 }],
  [['--port', '80', '--protocol', 'tcp'], { allowed: 1, denied: 3 }],
  [['--port', '443'], { allowed: 0, denied: 0 }],
];
const FILTERED_TABLE = ['--action', 'deny', '--peer', 'class=xwing'];
const GROUPED = ['--group-by', 'peer,port,action,pod,node', '-o', 'json'];
const TOP_GROUP = ['--group-by', 'peer', '--sort-by', 'allowed', '--top', '1', '-o', 'csv'];

/** What each of these summaries prints of one and the same landing of tiefighter and refusal of xwing. */
const printed = new Map<string, string>();
const textOf = (args: readonly string[]) => printed.get(args.join(' ')) ?? '';
const asJson = (args: readonly string[]) => [...args, '-o', 'json'];

beforeAll(async () => {
  const demo = await quietCluster({ version: '1.19' });
  try {
    const all = [...FILTERS.map(([args]) => asJson(args)), FILTERED_TABLE, GROUPED, TOP_GROUP];
    const states = () => demo.agentCalls().filter(({ argv }) => argv[0] === 'endpoint' && argv[1] === 'get');
    const running: Running[] = [];
    // One after the other: a verdict is not held for as long as all of them together would take to read the state.
    for (const args of all) {
      running.push(await listening(demo, ['summary', '--pod', 'deathstar', '--duration', '5m', ...args]));
      await eventually('it has asked for the state of both agents', () => states().length >= 2 * running.length);
    }
    expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
    expect(await demo.connect('xwing', 'deathstar')).toBe('timeout');
    for (const { process } of running) process.kill('SIGINT');
    for (const [index, { outcome }] of running.entries()) {
      const { code, stdout, stderr } = await outcome;
      expect(code, stderr).toBe(0);
      printed.set(all[index]?.join(' ') ?? '', stdout);
    }
  } finally {
    await demo.stop();
  }
});

/** With audit mode on at both deathstars. */
async function audited(args: readonly string[]): Promise<string> {
  const demo = await boot({ version: '1.19' });
  for (const pod of DEATHSTARS) demo.auditMode(pod, true);
  const running = await listening(demo, ['summary', '--pod', 'deathstar', '--duration', '4s', ...args]);
  expect(await demo.connect('tiefighter', 'deathstar')).toBe('landed');
  expect(await demo.connect('xwing', 'deathstar')).toBe('landed');
  const { code, stdout } = await running.outcome;
  expect(code).toBe(0);
  return stdout;
}

describe('filters', () => {
  it.each(FILTERS)('%j', (args, counts) => {
    const text = textOf(asJson(args));
    const summary = parseSummary(text);
    expect(summary.totals.ingress).toMatchObject(counts);
    expect(accountedFor(summary)).toBe(true);
    expect(summary.records.ignored.filter ?? 0).toBe(4 - counts.allowed - counts.denied);
    expect(JSON.parse(text)).toMatchObject({
      source: { filters: args.join(' ').match(/--\S+ \S+/g) },
    });
  });

  it('are told above a table', () => {
    const text = textOf(FILTERED_TABLE);
    expect(text.split('\n')[1]).toBe('only --action deny --peer class=xwing');
    expect(text).toContain('filter 1');
  });

  it('of a file are held against what the file tells', async () => {
    const line = (action: string) =>
      `Policy verdict log: flow 0x0 local EP ID 425, remote ID 12530, proto 6, ingress, action ${action}, match L3-L4, 10.0.1.5:42596 -> 10.0.1.9:80 tcp SYN\n`;
    const { code, stdout } = await run(['summary', '--input', '-', '--action', 'deny', '-o', 'json'], {
      stdin: line('allow') + line('deny'),
    });
    expect(code).toBe(0);
    expect(parseSummary(stdout).totals.ingress).toMatchObject({ allowed: 0, denied: 1 });
  });

  it.each([
    [['watch', '--pod', 'a', '--peer', 'tiefighter'], '--peer does not take "tiefighter"'],
    [['summary', '--pod', 'a', '--reason', 'Policy denied'], 'add -t drop'],
    [['summary', '--pod', 'a', '--traffic', '--port', '80'], 'leave out either it or the filters and groups'],
    [['summary', '--input', '-', '--port', 'http'], '--port does not take "http"'],
  ])('%j mean nothing', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('groups', () => {
  it('are counted by what was asked for, the most denied first', () => {
    const { groups } = v.parse(Grouped, JSON.parse(textOf(GROUPED)));
    expect(groups.by).toEqual(['peer', 'port', 'action', 'pod', 'node']);
    const port = { protocol: 'TCP', port: 80 };
    expect(groups.rows).toMatchObject([
      { peer: { name: 'default/xwing' }, port, action: 'deny', direction: 'ingress', denied: 3, attempts: 1 },
      { peer: { name: 'default/tiefighter' }, port, action: 'allow', direction: 'ingress', allowed: 1 },
    ]);
    for (const { pod, node } of groups.rows) {
      expect(pod.name).toMatch(/^deathstar-/);
      expect(pod).toMatchObject({ namespace: 'default', node });
    }
  });

  it('are the rows of every output', () => {
    expect(textOf(TOP_GROUP).split('\r\n')).toEqual([
      expect.stringMatching(/^peer,identity,peerNode,direction,other,allowed/),
      expect.stringMatching(/^default\/tiefighter,\d+,,ingress,false,1,0,0,0,0,0,/),
      '',
    ]);
  });

  it.each([
    [['watch', '--pod', 'a', '--group-by', 'peer,prot'], 'policy, direction, peer, port, action, match, node, pod'],
    [['watch', '--pod', 'a', '--top', '0'], '1 or above'],
    [['summary', '--pod', 'a', '--sort-by', 'colour'], 'denied'],
    [['summary', '--pod', 'a', '--traffic', '--group-by', 'peer'], '--traffic'],
  ])('%j mean nothing', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('what is printed', () => {
  const lines = [
    'Policy verdict log: flow 0x0 local EP ID 425, remote ID 2371, proto 6, ingress, action deny, match none, 10.0.1.5:42596 -> 10.0.1.9:80 tcp SYN',
    'Policy verdict log: flow 0x0, PolicyName rule1, local EP ID 262, remote ID 3884, proto 6, ingress, action ALLOW auditMode:false, match all, -> tcp SYN',
  ];
  const stdin = `${lines.join('\n')}\n`;

  it.each([
    [['-o', 'jsonpath={.policies[*].policy.name}{"\\n"}'], 'implicit-default-deny rule1\n'],
    [['-o', 'jsonpath={range .policies[*]}{.policy.name} {.denied}{"\\n"}{end}'], 'implicit-default-deny 1\nrule1 0\n'],
    [['-o', 'csv', '--columns', 'denied,policy', '--no-headers'], '1,implicit-default-deny\r\n0,rule1\r\n'],
    [
      ['--columns', 'policy,denied', '--no-headers', '--sort-by', 'name'],
      'implicit-default-deny  1\nrule1                  0\n',
    ],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await run(['summary', '--input', '-', ...args], { stdin });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: text, stderr: '' });
  });

  it('is a part of a report on policies, too', async () => {
    const { stdout } = await run(['policies', '--input', '-', '-o', 'jsonpath={.policies[0].policy.name}'], { stdin });
    expect(stdout).toBe('rule1');
  });

  it.each([
    [['summary', '--pod', 'a', '-o', 'jsonpath={.policies'], 'wanted here: } at the end'],
    [['check', '--pod', 'a', '--expect', 'no denied', '-o', 'jsonpath={kind}'], 'wanted here: a path'],
    [['policies', '-A', '--columns', 'polcy'], 'There is no column "polcy": give some of policy, namespace'],
    [['watch', '--pod', 'a', '--columns', 'peer'], 'There is no column "peer"'],
    [['watch', '--pod', 'a', '--columns', 'policy', '-o', 'json'], '-o table, wide, csv, markdown'],
    [['summary', '--input', '-', '--columns', 'bytes'], 'There is no column "bytes"'],
    [['summary', '--pod', 'a', '-o', 'xml'], 'jsonpath=TEMPLATE'],
  ])('%j means nothing', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });
});

describe('audit mode', () => {
  it('is answered by policy, peer and port, with the endpoints where it is on', async () => {
    const text = await audited(['--audit', '-o', 'json']);
    expect(JSON.parse(text)).toMatchObject({
      totals: { ingress: { allowed: 1, audited: 1, denied: 0 } },
      audit: {
        endpoints: {
          audited: DEATHSTARS.map((pod) => ({ pod, namespace: 'default', directions: ['ingress'] })).reverse(),
          ...{ enforced: 0, open: 0, unknown: 0 },
        },
        wouldDeny: [
          {
            policy: { name: 'implicit-default-deny' },
            isolatedBy: [{ kind: 'CiliumNetworkPolicy', namespace: 'default', name: 'rule1' }],
            direction: 'ingress',
            connections: 1,
            peers: [{ name: 'default/xwing', port: { protocol: 'TCP', port: 80 }, connections: 1 }],
          },
        ],
      },
    });
  });

  it('has a table of its own', async () => {
    const lines = (await audited(['--audit'])).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^audit mode is on at 2 endpoints: default\/deathstar-/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^implicit-default-deny ← default\/rule1 \(CNP\) +ingress +default\/xwing +80\/TCP +1 /),
    );
  });

  it('that was switched while it ran is told as it is in the end', async () => {
    const demo = await boot({ version: '1.19' });
    const running = await listening(demo, [
      'summary',
      '--pod',
      'deathstar',
      '--audit',
      '-o',
      'json',
      '--duration',
      '1m',
    ]);
    const [first = ''] = DEATHSTARS;
    demo.auditMode(first, true);
    running.process.kill('SIGINT');
    const { stdout } = await running.outcome;
    expect(JSON.parse(stdout)).toMatchObject({
      audit: { endpoints: { audited: [{ pod: first }], enforced: 1, unknown: 0 }, wouldDeny: [] },
    });
  });

  it('leaves policies and traffic to themselves', async () => {
    const { code, stderr } = await run(['summary', '--pod', 'a', '--audit', '--group-by', 'peer']);
    expect(code).toBe(2);
    expect(stderr).toContain("'--audit' cannot be used with option '--group-by");
  });
});
