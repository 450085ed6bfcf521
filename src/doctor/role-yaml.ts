/** Writes Roles and ClusterRoles for needs, to be copied: each rule with what it is for. */
import type { AccessQuestion } from '../model/kubernetes.ts';
import { toJson } from '../report/json.ts';
import { printable } from '../report/printable.ts';
import { type Need, withoutNeed } from './needs.ts';

export interface Wanted {
  readonly need: Need;
  readonly questions: readonly AccessQuestion[];
}

/** One document for the cluster, where there is something for it, and one for each namespace. */
export function rolesYaml(name: string, wanted: readonly Wanted[]): string {
  const namespaces = wanted.flatMap(({ questions }) => questions.map(({ namespace }) => namespace ?? null));
  const places = [...new Set(namespaces)].sort((a, b) => (a ?? '').localeCompare(b ?? ''));
  return places
    .map((place) => {
      const rules = wanted.map(({ need, questions }) =>
        ruleText(
          need,
          questions.filter((one) => (one.namespace ?? null) === place),
        ),
      );
      return `${head(name, place)}rules:\n${rules.join('')}`;
    })
    .join('---\n');
}

function head(name: string, namespace: string | null): string {
  const where = namespace === null ? '' : `-n ${printable(namespace)} `;
  const [binding, role] = namespace === null ? ['clusterrolebinding', 'clusterrole'] : ['rolebinding', 'role'];
  const bind = `# kubectl ${where}create ${binding} ${name} --${role}=${name} --user=NAME\n`;
  const kind = namespace === null ? 'ClusterRole' : 'Role';
  const place = namespace === null ? '' : `  namespace: ${quoted(namespace)}\n`;
  return `${bind}apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n  name: ${quoted(name)}\n${place}`;
}

function ruleText(need: Need, questions: readonly AccessQuestion[]): string {
  if (questions.length === 0) return '';
  const verbs = [...new Set(questions.map(({ verb }) => verb))];
  const resources = [...new Set(questions.map(resourceOf))];
  const names = [...new Set(questions.flatMap(({ name }) => name ?? []))];
  const lines = [
    ...commentsOf(need).map((comment) => `# ${comment}`),
    `- apiGroups: ${quotedList([need.group])}`,
    `  resources: ${quotedList(resources)}`,
    ...(names.length === 0 ? [] : [`  resourceNames: ${quotedList(names)}`]),
    `  verbs: ${quotedList(verbs)}`,
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

function commentsOf(need: Need): readonly string[] {
  const { why, subresource } = need;
  const without = withoutNeed(need);
  const warning = subresource === 'exec' ? ['As good as root on every node that has an agent in this namespace.'] : [];
  const purpose = why.charAt(0).toUpperCase() + why.slice(1);
  return [without === null ? `${purpose}.` : `${purpose}; without it, ${without}.`, ...warning];
}

function resourceOf({ resource, subresource }: AccessQuestion): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

/** JSON's strings are YAML's. */
function quotedList(texts: readonly string[]): string {
  return toJson(texts, 0).replaceAll('","', '", "');
}

function quoted(text: string): string {
  return quotedList([text]).slice(1, -1);
}
