/** The Status objects by which an API server says that something went wrong, in its own words. */
import type { Fields } from './fields.ts';

export interface StatusError {
  readonly code: number;
  readonly body: Fields;
}

function statusError(code: number, reason: string, message: string, details?: Fields): StatusError {
  return {
    code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code,
    },
  };
}

function qualified(group: string, plural: string): string {
  return group === '' ? plural : `${plural}.${group}`;
}

function detailsOf(group: string, plural: string, name: string | null): Fields {
  return { ...(name === null ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
}

export function badRequest(message: string): StatusError {
  return statusError(400, 'BadRequest', message);
}

export function unauthorized(): StatusError {
  return statusError(401, 'Unauthorized', 'Unauthorized');
}

const SERVER_REASONS: Readonly<Record<429 | 500 | 503, string>> = {
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
};

export function serverError(code: 429 | 500 | 503, message: string): StatusError {
  return statusError(code, SERVER_REASONS[code], message);
}

export function notFound(group: string, plural: string, name: string): StatusError {
  return statusError(
    404,
    'NotFound',
    `${qualified(group, plural)} "${name}" not found`,
    detailsOf(group, plural, name),
  );
}

export function alreadyExists(group: string, plural: string, name: string): StatusError {
  return statusError(
    409,
    'AlreadyExists',
    `${qualified(group, plural)} "${name}" already exists`,
    detailsOf(group, plural, name),
  );
}

export function conflict(group: string, plural: string, name: string): StatusError {
  return statusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(group, plural)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    detailsOf(group, plural, name),
  );
}

export function expired(message: string): StatusError {
  return statusError(410, 'Expired', message);
}

export function invalidWatch(message: string): StatusError {
  return statusError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
  });
}

export function methodNotAllowed(): StatusError {
  return statusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

export function unsupportedMediaType(): StatusError {
  return statusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/merge-patch+json, application/apply-patch+yaml',
  );
}

/** Of a path that is no resource. */
export function forbiddenPath(path: string, user: string): StatusError {
  return statusError(403, 'Forbidden', `forbidden: User "${user}" cannot get path "${path}"`, {});
}

export function forbidden(
  request: {
    readonly verb: string;
    readonly group: string;
    readonly plural: string;
    readonly subresource: string | null;
    readonly namespace: string | null;
    readonly name: string | null;
  },
  user: string,
): StatusError {
  const subject = qualified(request.group, request.plural) + (request.name === null ? '' : ` "${request.name}"`);
  const resource = request.subresource === null ? request.plural : `${request.plural}/${request.subresource}`;
  const where = request.namespace === null ? 'at the cluster scope' : `in the namespace "${request.namespace}"`;
  return statusError(
    403,
    'Forbidden',
    `${subject} is forbidden: User "${user}" cannot ${request.verb} resource "${resource}" in API group "${request.group}" ${where}`,
    detailsOf(request.group, request.plural, request.name),
  );
}
