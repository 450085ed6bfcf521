/** Answers get and list: selectors, pages, and the form that the client asked for. */
import type { KubeObject } from '../ports.ts';
import { type Fields, numberAt, textAt } from './fields.ts';
import { partialMetadata, type Representation, table } from './representation.ts';
import { type ApiRequest, storedNamespace } from './request.ts';
import { fieldMatcher, labelMatcher, type Matcher, SelectorError } from './selectors.ts';
import { badRequest, expired, notFound, type StatusError } from './status.ts';
import type { WatchableStore } from './store.ts';

export type Answer =
  | { readonly ok: true; readonly code?: number; readonly body: Fields }
  | { readonly ok: false; readonly error: StatusError };

export interface ReadContext {
  readonly store: WatchableStore;
  readonly representation: Representation;
  readonly nowMs: number;
}

/** What of a collection a request means, or why its selectors cannot be understood. */
export function requestMatcher(request: ApiRequest): Matcher | StatusError {
  try {
    const labels = labelMatcher(request.query.get('labelSelector') ?? '');
    const fields = fieldMatcher(request.query.get('fieldSelector') ?? '', request.resource.plural);
    const namespace = storedNamespace(request);
    return (object) =>
      (namespace === null || object.metadata.namespace === namespace) && labels(object) && fields(object);
  } catch (error) {
    if (error instanceof SelectorError) return badRequest(error.message);
    throw error;
  }
}

/** One object in the chosen form. */
export function represent(object: KubeObject, request: ApiRequest, context: ReadContext): Fields {
  switch (context.representation) {
    case 'object':
      return object;
    case 'metadata':
      return partialMetadata(object);
    case 'table':
      return table([object], {
        resource: request.resource,
        metadata: { resourceVersion: object.metadata.resourceVersion },
        includeObject: request.query.get('includeObject'),
        withColumns: true,
        nowMs: context.nowMs,
      });
  }
}

export function answerGet(request: ApiRequest, context: ReadContext): Answer {
  const { resource } = request;
  const name = request.name ?? '';
  const object = context.store.get(resource, storedNamespace(request), name);
  if (object === null) return { ok: false, error: notFound(resource.group, resource.plural, name) };
  return { ok: true, body: represent(object, request, context) };
}

interface Continuation {
  readonly revision: number;
  /** The key that the page before ended with. */
  readonly after: string;
}

function readContinuation(token: string): Continuation | StatusError {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (textAt(decoded, 'v') !== 'meta.k8s.io/v1') {
      return badRequest(
        'invalid continue token: continue key is not valid: server does not recognize this encoded version',
      );
    }
    return { revision: numberAt(decoded, 'rv'), after: textAt(decoded, 'start').replace(/\0$/, '') };
  } catch {
    const byte = (Buffer.from(token, 'base64url')[0] ?? 0).toString(16).padStart(2, '0');
    return badRequest(
      `invalid continue token: continue key is not valid: invalid character '\\x${byte}' looking for beginning of value`,
    );
  }
}

function writeContinuation(revision: number, key: string): string {
  const text = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${key}\0` });
  return Buffer.from(text).toString('base64url');
}

function keyOf(object: KubeObject): string {
  return `/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** Items of built-in lists do not repeat their kind, those of CRDs do. */
function listItem(object: KubeObject, group: string): Fields {
  if (group === 'cilium.io') return object;
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'kind' && key !== 'apiVersion'));
}

export function answerList(request: ApiRequest, context: ReadContext): Answer {
  const matches = requestMatcher(request);
  if (typeof matches !== 'function') return { ok: false, error: matches };
  const { resource, query } = request;
  const token = query.get('continue') ?? '';
  const start = token === '' ? null : readContinuation(token);
  if (start !== null && 'code' in start) return { ok: false, error: start };
  if (start !== null && context.store.changesSince(resource, start.revision) === null) {
    const message = 'The provided continue parameter is too old to display a consistent list result.';
    return { ok: false, error: expired(message) };
  }
  const revision = start?.revision ?? context.store.revision();
  const rest = context.store
    .list(resource)
    .filter((object) => matches(object) && (start === null || keyOf(object) > start.after));
  const limit = Number(query.get('limit') ?? 0);
  const page = limit > 0 ? rest.slice(0, limit) : rest;
  const last = page.at(-1);
  const selects = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  const metadata = {
    resourceVersion: String(revision),
    ...(page.length < rest.length && last !== undefined
      ? {
          continue: writeContinuation(revision, keyOf(last)),
          // With a selector the rest is not counted (apiserver storage/etcd3/store.go, 1.36).
          ...(selects ? {} : { remainingItemCount: rest.length - page.length }),
        }
      : {}),
  };
  switch (context.representation) {
    case 'table': {
      const options = { resource, metadata, includeObject: query.get('includeObject'), withColumns: true };
      return { ok: true, body: table(page, { ...options, nowMs: context.nowMs }) };
    }
    case 'metadata':
      return {
        ok: true,
        body: {
          kind: 'PartialObjectMetadataList',
          apiVersion: 'meta.k8s.io/v1',
          metadata,
          items: page.map(partialMetadata),
        },
      };
    case 'object': {
      const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
      const items = page.map((object) => listItem(object, resource.group));
      return { ok: true, body: { kind: `${request.known.kind}List`, apiVersion, metadata, items } };
    }
  }
}
