/** Writes the smallest Roles and ClusterRole for a list of permissions, to be copied. */
import type { AccessQuestion } from '../model/kubernetes.ts';

interface Rule {
  readonly group: string;
  readonly resources: string[];
  readonly verbs: readonly string[];
  readonly name: string | null;
}

const EXEC_WARNING = '    # As good as root on every node that has an agent in this namespace.\n';

/** One document for the cluster, where there is something for it, and one for each namespace. */
export function rolesYaml(name: string, questions: readonly AccessQuestion[]): string {
  const places = [...new Set(questions.map(({ namespace }) => namespace ?? null))];
  places.sort((a, b) => (a ?? '').localeCompare(b ?? ''));
  return places
    .map((place) => {
      const own = questions.filter(({ namespace }) => (namespace ?? null) === place);
      return `${head(name, place)}rules:\n${rulesOf(own).map(ruleText).join('')}`;
    })
    .join('---\n');
}

function head(name: string, namespace: string | null): string {
  const where = namespace === null ? '' : `-n ${namespace} `;
  const [binding, role] = namespace === null ? ['clusterrolebinding', 'clusterrole'] : ['rolebinding', 'role'];
  const bind = `# kubectl ${where}create ${binding} ${name} --${role}=${name} --user=NAME\n`;
  const kind = namespace === null ? 'ClusterRole' : 'Role';
  const place = namespace === null ? '' : `  namespace: ${quoted(namespace)}\n`;
  return `${bind}apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata:\n  name: ${quoted(name)}\n${place}`;
}

/** Verbs of one resource together, then resources of one group with the same verbs. */
function rulesOf(questions: readonly AccessQuestion[]): Rule[] {
  const verbs = new Map<string, { question: AccessQuestion; verbs: string[] }>();
  for (const question of questions) {
    const key = JSON.stringify([question.group, resourceOf(question), question.name]);
    const known = verbs.get(key) ?? { question, verbs: [] };
    if (!known.verbs.includes(question.verb)) known.verbs.push(question.verb);
    verbs.set(key, known);
  }
  const rules = new Map<string, Rule>();
  for (const { question, verbs: own } of verbs.values()) {
    const key = JSON.stringify([question.group, question.name, own]);
    const rule = rules.get(key) ?? { group: question.group, resources: [], verbs: own, name: question.name ?? null };
    rule.resources.push(resourceOf(question));
    rules.set(key, rule);
  }
  return [...rules.values()];
}

function resourceOf({ resource, subresource }: AccessQuestion): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

function ruleText({ group, resources, verbs, name }: Rule): string {
  const only = name === null ? '' : `    resourceNames: [${quoted(name)}]\n`;
  const warning = resources.includes('pods/exec') ? EXEC_WARNING : '';
  return `  - apiGroups: [${quoted(group)}]\n${warning}    resources: [${resources.map(quoted).join(', ')}]\n${only}    verbs: [${verbs.map(quoted).join(', ')}]\n`;
}

/** JSON's strings are YAML's. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
