#!/usr/bin/env node
// Starts policystat: on the caller's Node where it is new enough, else on the pinned one of a checkout.
'use strict';
const { existsSync, mkdirSync, statSync } = require('node:fs');
const { isAbsolute, join } = require('node:path');

const NEEDED = [22, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) start();
else goOver(join(__dirname, '..', 'node_modules', 'node', 'bin', 'node'));

function start() {
  // The first one wins here; Node would warn about the pair on stderr.
  if (process.env.NO_COLOR) delete process.env.FORCE_COLOR;
  keepCompiled();
  import('../dist/main.js').then(
    async ({ main, processIo }) => {
      // Everything is written and closed by now: what is left is other people's keep-alive timers.
      process.exit(await main(process.argv.slice(2), processIo()));
    },
    (error) => {
      const built = existsSync(join(__dirname, '..', 'dist', 'main.js'));
      process.stderr.write(built ? `${error.stack}\n` : 'policystat: not built yet: run "npm run build" first\n');
      process.exitCode = 1;
    },
  );
}

/** Keeps compiled code between runs. What is found there is run: it lies in a folder that nobody else may write to, which Node's own one in the folder for temporary files is not. */
function keepCompiled() {
  const folder = cacheFolder();
  if (folder !== null) require('node:module').enableCompileCache(folder);
}

/** Null where there is no such folder, or none can be made. */
function cacheFolder() {
  const { XDG_CACHE_HOME = '', HOME = '' } = process.env;
  const base = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : isAbsolute(HOME) ? join(HOME, '.cache') : null;
  if (base === null || process.getuid === undefined) return null;
  const folder = join(base, 'policystat');
  try {
    if (!existsSync(folder)) {
      if (!existsSync(base)) mkdirSync(base, 0o700);
      mkdirSync(folder, 0o700);
    }
    const { uid, mode } = statSync(folder);
    return uid === process.getuid() && (mode & 0o022) === 0 ? folder : null;
  } catch {
    return null;
  }
}

function goOver(pinned) {
  if (!existsSync(pinned)) {
    process.stderr.write(
      `policystat needs Node.js ${NEEDED.join('.')} or newer, and this is ${process.versions.node}: install a newer one from https://nodejs.org\n`,
    );
    process.exitCode = 1;
    return;
  }
  const { spawn } = require('node:child_process');
  // The channel tells the child when this process is gone, even by kill -9, so that it ends its streams.
  const child = spawn(pinned, [__filename, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  // A terminal's Ctrl-C reaches the child twice, once from here; it takes the two for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`policystat: cannot run the pinned Node.js ${pinned}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code;
    else {
      for (const handled of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.removeAllListeners(handled);
      process.kill(process.pid, signal);
    }
  });
}
