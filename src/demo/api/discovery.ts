/** Which API groups and resources there are, and the two forms in which an API server tells so. */
import * as v from 'valibot';
import captured from './discovery.json' with { type: 'json' };
import type { Fields } from './fields.ts';

const Subresource = v.object({
  name: v.string(),
  kind: v.string(),
  of: v.optional(v.string()),
  verbs: v.string(),
});
const ResourceRow = v.object({
  name: v.string(),
  singular: v.string(),
  kind: v.string(),
  of: v.optional(v.string()),
  namespaced: v.boolean(),
  verbs: v.string(),
  shortNames: v.optional(v.array(v.string())),
  categories: v.optional(v.array(v.string())),
  hash: v.optional(v.string()),
  subresources: v.optional(v.array(Subresource)),
});
const Groups = v.array(
  v.object({
    group: v.string(),
    versions: v.array(v.object({ version: v.string(), resources: v.array(ResourceRow) })),
  }),
);

/** What one resource is called, and whether it lives in a namespace. */
export type KnownResource = v.InferOutput<typeof ResourceRow>;

const GROUPS = v.parse(Groups, captured);

export function findResource(group: string, version: string, plural: string): KnownResource | null {
  const resources = GROUPS.find((g) => g.group === group)?.versions.find((x) => x.version === version)?.resources;
  return resources?.find((resource) => resource.name === plural) ?? null;
}

function responseKind(kind: string, of: string | undefined): Fields {
  const [group = '', version = ''] = of?.split('/') ?? [];
  return { group, version, kind };
}

/** `APIGroupDiscoveryList`: of the core group alone for `/api`, of all others for `/apis`. */
export function aggregatedDiscovery(which: 'core' | 'groups'): Fields {
  const items = GROUPS.filter(({ group }) => (group === '') === (which === 'core')).map(({ group, versions }) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map((resource) => ({
        resource: resource.name,
        responseKind: responseKind(resource.kind, resource.of),
        scope: resource.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: resource.singular,
        verbs: resource.verbs.split(' '),
        ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
        ...(resource.categories === undefined ? {} : { categories: resource.categories }),
        ...(resource.subresources === undefined
          ? {}
          : {
              subresources: resource.subresources.map((sub) => ({
                subresource: sub.name,
                responseKind: responseKind(sub.kind, sub.of),
                verbs: sub.verbs.split(' '),
              })),
            }),
      })),
      freshness: 'Current',
    })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

export function coreVersions(address: string): Fields {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

function groupEntry(group: string, versions: readonly { readonly version: string }[]): Fields {
  const list = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: list, preferredVersion: list[0] };
}

export function groupList(): Fields {
  const groups = GROUPS.filter(({ group }) => group !== '').map(({ group, versions }) => groupEntry(group, versions));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

export function oneGroup(group: string): Fields | null {
  const found = GROUPS.find((g) => g.group === group && group !== '');
  return found === undefined
    ? null
    : { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(found.group, found.versions) };
}

/** `APIResourceList` of one group version, subresources in line behind their resource. */
export function resourceList(group: string, version: string): Fields | null {
  const found = GROUPS.find((g) => g.group === group)?.versions.find((x) => x.version === version);
  if (found === undefined) return null;
  const groupVersion = group === '' ? version : `${group}/${version}`;
  const elsewhere = (of: string | undefined) => {
    const { group: kindGroup, version: kindVersion } = responseKind('', of);
    return of === undefined || of === groupVersion ? {} : { group: kindGroup, version: kindVersion };
  };
  const resources = found.resources.flatMap((resource) => [
    {
      name: resource.name,
      singularName: resource.singular,
      namespaced: resource.namespaced,
      ...elsewhere(resource.of),
      kind: resource.kind,
      verbs: resource.verbs.split(' '),
      ...(resource.shortNames === undefined ? {} : { shortNames: resource.shortNames }),
      ...(resource.categories === undefined ? {} : { categories: resource.categories }),
      ...(resource.hash === undefined ? {} : { storageVersionHash: resource.hash }),
    },
    ...(resource.subresources ?? []).map((sub) => ({
      name: `${resource.name}/${sub.name}`,
      singularName: '',
      namespaced: resource.namespaced,
      ...elsewhere(sub.of),
      kind: sub.kind,
      verbs: sub.verbs.split(' '),
    })),
  ]);
  // The core group's list alone says no apiVersion (Kubernetes 1.36).
  return { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion, resources };
}
