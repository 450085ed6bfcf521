/** What a request's or a response's line tells, by the truth about it. */
import type { Truth } from './corpus.ts';
import type { Fields, Printed } from './expected-packet.ts';

export function expectedL7(truth: Truth, printed: Printed): Fields {
  const { observation_point: point, policy_name: name = null } = truth;
  return {
    type: 'l7',
    direction: point === '' ? null : point?.toLowerCase(),
    flowType: truth.flow_type,
    verdict: truth.verdict,
    sourceEndpoint: truth.src_endpoint,
    sourceIdentity: truth.src_identity,
    sourceLabels: truth.src_labels,
    destinationEndpoint: truth.dst_endpoint,
    destinationIdentity: truth.dst_identity,
    destinationLabels: truth.dst_labels,
    source: null,
    destination: null,
    l7: expectedDetails(truth, printed),
    audit: truth.audit ?? null,
    // The JSON has a rule's number, and 0 alone has a name for certain.
    policyName: printed.isJson && name !== 'implicit-default-deny' ? null : name,
    hubble: null,
  };
}

function expectedDetails(truth: Truth, { isJson, text }: Printed): Fields {
  const protocol = truth.l7_proto;
  switch (protocol) {
    case 'http':
      return { protocol, method: truth.method, url: truth.url, status: truth.code };
    case 'kafka':
      return { protocol, apiKey: truth.api_key, topic: truth.topic, errorCode: 29 };
    case 'dns': {
      const isRequest = truth.flow_type === 'Request';
      const observation = isJson ? /"ObservationSource":"(\w+)"/ : / DNS (\w+): /;
      return {
        protocol,
        observation: observation.exec(text)?.[1],
        query: truth.query,
        types: isRequest && truth.verdict === 'Forwarded' ? ['A', 'AAAA'] : ['A'],
        ttl: isRequest ? null : 30,
        ips: isRequest ? [] : ['93.184.216.34', '2606:2800:220:1::1'],
        cnames: isRequest ? [] : ['edge.example.net.'],
      };
    }
    default:
      return { protocol, fields: { query_action: 'select' }, status: 'ok' };
  }
}
