/**
 * Where in the application's source a statement was issued, for explanations of conflicts.
 *
 * A stack is taken when the statement is given to the session, while its caller is still on it, and turned into text only when somebody asks, which
 * is after a failure. Taking one was measured at 5 microseconds in a short program and at 20 to 60 in one that has been optimized and awaits much, telling it at as much again.
 * So it is done inside transaction blocks alone (a statement by itself needs no telling apart), and unless `captureStacks` says always or never, for a
 * sample: a conflict buys a hundred stacks, at most once a second. Whoever has no conflicts pays nothing, and nobody more than half a percent.
 */
import { fileURLToPath } from 'node:url';
import type { Clock } from '../base/clock.js';
import { once } from '../base/once.js';
import type { StatementInfo } from '../mvcc/types.js';

/** Our own frames lie on top: the public call and the queue. */
const FramesMax = 8;

const root = fileURLToPath(new URL('..', import.meta.url));
const ownFolders = ['base', 'parser', 'functions', 'planner', 'executor', 'mvcc', 'storage', 'engine'].map((folder) => `${root}${folder}`);

const SampleStatements = 100;
const SampleIntervalMs = 1000;

export class CallSiteSampler {
  readonly #always: boolean | undefined;
  readonly #clock: Clock;
  #left = 0;
  #refilledAtMs = -Infinity;

  /** @param always undefined: as many as conflicts buy */
  constructor(always: boolean | undefined, clock: Clock) {
    this.#always = always;
    this.#clock = clock;
  }

  /** Whether the next statement's stack is to be taken. */
  take(): boolean {
    if (this.#always !== undefined) return this.#always;
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  noteConflict(): void {
    const now = this.#clock.monotonic();
    if (now - this.#refilledAtMs < SampleIntervalMs) return;
    this.#refilledAtMs = now;
    this.#left = SampleStatements;
  }
}

export interface CallTrace {
  readonly stack?: string;
}

export function captureCallSite(): CallTrace {
  const trace: CallTrace = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FramesMax;
  Error.captureStackTrace(trace, captureCallSite);
  Error.stackTraceLimit = limit;
  return trace;
}

interface Frame {
  /** Name of its function, if it has one. */
  readonly name: string | undefined;
  /** File, line and column. */
  readonly place: string;
}

function* framesOf(trace: CallTrace): Generator<Frame> {
  for (const line of (trace.stack ?? '').split('\n')) {
    const frame = /^\s+at (?:async )?(?:(.*) \()?(.+?:\d+:\d+)\)?$/.exec(line);
    if (frame !== null) yield { name: frame[1], place: frame[2]!.startsWith('file://') ? withoutScheme(frame[2]!) : frame[2]! };
  }
}

/**
 * The file that this code runs in, by the name it was compiled with: in the package it holds all that is ours (docs/decisions/0035). Undefined where stacks are not to be had.
 * Asked for when a stack is told, and not before: to number a frame's line, V8 makes a table of where all lines of the file end, and keeps it.
 */
const ownFile = once((): string | undefined => {
  const trace: CallTrace = {};
  Error.captureStackTrace(trace);
  const first = framesOf(trace).next().value as Frame | undefined;
  return first?.place.replace(/\d+:\d+$/, '');
});

function isOwn(place: string): boolean {
  const own = ownFile();
  return (own !== undefined && place.startsWith(own)) || ownFolders.some((folder) => place.startsWith(folder));
}

/** `transfer (bank.ts:12:9)`: the first frame that is not ours, its path from the working folder when it lies in there. */
function callSiteText(trace: CallTrace): string | undefined {
  for (const { name, place } of framesOf(trace)) {
    if (place.startsWith('node:') || isOwn(place)) continue;
    const here = `${process.cwd()}/`;
    const shown = place.startsWith(here) ? place.slice(here.length) : place;
    return name === undefined ? shown : `${name} (${shown})`;
  }
  return undefined;
}

function withoutScheme(place: string): string {
  const end = /:\d+:\d+$/.exec(place)!.index;
  try {
    return fileURLToPath(place.slice(0, end)) + place.slice(end);
  } catch {
    return place;
  }
}

/** A statement's text with the place that issued it; `site` is worked out when it is first asked for. */
export class TracedStatement implements StatementInfo {
  readonly text: string;
  readonly #trace: CallTrace;
  #site: string | undefined;
  #isKnown = false;

  constructor(text: string, trace: CallTrace) {
    this.text = text;
    this.#trace = trace;
  }

  get site(): string | undefined {
    if (!this.#isKnown) {
      this.#site = callSiteText(this.#trace);
      this.#isKnown = true;
    }
    return this.#site;
  }
}
