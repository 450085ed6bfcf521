/** Starts the programs that are exec'd, each in a session of its own, and knows which of their processes are still alive. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ContainerEnvironment } from '../ports.ts';

export interface ProcessGroups {
  start(program: string, command: readonly string[], environment: ContainerEnvironment, stdin: boolean): ChildProcess;
  /** Every process that an exec left or still runs, its children included; zombies are not alive. */
  alive(): readonly number[];
  killAll(): Promise<void>;
}

/** Where an image keeps its programs; a path into one of them means the program of that name. */
const PROGRAM_FOLDER = /^\/(usr\/(local\/)?)?s?bin\/[^/]+$/;

/** The program's file, or what runc says where there is none. */
export function findProgram(
  name: string,
  environment: ContainerEnvironment,
): { readonly path: string } | { readonly missing: string } {
  const missing = name.includes('/')
    ? `unable to start container process: exec: "${name}": stat ${name}: no such file or directory`
    : `unable to start container process: exec: "${name}": executable file not found in $PATH`;
  if (name.includes('/') && !PROGRAM_FOLDER.test(name)) return { missing };
  const path = join(environment.binFolder, basename(name));
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? { path } : { missing };
  } catch {
    return { missing };
  }
}

function groupExists(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch {
    return false;
  }
}

interface ProcessFacts {
  readonly pid: number;
  readonly state: string;
  readonly session: number;
}

/** Linux only: `pid (name) state ppid pgrp session …`, and the name may hold anything. */
function readProcesses(): readonly ProcessFacts[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state = '', , , session = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(entry), state, session: Number(session) }];
    } catch {
      return [];
    }
  });
}

export function createProcessGroups(): ProcessGroups {
  /** Session leaders, kept until nobody of their group is left. */
  const leaders = new Set<number>();
  const running = new Set<ChildProcess>();

  const alive = (): readonly number[] => {
    if (leaders.size === 0) return [];
    if (process.platform !== 'linux') return [...leaders].filter(groupExists);
    const found = readProcesses().filter(({ session, state }) => leaders.has(session) && state !== 'Z');
    const sessions = new Set(found.map(({ session }) => session));
    for (const child of running) if (child.pid !== undefined) sessions.add(child.pid);
    for (const leader of leaders) if (!sessions.has(leader)) leaders.delete(leader);
    return found.map(({ pid }) => pid);
  };

  return {
    start(program, command, environment, stdin) {
      const [argv0 = program, ...args] = command;
      const child = spawn(program, args, {
        argv0,
        cwd: environment.cwd,
        env: { ...environment.env, PATH: environment.binFolder },
        stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
        detached: true,
      });
      const { pid } = child;
      if (pid === undefined) return child;
      leaders.add(pid);
      running.add(child);
      child.once('exit', () => {
        running.delete(child);
        if (!groupExists(pid)) leaders.delete(pid);
      });
      return child;
    },
    alive,
    async killAll() {
      const ended = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const pid of alive()) {
        try {
          process.kill(process.platform === 'linux' ? pid : -pid, 'SIGKILL');
        } catch {
          // It went by itself in the meantime.
        }
      }
      await Promise.all(ended);
    },
  };
}
