import { type GenerateResult, generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { createSecureContexts } from '../../src/io/secure-context.ts';

/** With a key of its own, or with that of another. */
const made = (name: string, of?: GenerateResult) =>
  generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ...(of === undefined ? {} : { keyPair: { publicKey: of.public, privateKey: of.private } }),
  });

const [alice, bob] = [await made('alice'), await made('bob')];
const key = Buffer.from(alice.private);
const cert = Buffer.from(alice.cert);
const ca = Buffer.from(bob.cert);

test('certificates are read once for as long as they are the same', async () => {
  const contexts = createSecureContexts();
  const context = contexts({ ca, cert, key });
  expect(context).not.toBeNull();
  expect(contexts({ ca, cert, key })).toBe(context);
  const renewed = contexts({ ca, cert: Buffer.from((await made('alice', alice)).cert), key });
  expect(renewed).not.toBeNull();
  expect(renewed).not.toBe(context);
  expect(contexts({ ca: cert, cert, key })).not.toBe(context);
  const nobody = contexts({ ca });
  expect(contexts({ ca, cert, key })).not.toBe(nobody);
});

test('what is no certificate makes none, and the next that is one does', () => {
  const contexts = createSecureContexts();
  expect(contexts({ cert: Buffer.from('none'), key })).toBeNull();
  expect(contexts({ cert, key: Buffer.from(bob.private) })).toBeNull();
  expect(contexts({ cert, key })).not.toBeNull();
});
