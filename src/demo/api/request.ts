/** What a request's method and path ask for, as the words that permissions and handlers are written in. */

import type { Resource } from '../../model/kubernetes.ts';
import { findResource, type KnownResource } from './discovery.ts';

export interface ApiRequest {
  readonly verb: string;
  readonly resource: Resource;
  readonly known: KnownResource;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly subresource: string | null;
  readonly query: URLSearchParams;
}

const VERBS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  GET: ['get', 'list'],
  HEAD: ['get', 'list'],
  POST: ['create', 'create'],
  PUT: ['update', 'update'],
  PATCH: ['patch', 'patch'],
  DELETE: ['delete', 'deletecollection'],
};

export function isTrue(value: string | null): boolean {
  return value === '' || value === '1' || value?.toLowerCase() === 'true';
}

/** Null where no resource of the cluster lives under the path. */
export function parseRequest(method: string, url: URL): ApiRequest | null {
  const parts = url.pathname
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decodeURIComponent(part));
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return null;
  const group = root === 'api' ? '' : (parts.shift() ?? '');
  const version = parts.shift() ?? '';
  let namespace: string | null = null;
  if (parts[0] === 'namespaces' && parts.length > 2 && parts[2] !== 'status' && parts[2] !== 'finalize') {
    namespace = parts[1] ?? null;
    parts.splice(0, 2);
  }
  const [plural, name = null, subresource = null, ...rest] = parts;
  if (plural === undefined || rest.length > 0) return null;
  const known = findResource(group, version, plural);
  if (known === null || (namespace !== null && !known.namespaced)) return null;
  const [one, many] = VERBS[method] ?? ['', ''];
  const watches = many === 'list' && name === null && isTrue(url.searchParams.get('watch') ?? 'false');
  return {
    verb: watches ? 'watch' : name === null ? many : one,
    resource: { group, version, plural },
    known,
    namespace: plural === 'namespaces' ? name : namespace,
    name,
    subresource,
    query: url.searchParams,
  };
}

/** The namespace under which the store keeps the object: none for what is cluster-scoped. */
export function storedNamespace(request: ApiRequest): string | null {
  return request.known.namespaced ? request.namespace : null;
}
