/** Execs over a server that wants no credentials. */
import { Agent } from 'node:http';
import type { AgentExec } from '../../src/exec/session.ts';
import { systemClock } from '../../src/io/clock.ts';
import { openExec } from '../../src/io/kube-exec.ts';
import type { Clock } from '../../src/model/clock.ts';

export function execOver(url: string, clock: Clock = systemClock): AgentExec {
  const connection = {
    context: 'test',
    server: url,
    headers: () => Promise.resolve({}),
    tls: { rejectUnauthorized: true },
    agent: new Agent(),
  };
  return {
    openExec: (request, handlers, signal) => openExec(connection, request, handlers, signal),
    clock,
    random: () => 0.1,
  };
}
