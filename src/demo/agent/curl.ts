/** As much of curl as the demo's guide needs; the bytes go through the demo's datapath. */
import type { Datapath } from '../datapath/connection.ts';
import type { Random } from '../datapath/random.ts';
import type { World } from '../datapath/world.ts';
import type { ObjectStore } from '../ports.ts';
import { addressOfPod, resolveAddress } from './address.ts';
import type { Program } from './invocation.ts';

interface CurlFlags {
  url: string | null;
  method: string;
  timeoutMs: number;
  silent: boolean;
  showErrors: boolean;
  output: string | null;
  writeOut: string;
  failFast: boolean;
}

/** curl's exit codes. */
const EXIT = { usage: 2, resolve: 6, refused: 7, http: 22, timeout: 28 };
/** How long Linux tries to connect where nobody says otherwise. */
const NO_TIMEOUT_MS = 127_000;
const LONG: Readonly<Record<string, string>> = {
  'max-time': 'm',
  'connect-timeout': 'm',
  request: 'X',
  output: 'o',
  'write-out': 'w',
  data: 'd',
  header: 'H',
  silent: 's',
  'show-error': 'S',
  fail: 'f',
};
const VALUED = 'mXowdHA';

function parse(argv: readonly string[]): CurlFlags | { readonly unknown: string } {
  const flags: CurlFlags = {
    url: null,
    method: 'GET',
    timeoutMs: NO_TIMEOUT_MS,
    silent: false,
    showErrors: false,
    output: null,
    writeOut: '',
    failFast: false,
  };
  const set = (letter: string, value: string) => {
    if (letter === 'm') flags.timeoutMs = Math.min(flags.timeoutMs, Number(value) * 1000);
    else if (letter === 'X') flags.method = value.toUpperCase();
    else if (letter === 'o') flags.output = value;
    else if (letter === 'w') flags.writeOut = value;
    else if (letter === 'd') flags.method = 'POST';
    else if (letter === 's') flags.silent = true;
    else if (letter === 'S') flags.showErrors = true;
    else if (letter === 'f') flags.failFast = true;
    else if (letter === 'I') flags.method = 'HEAD';
  };
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word.startsWith('--')) {
      const letter = LONG[word.slice(2)];
      if (letter === undefined) return { unknown: word };
      set(letter, VALUED.includes(letter) ? (rest.shift() ?? '') : '');
    } else if (word.startsWith('-') && word.length > 1) {
      for (let at = 1; at < word.length; at += 1) {
        const letter = word.charAt(at);
        if (!VALUED.includes(letter)) {
          if (!'sSfIvkLig4'.includes(letter)) return { unknown: `-${letter}` };
          set(letter, '');
          continue;
        }
        set(letter, word.slice(at + 1) || (rest.shift() ?? ''));
        break;
      }
    } else flags.url = word;
  }
  return flags;
}

export function createCurl(surroundings: {
  readonly world: World;
  readonly store: ObjectStore;
  readonly datapath: Datapath;
  readonly random: Random;
}): Program {
  const { world, store, datapath, random } = surroundings;
  return async (run) => {
    const flags = parse(run.argv);
    if ('unknown' in flags) {
      run.err(`curl: option ${flags.unknown}: is unknown\ncurl: try 'curl --help' for more information\n`);
      return EXIT.usage;
    }
    const fail = (code: number, text: string) => {
      if (!flags.silent || flags.showErrors) run.err(`curl: (${code}) ${text}\n`);
      run.out(flags.writeOut.replaceAll('%{http_code}', '000').replaceAll(String.raw`\n`, '\n'));
      return code;
    };
    if (flags.url === null) {
      run.err("curl: (2) no URL specified\ncurl: try 'curl --help' for more information\n");
      return EXIT.usage;
    }
    const url = new URL(/^[a-z]+:\/\//.test(flags.url) ? flags.url : `http://${flags.url}`);
    const host = url.hostname;
    const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
    const fromIp = addressOfPod(`${run.namespace}/${run.pod}`, store) ?? '';
    const route = resolveAddress(host, run.namespace, store, random);
    if (route === null) return fail(EXIT.resolve, `Could not resolve host: ${host}`);
    const result = await datapath.connect(
      {
        from: world.endpointAt(fromIp) ?? fromIp,
        ...route,
        port,
        protocol: 'TCP',
        timeoutMs: flags.timeoutMs,
        method: flags.method,
        host,
        path: `${url.pathname}${url.search}`,
      },
      run.gone,
    );
    if (result.result === 'timeout') {
      return fail(EXIT.timeout, `Connection timed out after ${flags.timeoutMs} milliseconds`);
    }
    if (result.result === 'refused') {
      return fail(EXIT.refused, `Failed to connect to ${host} port ${port} after 0 ms: Could not connect to server`);
    }
    if (flags.failFast && result.status >= 400) {
      return fail(EXIT.http, `The requested URL returned error: ${result.status}`);
    }
    if (flags.output === null) run.out(result.body);
    run.out(flags.writeOut.replaceAll('%{http_code}', String(result.status)).replaceAll(String.raw`\n`, '\n'));
    return 0;
  };
}
