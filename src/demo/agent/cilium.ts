/** The agent's own program: `monitor`, and what it tells about its state. */
import type { Datapath } from '../datapath/connection.ts';
import type { Endpoint } from '../datapath/endpoint.ts';
import type { World } from '../datapath/world.ts';
import { configText } from './config-text.ts';
import { endpointsJson, policyEnabled } from './endpoint-json.ts';
import type { HubbleBuffer } from './hubble-buffer.ts';
import type { Invocation, Program } from './invocation.ts';
import type { MonitorHub } from './monitor.ts';
import { goJson } from './monitor-json.ts';
import { policyJson, policyMapJson, selectorsJson } from './policy-json.ts';
import type { Regenerations } from './regenerations.ts';

export interface AgentSurroundings {
  readonly node: string;
  readonly world: World;
  readonly hub: MonitorHub;
  readonly datapath: Datapath;
  /** Absent where it has none. */
  readonly hubble?: HubbleBuffer | undefined;
  readonly regenerations: Regenerations;
}

interface Asked {
  readonly words: readonly string[];
  readonly json: boolean;
  /** What the columns or the output have been asked to be, where it isn't JSON. */
  readonly output: string | null;
}

/** The little that the other commands' flags mean. */
function parse(argv: readonly string[]): Asked {
  const words: string[] = [];
  let output: string | null = null;
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-o' || word === '--output') output = rest.shift() ?? '';
    else if (word.startsWith('--output=')) output = word.slice('--output='.length);
    else if (word.startsWith('-o')) output = word.slice(2).replace(/^=/, '');
    else if (!word.startsWith('-')) words.push(word);
  }
  return { words, json: output === 'json', output };
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${row.map((cell, column) => cell.padEnd((widths[column] ?? 0) + 3)).join('')}\n`).join('');
}

function endpointTable(endpoints: readonly Endpoint[], world: World): string {
  const rows = endpoints.flatMap((endpoint) => {
    const { enforced } = world.policyOf(endpoint);
    const on = world.auditMode(endpoint) ? 'Disabled (Audit)' : 'Enabled';
    const isOn = (isEnforced: boolean) => (isEnforced ? on : 'Disabled');
    const [label = '', ...more] = endpoint.labels;
    const first = [String(endpoint.id), isOn(enforced.ingress), isOn(enforced.egress), String(endpoint.identity)];
    return [[...first, label, '', endpoint.ip ?? '', 'ready'], ...more.map((one) => ['', '', '', '', one, '', '', ''])];
  });
  const head = [
    'ENDPOINT',
    'POLICY (ingress)',
    'POLICY (egress)',
    'IDENTITY',
    'LABELS (source:key[=value])',
    'IPv6',
    'IPv4',
    'STATUS',
  ];
  return columns([head, ['', 'ENFORCEMENT', 'ENFORCEMENT', '', '', '', '', ''], ...rows]);
}

export function createCilium({ node, world, hub, datapath, hubble, regenerations }: AgentSurroundings): Program {
  const { version } = world;
  const lastRegenerated = ({ id }: Endpoint) => regenerations.last(node, id);
  const own = () =>
    world
      .endpoints()
      .filter((endpoint) => endpoint.node === node)
      .sort((a, b) => a.id - b.id);
  const find = (id: string | undefined) =>
    own().find(
      (endpoint) => String(endpoint.id) === id || id === `pod-name:${endpoint.namespace ?? ''}:${endpoint.pod ?? ''}`,
    );

  function fail(run: Invocation, message: string): number {
    run.err(`Error: ${message}\n`);
    return 1;
  }

  function endpointCommand(run: Invocation, { words, json }: Asked): number {
    const [, action, id] = words;
    if (action === 'list') {
      run.out(json ? endpointsJson(own(), world, lastRegenerated) : endpointTable(own(), world));
      return 0;
    }
    if (action === 'config') return configCommand(run, words);
    if (action !== 'get') return fail(run, `unknown command "${action ?? ''}" for "${version.program} endpoint"`);
    const endpoint = find(id);
    if (endpoint === undefined) {
      run.err(`Cannot get endpoint ${id ?? ''}: [GET /endpoint/{id}][404] getEndpointIdNotFound \n`);
      return 1;
    }
    run.out(endpointsJson([endpoint], world, lastRegenerated));
    return 0;
  }

  /** `endpoint config ID PolicyAuditMode=Enabled` (cilium-dbg/cmd/endpoint_config.go). */
  function configCommand(run: Invocation, [, , id, option = '']: readonly string[]): number {
    const endpoint = find(id);
    if (endpoint === undefined) return fail(run, `Cannot find endpoint ${id ?? ''}`);
    const set = /^PolicyAuditMode=(?:(enabled?|true)|disabled?|false)$/iu.exec(option);
    if (set === null) return fail(run, `Cannot parse option ${option}`);
    world.setAuditMode(endpoint, set[1] !== undefined);
    run.out(`Endpoint ${id ?? ''} configuration updated successfully\n`);
    return 0;
  }

  function identityCommand(run: Invocation, { words, json }: Asked): number {
    const [, action, id] = words;
    const rows = world.identities().map(({ identity, labels }) => ({ id: identity, labels }));
    if (action === 'get') {
      const found = rows.filter((row) => String(row.id) === id);
      if (found.length === 0) {
        run.err(`Cannot get identity for given ID ${id ?? ''}: [GET /identity/{id}][404] getIdentityIdNotFound \n`);
        return 1;
      }
      run.out(`${goJson(found, 2)}\n\n`);
      return 0;
    }
    const lines = rows.flatMap(({ id: number, labels }) =>
      labels.map((label, at) => [at === 0 ? String(number) : '', label]),
    );
    run.out(json ? `${goJson(rows, 2)}\n\n` : columns([['ID', 'LABELS'], ...lines]));
    return 0;
  }

  function policyCommand(run: Invocation, { words }: Asked): number {
    if (words[1] === 'selectors') run.out(selectorsJson(world));
    else if (words[1] === 'get') run.out(policyJson(world));
    else return fail(run, `unknown command "${words[1] ?? ''}" for "${version.program} policy"`);
    return 0;
  }

  function policyMapCommand(run: Invocation, { words }: Asked): number {
    const endpoint = find(words[3]);
    if (run.argv.includes('--all')) {
      const maps = own().map(
        (each) =>
          `{"EndpointID":"${each.id}","Path":"/sys/fs/bpf/tc/globals/cilium_policy_${each.id}","Content":${policyMapJson(each, world, datapath.packetsOf)}}`,
      );
      run.out(`[${maps.join(',')}]\n`);
      return 0;
    }
    if (words[1] !== 'policy' || words[2] !== 'get') return fail(run, `unknown command for "${version.program} bpf"`);
    if (endpoint === undefined)
      return fail(run, `Failed to open map: cilium_policy_${words[3] ?? ''}: no such file or directory`);
    run.out(policyMapJson(endpoint, world, datapath.packetsOf));
    return 0;
  }

  function versionCommand(run: Invocation, { json }: Asked): number {
    const facts = {
      Version: version.text,
      Revision: 'de0de0de',
      GoRuntimeVersion: 'go1.24.0',
      Arch: 'linux/amd64',
      AuthorDate: '2025-10-30T18:12:28+00:00',
    };
    const line = `${facts.Version} ${facts.Revision} ${facts.AuthorDate} go version ${facts.GoRuntimeVersion} ${facts.Arch}`;
    run.out(json ? `${goJson({ Client: facts, Daemon: facts }, 2)}\n\n` : `Client: ${line}\nDaemon: ${line}\n`);
    return 0;
  }

  function statusCommand(run: Invocation, { json }: Asked): number {
    const text = `Ok   ${version.text} (v${version.text}-de0de0de)`;
    if (json) {
      const state = {
        cilium: { msg: text, state: 'Ok' },
        hubble: hubble?.isOn === true ? { state: 'Ok', observer: hubble.observer() } : { state: 'Disabled' },
        kubernetes: { state: 'Ok' },
        'identity-range': { 'min-identity': 256, 'max-identity': 65_535 },
      };
      run.out(`${goJson(state, 2)}\n\n`);
    } else {
      const enforced = own().filter((endpoint) => policyEnabled(world.policyOf(endpoint), false) !== 'none').length;
      run.out(
        `Kubernetes:              Ok         1.36 (v1.36.2) [linux/amd64]\nCilium:                  ${text}\nNodeMonitor:             Listening for events on 2 CPUs with 64x4096 of shared memory\nController Status:       ${own().length * 6}/${own().length * 6} healthy\nPolicy:                  ${enforced} of ${own().length} endpoints enforced\nHubble:                  ${hubble?.isOn === true ? 'Ok' : 'Disabled'}\n`,
      );
    }
    return 0;
  }

  function showConfig(run: Invocation): number {
    run.out(configText(world.config(), run.argv.includes('--all') || run.argv.includes('-a')));
    return 0;
  }

  return async (run) => {
    if (run.argv[0] === 'monitor') return hub.monitor(run, run.argv.slice(1));
    const asked = parse(run.argv);
    switch (asked.words[0]) {
      case 'endpoint':
        return endpointCommand(run, asked);
      case 'identity':
        return identityCommand(run, asked);
      case 'policy':
        return policyCommand(run, asked);
      case 'bpf':
        return policyMapCommand(run, asked);
      case 'version':
        return versionCommand(run, asked);
      case 'status':
        return statusCommand(run, asked);
      case 'config':
        return showConfig(run);
      default:
        return fail(run, `unknown command "${asked.words[0] ?? ''}" for "${version.program}"`);
    }
  };
}
