/** What the demo's agents say of themselves, as their Hubble keeps it (Cilium api/v1/flow/flow.proto, AgentEvent). */
import type { AgentEvent } from '../datapath/event.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Null for what it does not keep. */
export function agentEventOf({ notice, message }: AgentEvent): Fields | null {
  switch (notice) {
    case 'Policy updated':
    case 'Policy deleted': {
      const { labels, revision, rule_count } = message;
      const type = notice === 'Policy updated' ? 'POLICY_UPDATED' : 'POLICY_DELETED';
      return { type, policy_update: { labels, revision: String(revision), rule_count: String(rule_count) } };
    }
    case 'Endpoint regenerated':
      return {
        type: 'ENDPOINT_REGENERATE_SUCCESS',
        endpoint_regenerate: { id: String(message.id), labels: message.labels },
      };
    case 'Endpoint created':
    case 'Endpoint deleted': {
      const type = notice === 'Endpoint created' ? 'ENDPOINT_CREATED' : 'ENDPOINT_DELETED';
      const { id, labels, namespace } = message;
      return { type, endpoint_update: { id: String(id), labels, pod_name: message['pod-name'], namespace } };
    }
    case 'Cilium agent started':
      return { type: 'AGENT_STARTED', agent_start: message };
    default:
      return null;
  }
}
