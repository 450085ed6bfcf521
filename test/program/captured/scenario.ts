/** One captured scenario as files: the cluster's objects, what each agent answered before and after the traffic, and what its streams printed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

const CAPTURES = fileURLToPath(new URL('../../../fixtures/captures/', import.meta.url));

export const NODES = ['node1', 'node2'] as const;

export const SCENARIOS: readonly string[] = readdirSync(join(CAPTURES, 'scenarios')).sort();

const KubeObject = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({
    name: v.string(),
    namespace: v.exactOptional(v.string()),
    uid: v.exactOptional(v.string()),
    resourceVersion: v.exactOptional(v.string()),
    labels: v.exactOptional(v.record(v.string(), v.string())),
  }),
});
const List = v.object({ items: v.array(KubeObject) });
const Endpoints = v.array(v.looseObject({ id: v.number() }));

function read(path: string): string {
  return readFileSync(join(CAPTURES, path), 'utf8');
}

/** The objects of the cluster at that time; what was not captured per scenario is that of `static/`. */
export function capturedObjects(scenario: string): readonly v.InferOutput<typeof KubeObject>[] {
  const lists = [
    'static/kubectl_get_nodes_-o_json.json',
    'static/kubectl_get_ciliumnodes_-o_json.json',
    `scenarios/${scenario}/objects.json`,
    `scenarios/${scenario}/policies.json`,
  ];
  const single = ['static/kubectl_get_cm_cilium-config_-o_json.json', 'static/kubectl_get_ds_cilium_-o_json.json'];
  return [
    ...lists.flatMap((path) => v.parse(List, JSON.parse(read(path))).items),
    ...single.map((path) => v.parse(KubeObject, JSON.parse(read(path)))),
  ];
}

/** What the programs of a node's agent printed, by their command lines. */
export function capturedAnswers(scenario: string, node: string, when: 'before' | 'after'): ReadonlyMap<string, string> {
  const folder = `scenarios/${scenario}`;
  const own = (name: string) => read(`${folder}/${node}--${name}.json`);
  const list = own('endpoint_list');
  const maps = readdirSync(join(CAPTURES, folder)).flatMap((file) => {
    const [, id] = new RegExp(`^${node}--bpf_policy_get_(\\d+)\\.${when}\\.json$`).exec(file) ?? [];
    return id === undefined ? [] : [{ id, content: own(`bpf_policy_get_${id}.${when}`) }];
  });
  return new Map([
    ['endpoint list -o json', list],
    ['policy selectors -o json', own('policy_selectors')],
    ['identity list -o json', own('identity_list')],
    ['version -o json', read(`static/${node}--cilium-dbg_version_-o_json.json`)],
    ['status -o json', read(`static/${node}--cilium-dbg_status_-o_json.json`)],
    ['bpf policy get --all -o json', allMaps(maps)],
    ...maps.map(({ id, content }) => [`bpf policy get ${id} -o json`, content] as const),
    // Captured of the pods only; the list holds the same of all.
    ...v
      .parse(Endpoints, JSON.parse(list))
      .map((one) => [`endpoint get ${one.id} -o json`, `${JSON.stringify([one], null, 2)}\n`] as const),
  ]);
}

/** As `--all` has them (cilium-dbg/cmd/bpf_policy_get.go, 1.19). */
function allMaps(maps: readonly { readonly id: string; readonly content: string }[]): string {
  const all = maps.map(({ id, content }) => {
    const path = `/sys/fs/bpf/tc/globals/cilium_policy_v2_${id.padStart(5, '0')}`;
    // Not parsed: 18446744073709551615 is no number of JavaScript's.
    return `{"EndpointID":${id},"Path":"${path}","Content":${content.trimEnd()}}`;
  });
  return `[${all.join(',')}]\n`;
}

export function capturedHubbleStatus(node: string): string {
  return read(`static/${node}--hubble_status.txt`);
}

/** The file of what a program printed. */
export function streamPath(scenario: string, node: string, program: 'monitor' | 'hubble'): string {
  return join(CAPTURES, 'scenarios', scenario, `${node}--${program}.stdout`);
}

export function capturedStream(scenario: string, node: string, program: 'monitor' | 'hubble'): readonly string[] {
  return readFileSync(streamPath(scenario, node, program), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
