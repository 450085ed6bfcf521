/** Judges what the API server says of itself, of the user, and of what the user may do. */
import type { Check } from '../model/doctor.ts';
import type { AccessQuestion } from '../model/kubernetes.ts';
import type { ClockDifference, NeedAnswer, ServerFacts, UserFacts } from './facts.ts';
import { COMMANDS, withoutNeed } from './needs.ts';
import { check, list, whyNot } from './words.ts';

/** A Date header and a boot time are cut to whole seconds. */
const CLOCK_TOLERANCE_MS = 2_000;

export function judgeServer({ server, info }: ServerFacts): Check {
  if (info.kind !== 'known') return check('cluster', 'failed', whyNot(info));
  const { version } = info.value;
  if (version === null) return check('cluster', 'unknown', `${server} responds, but does not report its version`);
  return check('cluster', 'ok', `Kubernetes ${version} at ${server}`);
}

export function judgeUser(user: UserFacts): Check {
  if (user.kind !== 'known') return check('user', 'unknown', whyNot(user));
  if (user.value === null)
    return check('user', 'unknown', 'this server does not say who you are (Kubernetes 1.28 and newer does)');
  const { name, groups } = user.value;
  return check('user', 'ok', groups.length === 0 ? name : `${name} (${list(groups)})`);
}

/** At least so far apart; 0 where they may agree. */
export function clockApartMs({ leastMs, mostMs }: ClockDifference): number {
  const apartMs = leastMs > 0 ? leastMs : mostMs < 0 ? mostMs : 0;
  return Math.abs(apartMs) > CLOCK_TOLERANCE_MS ? apartMs : 0;
}

export function judgeClock(clock: ClockDifference | null, whose: string, node: string | null): Check {
  if (clock === null) return check('clock', 'unknown', `${whose} did not report its time`, null, node);
  const apartMs = clockApartMs(clock);
  if (apartMs === 0) return check('clock', 'ok', `${whose} agrees with this machine`, null, node);
  const seconds = Math.round(Math.abs(apartMs) / 1000);
  const text = `${whose} is at least ${seconds} s ${apartMs > 0 ? 'ahead of' : 'behind'} this machine`;
  const advice =
    'Synchronise the clocks (NTP): times in Hubble and in logs do not match those of policystat, and tokens may be rejected.';
  return check('clock', 'warning', text, advice, node);
}

/** One check for each need that is not met, one for all that are. */
export function judgePermissions(answers: readonly NeedAnswer[], version: string | null): readonly Check[] {
  const checks = answers.flatMap(({ need, missing }) => {
    if (missing.length === 0) return [];
    const whose = need.commands.length === COMMANDS.length ? 'every command' : need.commands.join(', ');
    const several = need.commands.length > 1 && need.commands.length < COMMANDS.length;
    const text = `may not ${missingText(missing)}: ${whose} ${several ? 'need' : 'needs'} it ${need.why}`;
    if (isForLater(missing, version)) {
      const advice = 'Not needed yet: an upgrade to Kubernetes 1.35 will make it necessary. The role below allows it.';
      return [check('permissions', 'warning', text, advice)];
    }
    const without = withoutNeed(need);
    if (without === null) return [check('permissions', 'failed', text, adviceFor(need))];
    return [check('permissions', 'warning', `${text}; without it, ${without}`, 'The role below allows it.')];
  });
  if (answers.some(({ isUnknown }) => isUnknown))
    checks.push(
      check('permissions', 'unknown', 'the API server did not answer some of the questions about permissions'),
    );
  if (checks.length > 0) return checks;
  const text = `all that ${COMMANDS.join(', ')} need; exec into an agent is as good as root on its node`;
  return [check('permissions', 'ok', text)];
}

function adviceFor({ subresource }: NeedAnswer['need']): string {
  if (subresource !== 'exec') return 'The role below allows it.';
  return 'The role below allows it, and with it anything that root may do on those nodes. Without it, "policystat summary --input FILE" counts what somebody else saved.';
}

/** Exec over WebSocket is `get` alone before Kubernetes 1.35, and `create` as well since. */
function isForLater(missing: readonly AccessQuestion[], version: string | null): boolean {
  const minor = Number(/^v1\.(\d+)/.exec(version ?? '')?.[1] ?? Number.NaN);
  return minor < 35 && missing.every(({ verb, subresource }) => subresource === 'exec' && verb === 'create');
}

/** `get, list pods in namespace shop`: verbs and resources that go together. */
function missingText(missing: readonly AccessQuestion[]): string {
  const verbs = [...new Set(missing.map(({ verb }) => verb))];
  const resources = [...new Set(missing.map(resourceText))];
  const namespaces = [...new Set(missing.map(({ namespace }) => namespace ?? null))];
  const where = namespaces[0] === null ? 'in the whole cluster' : `in namespace ${list(namespaces.map(String))}`;
  return `${verbs.join(', ')} ${resources.join(', ')} ${where}`;
}

function resourceText({ resource, subresource, group, name }: AccessQuestion): string {
  const whole = group === '' ? resource : `${resource}.${group}`;
  const one = name === undefined ? whole : `${whole} ${name}`;
  return subresource === undefined ? one : `${one}/${subresource}`;
}
