/** Who may do what: everything, but for what a test has forbidden; also answers reviews of one's own access. */
import type { AccessQuestion } from '../../model/kubernetes.ts';
import { at, type Fields, fieldsAt, textAt } from './fields.ts';

export interface ForbidRule {
  /** `*` for all. */
  readonly verb: string;
  /** `pods`, `pods/exec`, or `*` for all. */
  readonly resource: string;
  /** All namespaces where it is absent. */
  readonly namespace?: string;
}

/** A rule of a Role, or, without a namespace, of a ClusterRole. */
export interface GrantRule {
  readonly namespace?: string;
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface Permissions {
  forbid(rule: ForbidRule): void;
  /** From now on nothing is allowed but this. */
  allowOnly(rules: readonly GrantRule[]): void;
  allowAll(): void;
  /** A question without a namespace asks for all of them, so a rule for any one namespace says no to it, as RBAC would. */
  allows(question: AccessQuestion): boolean;
}

export function createPermissions(): Permissions {
  let rules: ForbidRule[] = [];
  let grants: readonly GrantRule[] | null = null;
  return {
    forbid: (rule) => void rules.push(rule),
    allowOnly(granted) {
      grants = granted;
    },
    allowAll() {
      rules = [];
      grants = null;
    },
    allows(question) {
      const resource =
        question.subresource === undefined ? question.resource : `${question.resource}/${question.subresource}`;
      if (grants !== null && !grants.some((rule) => grantsIt(rule, resource, question))) return false;
      return !rules.some(
        (rule) =>
          (rule.verb === '*' || question.verb === '*' || rule.verb === question.verb) &&
          (rule.resource === '*' || resource === '*' || rule.resource === resource) &&
          (rule.namespace === undefined || question.namespace === undefined || rule.namespace === question.namespace),
      );
    },
  };
}

/** As RBAC has it: what is granted by name is granted to requests that name it. */
function grantsIt(rule: GrantRule, resource: string, { verb, group, name, namespace }: AccessQuestion): boolean {
  const { resourceNames = [] } = rule;
  return (
    (rule.namespace === undefined || rule.namespace === namespace) &&
    rule.apiGroups.includes(group) &&
    rule.resources.includes(resource) &&
    (resourceNames.length === 0 || (name !== undefined && resourceNames.includes(name))) &&
    rule.verbs.includes(verb)
  );
}

/** The answer to a SelfSubjectAccessReview. */
export function reviewAccess(permissions: Permissions, review: unknown, user: string): Fields {
  const asked = fieldsAt(review, 'spec', 'resourceAttributes');
  const namespace = textAt(asked, 'namespace');
  const subresource = textAt(asked, 'subresource');
  const name = textAt(asked, 'name');
  const allowed =
    at(review, 'spec', 'resourceAttributes') === undefined ||
    permissions.allows({
      verb: textAt(asked, 'verb'),
      group: textAt(asked, 'group'),
      resource: textAt(asked, 'resource'),
      ...(namespace === '' ? {} : { namespace }),
      ...(subresource === '' ? {} : { subresource }),
      ...(name === '' ? {} : { name }),
    });
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: fieldsAt(review, 'spec'),
    status: allowed
      ? {
          allowed,
          reason: `RBAC: allowed by ClusterRoleBinding "policystat-demo" of ClusterRole "cluster-admin" to User "${user}"`,
        }
      : { allowed },
  };
}

/** The answer to a SelfSubjectRulesReview, for `kubectl auth can-i --list`; it does not know about forbidden things. */
export function reviewRules(): Fields {
  return {
    kind: 'SelfSubjectRulesReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: {},
    status: {
      resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      incomplete: false,
    },
  };
}

/** The answer to a SelfSubjectReview, for `kubectl auth whoami`. */
export function reviewUser(user: string): Fields {
  return {
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    status: { userInfo: { username: user, groups: ['system:masters', 'system:authenticated'] } },
  };
}
