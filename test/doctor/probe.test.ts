/** One look into an agent's container: what it prints, read; the script itself, run. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEndpointFacts } from '../../src/doctor/endpoints.ts';
import { PROBE_COMMAND, probeWithoutShell, readProbe } from '../../src/doctor/probe.ts';
import { findLeftovers, readProcesses } from '../../src/doctor/processes.ts';

function captured(name: string): string {
  return readFileSync(new URL(`../../fixtures/captures/static/${name}`, import.meta.url), 'utf8');
}

const HELP = `Display BPF program events

Usage:
  cilium-dbg monitor [flags]

Flags:
  -t, --type []string         Filter by event types [agent capture debug drop l7 policy-verdict trace trace-sock]
  -v, --verbose bools[=false]  Enable verbose output (-v, -vv)
`;

/** What may be changed while it runs has the last word. */
const CONFIG = `#### Read-only configurations ####
PolicyAuditMode                   : false
##### Read-write configurations #####
PolicyAuditMode                   : Disabled
MonitorNumPages                   : 64
PolicyEnforcement                 : default
`;

const printed = (sections: Readonly<Record<string, string>>) =>
  Object.entries(sections)
    .map(([name, text]) => `==policystat:${name}\n${text}\n`)
    .join('');

/** As the kernel writes them (man 5 proc). */
const stat = (pid: number, name: string, state: string, parent: number, startTicks = 1_000) =>
  `${pid} (${name}) ${state} ${parent} ${pid} ${pid} 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 8 0 ${startTicks} 1000 200`;
const commandLine = (...words: string[]) => words.map((word) => `${word}\0`).join('');

describe('what an agent answers', () => {
  it('is read: a real one', () => {
    const probe = readProbe(
      printed({
        clock: '1700000000\n5000.25',
        program: 'cilium-dbg',
        version: captured('node1--cilium-dbg_version_-o_json.json'),
        types: HELP,
        status: captured('node1--cilium-dbg_status_-o_json.json'),
        config: CONFIG,
        processes: '',
        [`process ${stat(77, 'cilium-dbg', 'S', 1, 400_000)}`]: commandLine('cilium-dbg', 'monitor', '-t', 'drop'),
      }),
    );
    expect(probe).toEqual({
      program: 'cilium-dbg',
      version: '1.19.0-dev',
      dialect: 'cilium',
      eventTypes: ['agent', 'capture', 'debug', 'drop', 'l7', 'policy-verdict', 'trace', 'trace-sock'],
      hubble: { state: 'Ok', bufferFlows: 4095 },
      running: { PolicyAuditMode: 'Disabled', MonitorNumPages: '64', PolicyEnforcement: 'default' },
      clockMs: 1_700_005_000_250,
      processes: [
        {
          pid: 77,
          parent: 1,
          state: 'S',
          name: 'cilium-dbg',
          words: ['cilium-dbg', 'monitor', '-t', 'drop'],
          ageSeconds: 1000,
        },
      ],
    });
  });

  it('is read as text where the program has no JSON', () => {
    const version = captured('node1--cilium-dbg_version.txt');
    const probe = probeWithoutShell({ version, help: 'Usage:', status: '', config: '' });
    expect(probe).toMatchObject({
      version: '1.19.0-dev',
      eventTypes: null,
      hubble: null,
      running: null,
      processes: null,
    });
  });

  it.each([
    ['{}', { state: 'Disabled', bufferFlows: null }],
    ['{"hubble":{"state":"Disabled"}}', { state: 'Disabled', bufferFlows: null }],
    ['{"hubble":{"state":"Failure","msg":"x"}}', { state: 'Failure', bufferFlows: null }],
    ['{"hubble":"on"}', null],
    ['no agent', null],
  ])('tells of Hubble: %s', (status, hubble) => {
    expect(probeWithoutShell({ version: '', help: '', status, config: '' }).hubble).toEqual(hubble);
  });

  it('may be anything at all', () => {
    const pieces = fc.constantFrom(
      '==policystat:',
      'process ',
      'clock\n',
      '1 (a',
      ') Z 1 ',
      '\0',
      '\n',
      'status\n{',
      '9'.repeat(400),
    );
    const text = fc.array(fc.oneof(pieces, fc.string())).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (hostile) => {
        const { processes } = readProbe(hostile);
        findLeftovers(processes ?? []);
        readEndpointFacts(hostile);
      }),
    );
  });
});

