import { generate } from 'selfsigned';
import { expect, test } from 'vitest';
import { createSecureContexts } from '../../src/io/secure-context.ts';

async function certificate(name: string): Promise<{ cert: Buffer; key: Buffer }> {
  const made = await generate([{ name: 'commonName', value: name }], { keyType: 'ec', algorithm: 'sha256' });
  return { cert: Buffer.from(made.cert), key: Buffer.from(made.private) };
}

test('certificates are read once for as long as they are the same', async () => {
  const contexts = createSecureContexts();
  const [alice, bob] = [await certificate('alice'), await certificate('bob')];
  const first = contexts({ ca: alice.cert, ...alice });
  expect(first).not.toBeNull();
  expect(contexts({ ca: alice.cert, ...alice })).toBe(first);
  expect(contexts({ ca: bob.cert, ...alice })).not.toBe(first);
  const ofBob = contexts({ ca: alice.cert, ...bob });
  expect(ofBob).not.toBeNull();
  expect(ofBob).not.toBe(first);
  expect(contexts({ ca: alice.cert })).not.toBe(ofBob);
});

test('what is no certificate makes none, and the next that is one does', async () => {
  const contexts = createSecureContexts();
  const [alice, bob] = [await certificate('alice'), await certificate('bob')];
  expect(contexts({ cert: Buffer.from('none'), key: alice.key })).toBeNull();
  expect(contexts({ cert: alice.cert, key: bob.key })).toBeNull();
  expect(contexts(alice)).not.toBeNull();
});
