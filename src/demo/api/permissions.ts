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

export interface Permissions {
  forbid(rule: ForbidRule): void;
  allowAll(): void;
  /** A question without a namespace asks for all of them, so a rule for any one namespace says no to it, as RBAC would. */
  allows(question: Omit<AccessQuestion, 'group' | 'name'>): boolean;
}

export function createPermissions(): Permissions {
  let rules: ForbidRule[] = [];
  return {
    forbid: (rule) => void rules.push(rule),
    allowAll() {
      rules = [];
    },
    allows(question) {
      const resource =
        question.subresource === undefined ? question.resource : `${question.resource}/${question.subresource}`;
      return !rules.some(
        (rule) =>
          (rule.verb === '*' || question.verb === '*' || rule.verb === question.verb) &&
          (rule.resource === '*' || resource === '*' || rule.resource === resource) &&
          (rule.namespace === undefined || question.namespace === undefined || rule.namespace === question.namespace),
      );
    },
  };
}

/** The answer to a SelfSubjectAccessReview. */
export function reviewAccess(permissions: Permissions, review: unknown, user: string): Fields {
  const asked = fieldsAt(review, 'spec', 'resourceAttributes');
  const namespace = textAt(asked, 'namespace');
  const subresource = textAt(asked, 'subresource');
  const allowed =
    at(review, 'spec', 'resourceAttributes') === undefined ||
    permissions.allows({
      verb: textAt(asked, 'verb'),
      resource: textAt(asked, 'resource'),
      ...(namespace === '' ? {} : { namespace }),
      ...(subresource === '' ? {} : { subresource }),
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
