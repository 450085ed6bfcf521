/** Preloaded into policystat by start.test.ts: writes down, in their order, the files of dist/ that it loads, its connections and its requests. */
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const path = process.env.POLICYSTAT_TEST_JOURNAL ?? '';
const note = (line: string) => appendFileSync(path, `${line}\n`);

registerHooks({
  load(url, context, nextLoad) {
    const [, file] = /\/dist\/(.*)$/.exec(url) ?? [];
    if (file !== undefined) note(`file ${file}`);
    return nextLoad(url, context);
  },
});
subscribe('net.client.socket', () => note('connection'));
subscribe('http.client.request.created', (message) => {
  const request: unknown = Reflect.get(Object(message), 'request');
  note(`request ${String(Reflect.get(Object(request), 'path'))}`);
});
subscribe('http.client.response.finish', () => note('answer'));
