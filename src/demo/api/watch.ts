/** Answers a watch: the state at its start, every change from there on, bookmarks, and 410 where the start is too old. */
import type { ServerResponse } from 'node:http';
import type { KubeObject } from '../ports.ts';
import type { Fields } from './fields.ts';
import { type ReadContext, represent, requestMatcher } from './read.ts';
import { table } from './representation.ts';
import { type ApiRequest, isTrue } from './request.ts';
import { commonHeaders, goJson } from './respond.ts';
import { badRequest, expired, invalidWatch, type StatusError } from './status.ts';
import type { StoreChange } from './store.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
/** The server's own bound where the client names none; half an hour at least (apiserver --min-request-timeout). */
const DEFAULT_TIMEOUT_SECONDS = 1800;
const LONGEST_TIMEOUT_SECONDS = 2_000_000;

interface WatchStart {
  /** Null for the state as it is, sent as ADDED. */
  readonly since: number | null;
  /** Whether the end of the initial events is marked. */
  readonly marksInitialEvents: boolean;
}

function watchStart(query: URLSearchParams): WatchStart | StatusError {
  const version = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    return badRequest(`Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`);
  }
  const wantsInitialEvents = query.get('sendInitialEvents');
  if (wantsInitialEvents !== null && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    return invalidWatch(
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  if (wantsInitialEvents !== null && isTrue(wantsInitialEvents)) return { since: null, marksInitialEvents: true };
  const fromNow = wantsInitialEvents === null && (version === '' || version === '0');
  return { since: fromNow ? null : Number(version), marksInitialEvents: false };
}

/** Which event a change is for this watch: with a selector an object may come into sight and go out of it. */
function seenChange(change: StoreChange, matches: (object: KubeObject) => boolean): StoreChange['type'] | null {
  const before = change.previous !== null && matches(change.previous);
  const after = change.type !== 'DELETED' && matches(change.object);
  if (after) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : null;
}

function bookmarkObject(request: ApiRequest, revision: number, annotations?: Fields): Fields {
  const { group, version } = request.resource;
  return {
    kind: request.known.kind,
    apiVersion: group === '' ? version : `${group}/${version}`,
    metadata: { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) },
    // A typed server shows a pod's required fields even where they are empty.
    ...(group === '' && request.resource.plural === 'pods' ? { spec: { containers: null }, status: {} } : {}),
  };
}

/** Null once the watch has begun, else why it has not. */
export function startWatch(
  request: ApiRequest,
  context: ReadContext & { readonly now: () => Date },
  response: ServerResponse,
): StatusError | null {
  const matches = requestMatcher(request);
  if (typeof matches !== 'function') return matches;
  const start = watchStart(request.query);
  if ('code' in start) return start;
  const { store } = context;
  const { resource, query } = request;

  response.writeHead(200, { ...commonHeaders(), 'Content-Type': 'application/json' });
  response.flushHeaders();
  let withColumns = true;
  const send = (type: string, object: Fields) => void response.write(`${goJson({ type, object })}\n`);
  const sendObject = (type: StoreChange['type'], object: KubeObject) => {
    if (context.representation !== 'table') {
      send(type, represent(object, request, context));
      return;
    }
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const includeObject = query.get('includeObject');
    send(type, table([object], { resource, metadata, includeObject, withColumns, nowMs: context.now().getTime() }));
    withColumns = false;
  };
  const sendChange = (change: StoreChange) => {
    const type = seenChange(change, matches);
    if (type === null) return;
    // What left the selection is shown as it last was, under the new version.
    const shown = type === 'DELETED' ? (change.previous ?? change.object) : change.object;
    const metadata = { ...shown.metadata, resourceVersion: String(change.revision) };
    sendObject(type, { ...shown, metadata });
  };
  const bookmarks = isTrue(query.get('allowWatchBookmarks') ?? 'false') && context.representation !== 'table';
  const sendBookmark = (annotations?: Fields) => {
    if (bookmarks) send('BOOKMARK', bookmarkObject(request, store.revision(), annotations));
  };

  if (start.since === null) {
    for (const object of store.list(resource)) if (matches(object)) sendObject('ADDED', object);
    if (start.marksInitialEvents) sendBookmark({ 'k8s.io/initial-events-end': 'true' });
  } else {
    const missed = store.changesSince(resource, start.since);
    if (missed === null) {
      send('ERROR', expired(`too old resource version: ${start.since} (${store.revision()})`).body);
      response.end();
      return null;
    }
    for (const change of missed) sendChange(change);
  }

  const stop = store.watch(resource, sendChange);
  const marker = setInterval(() => sendBookmark(), BOOKMARK_INTERVAL_MS);
  const seconds = Number(query.get('timeoutSeconds') ?? DEFAULT_TIMEOUT_SECONDS) || DEFAULT_TIMEOUT_SECONDS;
  const end = setTimeout(() => {
    sendBookmark();
    response.end();
  }, Math.min(seconds, LONGEST_TIMEOUT_SECONDS) * 1000);
  response.on('close', () => {
    stop();
    clearInterval(marker);
    clearTimeout(end);
  });
  return null;
}
