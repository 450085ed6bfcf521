/** Keeps what TLS needs of certificates between sockets: reading them takes longer than a handshake does. */
import type { SecureContext } from 'node:tls';

interface Certificates {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** One context for as long as the certificates are the same; null where they are no good, which the connection says then. */
export function createSecureContexts(): (certificates: Certificates) => SecureContext | null {
  let made: Certificates | null = null;
  let context: SecureContext | null = null;
  return (certificates) => {
    const { ca, cert, key } = certificates;
    if (made === null || made.ca !== ca || made.cert !== cert || made.key !== key) {
      made = certificates;
      context = read(certificates);
    }
    return context;
  };
}

function read(certificates: Certificates): SecureContext | null {
  try {
    return process.getBuiltinModule('node:tls').createSecureContext({ ...certificates });
  } catch {
    return null;
  }
}