describe('monitors in a container', () => {
  const life = ['sh', '-c', 'exec 3<&0 …', 'policystat', '-t', 'policy-verdict'];
  it.each([
    ['none', [[stat(1, 'cilium-agent', 'S', 0), commandLine('cilium-agent', '--config-dir=/tmp')]], [0, 0, 0]],
    [
      'one that its life-line holds',
      [
        [stat(20, 'sh', 'S', 0), commandLine(...life)],
        [stat(21, 'cilium-dbg', 'S', 20), commandLine('cilium-dbg', 'monitor', '-t', 'policy-verdict')],
        [stat(22, 'sh', 'S', 20), commandLine(...life)],
      ],
      [1, 0, 0],
    ],
    [
      'one whose life-line was killed',
      [[stat(21, 'cilium-dbg', 'S', 1), commandLine('cilium-dbg', 'monitor', '-t', 'policy-verdict')]],
      [0, 1, 0],
    ],
    ['of an older image', [[stat(21, 'cilium', 'S', 0), commandLine('/usr/bin/cilium', 'monitor')]], [0, 1, 0]],
    ['of Hubble', [[stat(21, 'hubble', 'S', 0), commandLine('hubble', 'observe', '-f')]], [0, 1, 0]],
    ['a zombie', [[stat(21, 'cilium-dbg', 'Z', 1), '']], [0, 0, 1]],
    ['a name that looks like the end of one', [[stat(21, 'a) Z 1 (cilium', 'S', 1), commandLine('x')]], [0, 0, 0]],
    [
      'a shell that is about to start one',
      [[stat(21, 'sh', 'S', 0), commandLine('sh', '-c', 'cilium monitor')]],
      [0, 0, 0],
    ],
    ['other questions', [[stat(21, 'cilium', 'S', 0), commandLine('cilium', 'endpoint', 'list')]], [0, 0, 0]],
    ['nonsense', [['what', 'ever']], [0, 0, 0]],
  ] as const)('%s', (_name, found, [policystat, others, zombies]) => {
    const leftovers = findLeftovers(readProcesses(found, 100));
    expect([leftovers.policystat.length, leftovers.others.length, leftovers.zombies.length]).toEqual([
      policystat,
      others,
      zombies,
    ]);
  });

  it('are called what they were started as, and how old they are', () => {
    const found = readProcesses(
      [[stat(7, 'cilium-dbg', 'S', 1, 4_000), commandLine('/usr/bin/cilium-dbg', 'monitor', '-v')]],
      100,
    );
    expect(findLeftovers(found).others).toEqual([{ pid: 7, command: 'cilium-dbg monitor -v', ageSeconds: 60 }]);
  });
});

describe('endpoints', () => {
  it('are read with the options that are in force: real ones', () => {
    const facts = readEndpointFacts(captured('node1--cilium-dbg_endpoint_list_-o_json.json')) ?? [];
    const deathstar = facts.find(({ endpoint }) => endpoint === 733);
    expect(deathstar).toMatchObject({
      pod: 'default/deathstar-77dd4fb786-pjs8v',
      options: { PolicyAuditMode: 'Disabled', PolicyVerdictNotification: 'Enabled' },
      enforced: 'ingress',
    });
    expect(facts.length).toBeGreaterThan(3);
  });

  it.each(['', 'null', '{}', '"x"', 'Error: x'])('%s is no list of them', (text) => {
    expect(readEndpointFacts(text)).toBeNull();
  });
});

describe.runIf(process.platform === 'linux')('the script', () => {
  it('ends with 0 and tells the time on a system without Cilium', () => {
    const [shell = '', ...args] = PROBE_COMMAND;
    const probe = readProbe(execFileSync(shell, args, { encoding: 'utf8' }));
    expect(probe).toMatchObject({ program: 'cilium', version: null, eventTypes: null, hubble: null });
    expect(Math.abs((probe.clockMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});
