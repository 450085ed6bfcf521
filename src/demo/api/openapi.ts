/** Just enough of /openapi/v3 for `kubectl apply`: that patches may be validated by the server, and of which kind they are. */
import { resourceList } from './discovery.ts';
import { type Fields, isFields, listAt, textAt } from './fields.ts';

const DESCRIBED = ['api/v1', 'apis/apps/v1', 'apis/networking.k8s.io/v1', 'apis/cilium.io/v2'];

export function openapiPaths(): Fields {
  const paths = DESCRIBED.map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=1` }] as const);
  return { paths: Object.fromEntries(paths) };
}

/** The paths of one group version, or null where it is not described. */
export function answerOpenapi(path: string): Fields | null {
  if (!DESCRIBED.includes(path)) return null;
  const [root = '', first = '', second = ''] = path.split('/');
  const [group, version] = root === 'api' ? ['', first] : [first, second];
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }));
  const paths = listAt(resourceList(group, version), 'resources').flatMap((resource) => {
    const name = textAt(resource, 'name');
    if (name.includes('/') || !isFields(resource)) return [];
    const kind = { group, kind: textAt(resource, 'kind'), version };
    const prefix = resource.namespaced === true ? `/${path}/namespaces/{namespace}` : `/${path}`;
    const operation = (action: string) => ({ 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': kind });
    return [
      [`${prefix}/${name}`, { post: { ...operation('post'), parameters } }],
      [`${prefix}/${name}/{name}`, { patch: { ...operation('patch'), parameters } }],
    ] as const;
  });
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.36.2' }, paths: Object.fromEntries(paths) };
}
