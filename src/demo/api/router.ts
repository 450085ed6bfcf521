/** From a request to who asks, whether they may, and the handler that answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { aggregatedDiscovery, coreVersions, groupList, oneGroup, resourceList } from './discovery.ts';
import type { ExecServer } from './exec-request.ts';
import type { Fields } from './fields.ts';
import { answerOpenapi, openapiPaths } from './openapi.ts';
import { type Permissions, reviewAccess, reviewRules, reviewUser } from './permissions.ts';
import { isProtobuf, readAccessReview } from './protobuf.ts';
import { type Answer, answerGet, answerList, type ReadContext } from './read.ts';
import { chosenRepresentation } from './representation.ts';
import { type ApiRequest, parseRequest } from './request.ts';
import { refuseUpgrade, sendJson, sendStatus, sendText } from './respond.ts';
import {
  badRequest,
  forbidden,
  forbiddenPath,
  methodNotAllowed,
  type StatusError,
  unauthorized,
  unsupportedMediaType,
} from './status.ts';
import type { WatchableStore } from './store.ts';
import { startWatch } from './watch.ts';
import { answerCreate, answerDelete, answerPatch, answerUpdate } from './write.ts';

export interface RouterOptions {
  readonly store: WatchableStore;
  /** The one that is good now. */
  token(): string;
  readonly permissions: Permissions;
  readonly execs: ExecServer;
  readonly versionInfo?: Readonly<Record<string, string>>;
  now(): Date;
}

