/** The one message that kubectl sends as protobuf and that matters here: a SelfSubjectAccessReview (k8s.io/api authorization/v1, generated.proto). */
import type { Fields } from './fields.ts';

/** Bytes by field number; of a repeated field the last. */
function readMessage(bytes: Uint8Array): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>();
  let offset = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[offset] ?? 0;
      offset += 1;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = varint();
    switch (tag % 8) {
      case 0:
        varint();
        break;
      case 1:
        offset += 8;
        break;
      case 2: {
        const length = varint();
        fields.set(Math.floor(tag / 8), bytes.subarray(offset, offset + length));
        offset += length;
        break;
      }
      default:
        offset += 4;
    }
  }
  return fields;
}

export function isProtobuf(body: Uint8Array): boolean {
  return Buffer.from(body.subarray(0, 4)).equals(Buffer.from('k8s\0'));
}

const EMPTY = new Uint8Array();

/** Kubernetes puts four bytes and an envelope around a message: `k8s\0`, then runtime.Unknown with the message in field 2. */
export function readAccessReview(body: Uint8Array): Fields {
  const message = readMessage(readMessage(body.subarray(4)).get(2) ?? EMPTY);
  const attributes = readMessage(message.get(2) ?? EMPTY).get(1);
  if (attributes === undefined) return { spec: {} };
  const fields = readMessage(attributes);
  const names = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
  const entries = names.flatMap((name, index) => {
    const value = Buffer.from(fields.get(index + 1) ?? EMPTY).toString('utf8');
    return value === '' ? [] : [[name, value] as const];
  });
  return { spec: { resourceAttributes: Object.fromEntries(entries) } };
}
