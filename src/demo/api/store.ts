/** The objects of the demo cluster with their resource versions, and the history of changes that a watch may start from. */
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Resource } from '../../model/kubernetes.ts';
import type { KubeObject, ObjectStore } from '../ports.ts';

export interface StoreChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly object: KubeObject;
  /** What it was before, for selectors that stop matching; null where it is new. */
  readonly previous: KubeObject | null;
}

export interface WatchableStore extends ObjectStore {
  /** The newest resource version. */
  revision(): number;
  /** The changes after a revision; null where the history does not reach back that far. */
  changesSince(resource: Resource, revision: number): readonly StoreChange[] | null;
  /** Calls back for every change from now on; the returned function ends that. */
  watch(resource: Resource, listener: (change: StoreChange) => void): () => void;
  /** Drops the history, so that whoever resumes from an older version is told 410. */
  compact(): void;
}

/** Above the versions that the captured objects carry, so that versions never seem to go back. */
const FIRST_REVISION = 10_000;
const HISTORY_LENGTH = 1000;

function collectionOf(resource: Resource): string {
  return `${resource.group}/${resource.plural}`;
}

function keyOf(namespace: string | null | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function withoutVersion(object: KubeObject): unknown {
  return { ...object, metadata: { ...object.metadata, resourceVersion: '' } };
}

export function createObjectStore(now: () => Date): WatchableStore {
  const collections = new Map<string, Map<string, KubeObject>>();
  const listeners = new Map<string, Set<(change: StoreChange) => void>>();
  let history: (StoreChange & { readonly collection: string })[] = [];
  let revision = FIRST_REVISION;
  let compactedAt = FIRST_REVISION;

  const record = (collection: string, change: StoreChange) => {
    history.push({ ...change, collection });
    if (history.length > HISTORY_LENGTH) {
      const dropped = history.splice(0, history.length - HISTORY_LENGTH);
      compactedAt = dropped.at(-1)?.revision ?? compactedAt;
    }
    for (const listener of [...(listeners.get(collection) ?? [])]) listener(change);
  };

  return {
    list(resource) {
      const objects = collections.get(collectionOf(resource)) ?? new Map<string, KubeObject>();
      return [...objects].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, object]) => object);
    },
    get(resource, namespace, name) {
      return collections.get(collectionOf(resource))?.get(keyOf(namespace, name)) ?? null;
    },
    put(resource, object) {
      const collection = collectionOf(resource);
      const objects = collections.get(collection) ?? new Map<string, KubeObject>();
      collections.set(collection, objects);
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      const previous = objects.get(key) ?? null;
      const createdAt = `${now().toISOString().slice(0, 19)}Z`;
      const metadata = {
        ...object.metadata,
        uid: object.metadata.uid ?? previous?.metadata.uid ?? randomUUID(),
        creationTimestamp: object.metadata.creationTimestamp ?? previous?.metadata.creationTimestamp ?? createdAt,
      };
      const next = { ...object, metadata: { ...metadata, resourceVersion: String(revision + 1) } };
      // A write that changes nothing makes no version and no event, as in etcd3's store (apiserver storage/etcd3, 1.36).
      if (previous !== null && isDeepStrictEqual(withoutVersion(previous), withoutVersion(next))) return previous;
      revision += 1;
      objects.set(key, next);
      record(collection, { type: previous === null ? 'ADDED' : 'MODIFIED', revision, object: next, previous });
      return next;
    },
    remove(resource, namespace, name) {
      const collection = collectionOf(resource);
      const previous = collections.get(collection)?.get(keyOf(namespace, name));
      if (previous === undefined) return;
      collections.get(collection)?.delete(keyOf(namespace, name));
      revision += 1;
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
      record(collection, { type: 'DELETED', revision, object, previous });
    },
    revision: () => revision,
    changesSince(resource, since) {
      if (since < compactedAt) return null;
      const collection = collectionOf(resource);
      return history.filter((change) => change.collection === collection && change.revision > since);
    },
    watch(resource, listener) {
      const collection = collectionOf(resource);
      const set = listeners.get(collection) ?? new Set();
      listeners.set(collection, set);
      set.add(listener);
      return () => set.delete(listener);
    },
    compact() {
      history = [];
      revision += 1;
      compactedAt = revision;
    },
  };
}