export interface Router {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

const USER = 'policystat-demo';
const ANONYMOUS = 'system:anonymous';

const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.27.3',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

function wantsAggregated(request: IncomingMessage): boolean {
  const [first = ''] = (request.headers.accept ?? '').split(',');
  return first.includes('as=APIGroupDiscoveryList') && first.includes('v=v2') && !first.includes('v2beta1');
}

export function createRouter(options: RouterOptions): Router {
  const { store, permissions } = options;

  /** The user's name, or null for a token that is not known. */
  const authenticate = (request: IncomingMessage): string | null => {
    const { authorization } = request.headers;
    if (authorization === undefined) return ANONYMOUS;
    if (authorization !== `Bearer ${options.token()}`) return null;
    const impersonated = request.headers['impersonate-user'];
    return typeof impersonated === 'string' ? impersonated : USER;
  };

  const denial = (request: ApiRequest, user: string, verb = request.verb): StatusError | null => {
    const { namespace, subresource, resource, name } = request;
    const allowed =
      user !== ANONYMOUS &&
      permissions.allows({
        verb,
        group: resource.group,
        resource: resource.plural,
        ...(name === null ? {} : { name }),
        ...(namespace === null ? {} : { namespace }),
        ...(subresource === null ? {} : { subresource }),
      });
    return allowed ? null : forbidden({ ...request, ...resource, verb }, user);
  };

  /** Discovery and health, which are no resources; null where the path is none of them. */
  const answerFixed = (request: IncomingMessage, path: string): Fields | string | null => {
    const [root = '', group = '', version, ...rest] = path.split('/').slice(1);
    if (path === '/version') return { ...VERSION, ...options.versionInfo };
    if (path === '/healthz' || path === '/readyz' || path === '/livez') return 'ok';
    if (path === '/openapi/v3') return openapiPaths();
    if (path.startsWith('/openapi/v3/')) return answerOpenapi(path.slice('/openapi/v3/'.length));
    if (path === '/api') {
      return wantsAggregated(request) ? aggregatedDiscovery('core') : coreVersions(request.headers.host ?? '');
    }
    if (path === '/apis') return wantsAggregated(request) ? aggregatedDiscovery('groups') : groupList();
    if (root === 'api' && version === undefined) return resourceList('', group);
    if (root !== 'apis' || rest.length > 0) return null;
    return version === undefined ? oneGroup(group) : resourceList(group, version);
  };

  const answerReview = (request: ApiRequest, body: Buffer, user: string): Fields | null => {
    if (request.verb !== 'create') return null;
    switch (request.resource.plural) {
      case 'selfsubjectaccessreviews':
        return reviewAccess(
          permissions,
          isProtobuf(body) ? readAccessReview(body) : parseYaml(body.toString('utf8')),
          user,
        );
      case 'selfsubjectrulesreviews':
        return reviewRules();
      case 'selfsubjectreviews':
        return reviewUser(user);
      default:
        return null;
    }
  };

  const answer = (request: ApiRequest, incoming: IncomingMessage, body: string): Answer => {
    const context: ReadContext = {
      store,
      representation: chosenRepresentation(incoming.headers.accept ?? ''),
      nowMs: options.now().getTime(),
    };
    switch (request.verb) {
      case 'get':
        return answerGet(request, context);
      case 'list':
        return answerList(request, context);
      case 'create':
        return answerCreate(request, context, body);
      case 'update':
        return answerUpdate(request, context, body);
      case 'patch':
        return answerPatch(request, context, incoming.headers['content-type'] ?? '', body);
      case 'delete':
        return answerDelete(request, context);
      default:
        return { ok: false, error: methodNotAllowed() };
    }
  };

  return {
    async handle(incoming, response) {
      const url = new URL(incoming.url ?? '/', 'https://host');
      const user = authenticate(incoming);
      if (user === null) {
        sendStatus(incoming, response, unauthorized());
        return;
      }
      const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, '') : url.pathname;
      if (user === ANONYMOUS && isDiscovery(path)) {
        sendStatus(incoming, response, forbiddenPath(path, user));
        return;
      }
      const fixed = answerFixed(incoming, path);
      if (fixed !== null) {
        if (typeof fixed === 'string') sendText(response, 200, fixed);
        else sendJson(incoming, response, 200, fixed, discoveryHeaders(fixed));
        return;
      }
      const request = parseRequest(incoming.method ?? 'GET', url);
      if (request === null) {
        sendText(response, 404, '404 page not found\n');
        return;
      }
      const body = await buffer(incoming);
      const review = answerReview(request, body, user);
      if (review !== null) {
        sendJson(incoming, response, 201, review);
        return;
      }
      const denied = denial(request, user);
      if (denied !== null) {
        sendStatus(incoming, response, denied);
        return;
      }
      if (request.subresource !== null && request.subresource !== 'status') {
        const exec = request.resource.plural === 'pods' && request.subresource === 'exec';
        sendStatus(incoming, response, exec ? badRequest('Upgrade request required') : methodNotAllowed());
        return;
      }
      if (request.verb === 'watch') {
        const context = { store, now: () => options.now(), nowMs: options.now().getTime() };
        const representation = chosenRepresentation(incoming.headers.accept ?? '');
        const refused = startWatch(request, { ...context, representation }, response);
        if (refused !== null) sendStatus(incoming, response, refused);
        return;
      }
      if (isProtobuf(body) && request.verb !== 'delete') {
        sendStatus(incoming, response, unsupportedMediaType());
        return;
      }
      const result = answer(request, incoming, body.toString('utf8'));
      if (result.ok) sendJson(incoming, response, result.code ?? 200, result.body);
      else sendStatus(incoming, response, result.error);
    },

    async upgrade(incoming, socket, head) {
      const request = parseRequest(incoming.method ?? 'GET', new URL(incoming.url ?? '/', 'https://host'));
      const user = authenticate(incoming);
      if (user === null || request?.resource.plural !== 'pods' || request.subresource !== 'exec') {
        refuseUpgrade(socket, user === null ? unauthorized() : badRequest('Upgrade request required'));
        return;
      }
      // The method's own verb first, then the one that a WebSocket has needed since 1.35.
      const denied = denial(request, user) ?? denial(request, user, 'create');
      if (denied !== null) {
        refuseUpgrade(socket, denied);
        return;
      }
      if (incoming.headers.upgrade?.toLowerCase() !== 'websocket') {
        refuseUpgrade(socket, badRequest('unable to upgrade: only WebSocket is spoken here'));
        return;
      }
      await options.execs.accept(request, incoming, socket, head);
    },
  };
}

/** What the role system:public-info-viewer does not open to everybody. */
function isDiscovery(path: string): boolean {
  return path === '/api' || path === '/apis' || path.startsWith('/openapi') || /^\/api\/[^/]+$/.test(path);
}

function discoveryHeaders(body: Fields): Record<string, string> {
  return body.kind === 'APIGroupDiscoveryList'
    ? { 'Content-Type': AGGREGATED, 'Cache-Control': 'public', Vary: 'Accept' }
    : {};
}
