/** Loaded into the observed program ahead of it: tells its memory, its timers and the delays of its event loop, a line each five seconds. */
import { writeSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The pipe that the soak opened for it. */
const FD = 3;
const EVERY_MS = 5_000;
/** How often the loop is looked at; what a look is later than that is delay. */
const RESOLUTION_MS = 10;

const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
setInterval(() => {
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const [p50Ms, p99Ms, maxMs] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) =>
    Math.max(ns / 1e6 - RESOLUTION_MS, 0),
  );
  delay.reset();
  writeSync(FD, `${JSON.stringify({ rss, heapUsed, arrayBuffers, timers, p50Ms, p99Ms, maxMs })}\n`);
}, EVERY_MS).unref();
