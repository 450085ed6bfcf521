/** An API server that holds the objects of the captures, programs to exec, and plain HTTPS requests to it. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import * as v from 'valibot';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { parse as parseYaml } from 'yaml';
import { type ApiServer, startApiServer } from '../../../src/demo/api/server.ts';
import { createObjectStore, type WatchableStore } from '../../../src/demo/api/store.ts';
import type { Resource } from '../../../src/model/kubernetes.ts';

const CAPTURES = join(import.meta.dirname, '../../../fixtures/captures');

/** When the captures of `api/` were made, so that ages come out the same. */
const CAPTURED_AT = new Date('2026-11-22T19:58:59Z');

export const PODS: Resource = { group: '', version: 'v1', plural: 'pods' };
export const ENDPOINTS: Resource = { group: 'cilium.io', version: 'v2', plural: 'ciliumendpoints' };

/** For comparisons where any text will do; `expect.any` itself has no type. */
export const ANY_TEXT: unknown = expect.any(String);

export function parseJson(text: string): unknown {
  return JSON.parse(text);
}

export function capturedText(path: string): string {
  return readFileSync(join(CAPTURES, path), 'utf8');
}

export function capturedJson(path: string): unknown {
  return parseJson(capturedText(path));
}

export function capturedLines(path: string): unknown[] {
  return capturedText(path)
    .split('\n')
    .filter((line) => line !== '')
    .map(parseJson);
}

const KubeObjectSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({
    name: v.string(),
    namespace: v.exactOptional(v.string()),
    labels: v.exactOptional(v.record(v.string(), v.string())),
  }),
});

/** Checked, not copied: a copy would have its keys in another order. */
export function toKubeObject(value: unknown): v.InferInput<typeof KubeObjectSchema> {
  v.assert(KubeObjectSchema, value);
  return value;
}

const List = v.object({ items: v.array(v.looseObject({})) });

function load(store: WatchableStore, path: string, resource: Resource, kind: string): void {
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  for (const item of v.parse(List, capturedJson(path)).items) {
    store.put(resource, toKubeObject({ kind, apiVersion, ...item }));
  }
}

/** The cluster of `static/`, with the pods of `api/` where those were captured whole. */
function loadCaptures(store: WatchableStore): void {
  const cilium = (plural: string) => ({ group: 'cilium.io', version: 'v2', plural });
  const apps = { group: 'apps', version: 'v1', plural: 'daemonsets' };
  load(store, 'static/kubectl_get_pods_-A_-o_json.json', PODS, 'Pod');
  for (const page of ['page1', 'page2', 'by-node']) load(store, `api/pods-${page}.json`, PODS, 'Pod');
  load(store, 'static/kubectl_get_nodes_-o_json.json', { ...PODS, plural: 'nodes' }, 'Node');
  load(store, 'static/kubectl_get_cep_-A_-o_json.json', ENDPOINTS, 'CiliumEndpoint');
  load(store, 'static/kubectl_get_ciliumid_-A_-o_json.json', cilium('ciliumidentities'), 'CiliumIdentity');
  load(store, 'static/kubectl_get_ciliumnodes_-o_json.json', cilium('ciliumnodes'), 'CiliumNode');
  load(store, 'static/kubectl_get_cnp_-A_-o_json.json', cilium('ciliumnetworkpolicies'), 'CiliumNetworkPolicy');
  store.put(apps, toKubeObject(capturedJson('static/kubectl_get_ds_cilium_-o_json.json')));
  const config = toKubeObject(capturedJson('static/kubectl_get_cm_cilium-config_-o_json.json'));
  store.put({ ...PODS, plural: 'configmaps' }, config);
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly token?: string | null;
}

export interface CapturedCluster {
  readonly api: ApiServer;
  readonly store: WatchableStore;
  readonly ca: string;
  readonly folder: string;
  ask(path: string, options?: RequestOptions): Promise<Reply>;
  json(path: string, options?: RequestOptions): Promise<unknown>;
  /** The response as it comes, for watches. */
  open(path: string, options?: RequestOptions): Promise<IncomingMessage>;
  websocket(path: string, protocols: string[], headers?: Readonly<Record<string, string>>): WebSocket;
  raw(): TLSSocket;
  close(): Promise<void>;
}

const Kubeconfig = v.object({
  clusters: v.tuple([v.object({ cluster: v.object({ 'certificate-authority-data': v.string() }) })]),
});

const SYSTEM_PROGRAMS = ['sh', 'cat', 'sleep', 'seq', 'kill', 'yes', 'printf'];

export async function startCapturedCluster(now: () => Date = () => CAPTURED_AT): Promise<CapturedCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'policystat-api-'));
  for (const program of SYSTEM_PROGRAMS) {
    const found = ['/bin', '/usr/bin'].find((directory) => {
      try {
        readFileSync(join(directory, program));
        return true;
      } catch {
        return false;
      }
    });
    if (found !== undefined) symlinkSync(join(found, program), join(folder, program));
  }
  const store = createObjectStore(now);
  loadCaptures(store);
  const api = await startApiServer({
    store,
    now,
    runtime: { container: () => Promise.resolve({ binFolder: folder, env: { DEMO: '1' }, cwd: folder }) },
  });
  const [{ cluster }] = v.parse(Kubeconfig, parseYaml(api.kubeconfig)).clusters;
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8');
  const headersFor = (options: RequestOptions): Record<string, string> => ({
    'User-Agent': 'curl/8',
    ...(options.token === null ? {} : { Authorization: `Bearer ${options.token ?? api.token}` }),
    ...options.headers,
  });
  const open = (path: string, options: RequestOptions = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { method = 'GET', body } = options;
      const outgoing = request(`${api.url}${path}`, { ca, method, headers: headersFor(options) }, resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const ask = async (path: string, options: RequestOptions = {}): Promise<Reply> => {
    const response = await open(path, options);
    return { status: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
  };
  return {
    api,
    store,
    ca,
    folder,
    open,
    ask,
    json: async (path, options) => parseJson((await ask(path, options)).text),
    websocket: (path, protocols, headers = {}) =>
      new WebSocket(`${api.url}${path}`, protocols, {
        ca,
        headers: { Authorization: `Bearer ${api.token}`, ...headers },
      }),
    raw: () => connect({ host: '127.0.0.1', port: Number(new URL(api.url).port), ca }),
    async close() {
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Versions and page tokens are the server's own; everything else must agree. */
export function withoutVersions(json: string): string {
  return json.replaceAll(/("resourceVersion": ?)"\d+"/g, '$1"N"').replaceAll(/("continue": ?)"[^"]+"/g, '$1"TOKEN"');
}
