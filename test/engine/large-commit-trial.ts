/**
 * Large commits in slices (mvcc/commit/sliced-commit.ts) as users of a database meet them: while one is being installed, or two of two databases of a process, others come by every way there is
 * (large-commit-intruders.ts), timers fire, the disk fails or is copied, the database is closed.
 *
 * T1  Whoever has come in the middle finds all of the commit; nobody finds a part of it. What the transaction itself saw before its commit is the model.
 * T2  Whoever can wait leaves the commit its pace.
 * T3  Everything ends, and in no way but those that are expected.
 * T4  What was acknowledged is there when the file is opened again, also as it was in the middle; a commit is there whole or not at all.
 */
import { strict as check } from 'node:assert';
import { type Prng, seededPrng } from '../../base/prng.js';
import { DatabaseError, open, type Database, type Session, type TransactionHandle } from '../../engine/index.js';
import type { TransactionManager } from '../../mvcc/transaction-manager.js';
import { CrashVfs } from '../sim/crash-vfs.js';
import { type CallKind, FaultVfs } from '../sim/fault-vfs.js';
import { CountedTurns, afterMicrotasks } from './counted-turns.js';
import { type Intruder, type Line, type Scene, type Standing, intruders, lookText } from './large-commit-intruders.js';
import { shortenSlices } from './short-slices.js';

const TurnsMax = 4000;
/** Keys from here on are of those who come in between. */
const OwnKeyMin = 1_000_000;
const patient = Object.keys(intruders).filter((name) => intruders[name]!.waits);
const impatient = Object.keys(intruders).filter((name) => !intruders[name]!.waits);
/** After a failure of the disk, or when the database is being closed. */
const endingCodes = new Set(['58030', '53100', '57P01', '08003']);
/** Whoever comes in between may be in the way of others who do. */
const conflictCodes = new Set(['40001', '40P01']);

interface Row extends Line {
  readonly s: string | null;
}
type Rows = ReadonlyMap<number, Row>;
/** What somebody in between has done to a row, as far as he knows. */
interface Effect {
  readonly text: string | undefined;
  /** It came behind the commit that was under way. */
  readonly isBehind: boolean;
  state: 'tried' | 'told' | 'refused';
}
interface World {
  readonly path: string;
  readonly turns: CountedTurns;
  readonly disk: CrashVfs;
  readonly vfs: FaultVfs;
  readonly prng: Prng;
  readonly durability: 'full' | 'relaxed';
  readonly db: Database;
  readonly manager: TransactionManager;
  readonly writer: Session;
  readonly user: Session;
  readonly marked: Set<number>;
  intruderCount: number;
  /** It is being closed, or the disk has failed. */
  isEnding: boolean;
}
/** A commit under way. */
interface Round {
  readonly world: World;
  readonly before: Rows;
  readonly after: Rows;
  readonly standing: Standing;
  readonly effects: Map<number, Effect>;
  readonly running: Promise<unknown>[];
  /** Nobody had a transaction open when the commit began: it is published as it ends, and whoever has waited for that sees it. */
  isAlone: boolean;
  /** Who has not come to an end yet. */
  readonly waiting: Set<string>;
  state: 'under way' | 'told' | 'refused' | 'unknown';
}
type Client = Session | TransactionHandle;

// ------------------------------------------------------------------------------------------------------------ the database

async function openWorld(path: string, turns: CountedTurns, disk: CrashVfs, prng: Prng): Promise<World> {
  const vfs = new FaultVfs(disk);
  if (prng.below(4) === 0) vfs.shortPrng = prng;
  const durability = prng.below(3) === 0 ? 'relaxed' : 'full';
  const cacheBytes = prng.below(2) === 0 ? 1 << 17 : 1 << 22;
  const db = await turns.until(open(path, { vfs, clock: turns, scheduler: turns, prng, durability, pageSizeBytes: 512, cacheBytes, timeSliceMs: 0.2 + prng.below(3), checkpointWalBytes: prng.below(3) === 0 ? 20_000 : undefined }), TurnsMax);
  const { manager } = db.instance;
  shortenSlices(manager, 20, 4 + prng.below(40));
  const [writer, user] = [db.connect({ name: 'writer' }), db.connect({ name: 'user' })];
  const size = 60 + prng.below(200);
  await turns.until(db.exec(`create table t (id int primary key, n int not null, s text); create index on t (n); create table u (id int primary key, n int); create sequence q;
    insert into t select i, i % 17, repeat('s', i % 50) from generate_series(1, ${size}) i; insert into u select i, 0 from generate_series(1, ${size}) i`), TurnsMax);
  // So often that there are short ways for them.
  const warm = [lookText, 'select id, n from t where id = $1', "insert into t values ($1, $1, 'new')", "update t set s = 'marked' where id = $1"];
  const warming = async (): Promise<void> => {
    await user.exec(`prepare looks as ${lookText}`);
    for (let times = 0; times < 3; times++) for (const text of warm) await user.query(text, text.includes('$') ? [2 * OwnKeyMin + times] : undefined);
    await user.query('delete from t where id >= $1', [OwnKeyMin]);
  };
  await turns.until(warming(), TurnsMax);
  return { path, turns, disk, vfs, prng, durability, db, manager, writer, user, marked: new Set(), intruderCount: 0, isEnding: false };
}

const rowsOf = async (client: Client): Promise<Rows> => new Map((await client.query<Row>('select id, n, s from t order by id')).rows.map((row) => [row.id, row]));

/** What the disk holds, as whoever opens it finds it. */
async function rowsAgain(disk: CrashVfs, { path }: World): Promise<Rows> {
  const turns = new CountedTurns();
  const found = async (): Promise<Rows> => {
    const db = await open(path, { vfs: disk, clock: turns, scheduler: turns, prng: seededPrng(1), autoAnalyze: false });
    const rows = await rowsOf(db.connect());
    check.deepEqual((await db.query('select id from t except select id from t where n > -1000000000')).rows, []);
    check.deepEqual((await db.check('full')).problems, []);
    await db.close();
    return rows;
  };
  return turns.until(found(), TurnsMax);
}

// ------------------------------------------------------------------------------------------------------------ the model

/** The rows that only the commit changes. */
const isWatched = (id: number): boolean => id < OwnKeyMin && id % 10 !== 7;
const watchedOf = (lines: Iterable<Line>): Line[] => [...lines].filter(({ id }) => isWatched(id)).map(({ id, n }) => ({ id, n })).sort((a, b) => a.id - b.id);
const isSame = (lines: readonly Line[], rows: Rows): boolean => {
  const wanted = watchedOf(rows.values());
  const found = watchedOf(lines);
  return found.length === wanted.length && found.every((line, i) => line.id === wanted[i]!.id && line.n === wanted[i]!.n);
};

/** @returns what is wrong about `found`, when it is to be `base` with what others have done */
function difference(found: Rows, base: Rows, effects: ReadonlyMap<number, Effect>, isBefore: boolean): string | undefined {
  for (const id of new Set([...found.keys(), ...base.keys(), ...effects.keys()])) {
    const effect = effects.get(id);
    const [is, was] = [found.get(id), base.get(id)];
    const isUntouched = is?.n === was?.n && is?.s === was?.s;
    const isDone = effect !== undefined && (effect.text === undefined ? is === undefined : is?.s === effect.text && (was === undefined || is.n === was.n));
    if (effect === undefined || effect.state === 'refused' || (isBefore && effect.isBehind)) {
      if (!isUntouched) return `row ${id} is ${JSON.stringify(is)} instead of ${JSON.stringify(was)}`;
    } else if (!isDone && (!isUntouched || effect.state === 'told')) return `row ${id} is ${JSON.stringify(is)}, and was to be ${effect.text}: ${effect.state}`;
  }
  return undefined;
}
function requireWhole(found: Rows, { before, after, effects, state }: Round): void {
  const afterwards = state === 'refused' ? 'it was refused' : difference(found, after, effects, false);
  if (afterwards === undefined) return;
  const beforehand = state === 'told' ? 'it was acknowledged' : difference(found, before, effects, true);
  check.equal(beforehand, undefined, `neither with the commit (${afterwards}) nor without (${beforehand})`);
}

// ------------------------------------------------------------------------------------------------------------ the commit

/** Changes of many rows, each of which leaves those that are marked there. */
function drawChanges(prng: Prng, number: number): string[] {
  const base = number * 10_000;
  const changes = [
    'update t set n = n + 100',
    `update t set n = n + 100 where id % 3 = ${prng.below(3)}`,
    `update t set s = repeat('w', id % ${1 + prng.below(700)}) where id % 10 <> 7`,
    `delete from t where id % 10 = ${prng.below(7)}`,
    `insert into t select ${base} + i, i, repeat('i', i % ${1 + prng.below(60)}) from generate_series(1, ${50 + prng.below(150)}) i`,
    `insert into t select ${base + 5000} + i * 7919 % 4001, i, md5(i::text) from generate_series(1, ${50 + prng.below(100)}) i where i * 7919 % 4001 % 10 <> 7`,
    `insert into u select ${base} + i, i from generate_series(1, ${20 + prng.below(100)}) i`,
    'update t set id = id + 100000 where id < 100000 and id % 10 = 5',
    'delete from u',
    `savepoint a; update t set n = n - 7; delete from t where id % 4 = 0; insert into t select ${base + 9500} + i, i from generate_series(1, 60) i; rollback to a`,
  ];
  return Array.from({ length: 1 + prng.below(4) }, () => prng.below(changes.length)).filter((at, i, all) => all.indexOf(at) === i).map((at) => changes[at]!);
}

/** Gives the changes and their commit in one of the ways to do so. @returns the rows as they will be, and what commits them */
async function prepare({ prng, writer, db, user }: World, changes: readonly string[]): Promise<{ readonly after: Rows; readonly commit: () => Promise<unknown> }> {
  await writer.exec(`begin; ${changes.join('; ')}`);
  const after = await rowsOf(writer);
  const isScript = !changes.some((text) => text.startsWith('savepoint'));
  const way = prng.below(isScript ? 7 : 4);
  if (way < 4) return { after, commit: [() => writer.exec('commit'), () => writer.query('commit'), () => writer.exec('commit and chain; rollback'), () => writer.exec('commit', { timeout: 1_000_000_000 })][way]! };
  await writer.exec('rollback');
  // What was rolled back is out of the way.
  await user.query(lookText);
  if (way === 4) return { after, commit: () => writer.exec(changes.join('; ')) };
  if (way === 5) return { after, commit: () => writer.exec(`begin; ${changes.join('; ')}; commit; select 1`) };
  return { after, commit: () => db.transaction(async (tx) => void (await tx.exec(changes.join('; ')))) };
}

async function makeStanding({ db, user, prng }: World): Promise<Standing> {
  const old: Session[] = [];
  for (let left = prng.below(3); left > 0; left--) {
    const session = db.connect();
    old.push(session);
    await session.exec(`begin isolation level ${prng.below(2) === 0 ? 'repeatable read' : 'serializable read only'}; select count(*) from u`);
  }
  const [blocked, holder] = [db.connect(), db.connect()];
  await holder.exec(`begin; declare held scroll cursor with hold for ${lookText}; commit`);
  await blocked.exec(`set idle_in_transaction_session_timeout = ${prng.below(2) * 3}; begin isolation level ${prng.below(2) === 0 ? 'repeatable read' : 'serializable'}`);
  return {
    session: user, look: db.prepare<Line>(lookText), insert: db.prepare("insert into t values ($1, $1, 'once')"), mark: db.prepare("update t set s = 'marked' where id = $1"), blocked, old, holder,
    streams: [db.connect().stream<Line>(lookText, [], { batchRows: 1 + prng.below(60) })],
  };
}

async function begin(world: World, number: number): Promise<Round> {
  const { turns, user, prng, db } = world;
  const setUp = async (): Promise<{ before: Rows; standing: Standing; after: Rows; commit: () => Promise<unknown> }> => {
    const before = await rowsOf(user);
    const standing = await makeStanding(world);
    return { before, standing, ...(await prepare(world, drawChanges(prng, number))) };
  };
  const { before, standing, after, commit } = await turns.until(setUp(), TurnsMax);
  const round: Round = { world, before, after, standing, effects: new Map(), running: [], isAlone: false, waiting: new Set(), state: 'under way' };
  // What has begun before goes on beside it.
  const early = prng.below(6);
  if (early === 0) follow(round, 'an early check', db.check('full').then(({ problems }) => check.deepEqual(problems, [])));
  if (early === 1) follow(round, 'an early checkpoint', db.checkpoint());
  for (let some = prng.below(5); early < 2 && some > 0; some--) await turns.turn(1);
  const committing = commit().then(
    () => (round.state = 'told'),
    (error: unknown) => {
      const { code } = error as DatabaseError;
      round.state = code === '57014' || conflictCodes.has(code) ? 'refused' : 'unknown';
      if (code !== '57014') throw error;
    },
  );
  follow(round, 'the commit', committing);
  await afterMicrotasks();
  round.isAlone = world.manager.sliced !== undefined && world.manager.active.size === 1;
  return round;
}
/** It may not fail otherwise than in conflict with others, or where the world ends, as everything does then. */
async function expectEnd({ world, waiting, isAlone }: Round, what: string, running: Promise<unknown>): Promise<void> {
  waiting.add(what);
  try {
    await running;
  } catch (error) {
    if (error instanceof DatabaseError && (conflictCodes.has(error.code) || (world.isEnding && endingCodes.has(error.code)))) return;
    // Who cannot wait for a lock may find it held until a commit beside others is published.
    if (error instanceof DatabaseError && error.code === '55P03' && !isAlone && intruders[what]?.waits === false) return;
    throw new Error(`${what} ended in ${String((error as DatabaseError).code)} ${String(error)}`, { cause: error });
  } finally {
    waiting.delete(what);
  }
}
function follow(round: Round, what: string, running: Promise<unknown>): void {
  const ended = expectEnd(round, what, running);
  // Its failure is looked at when all have ended.
  ended.catch(() => undefined);
  round.running.push(ended);
}

// ------------------------------------------------------------------------------------------------------------ who comes in between

function sceneOf(round: Round, sessions: Session[]): Scene {
  const { world, before, after, standing, effects } = round;
  const { db, writer, prng, manager, marked } = world;
  const number = ++world.intruderCount;
  const isBehind = (round.isAlone && manager.sliced !== undefined) || round.state === 'told';
  return {
    db, prng, writer, standing, number, isAlone: round.isAlone,
    connect: () => {
      const session = db.connect();
      sessions.push(session);
      return session;
    },
    sees: (lines) => {
      if (isSame(lines, after) && round.state !== 'refused') return 'after';
      check.ok(!isBehind && isSame(lines, before), `a part of the commit, or nothing of it behind it: ${lines.length} rows`);
      return 'before';
    },
    seesBefore: (lines) => check.ok(isSame(lines, before), 'a cursor of before shows other rows'),
    freeKey: () => OwnKeyMin + number * 100,
    markedKey: () => {
      const id = [...after.keys()].find((one) => one < OwnKeyMin && one % 10 === 7 && !marked.has(one)) ?? OwnKeyMin - 3;
      marked.add(id);
      return id;
    },
    writes: async (id, text, run) => {
      // Of a key that nobody has, the change is none.
      const effect: Effect = { text: id === OwnKeyMin - 3 ? undefined : text, isBehind, state: 'tried' };
      effects.set(id, effect);
      try {
        const result = await run();
        effect.state = 'told';
        return result;
      } catch (error) {
        const { code } = error as DatabaseError;
        if (code === '57014' || conflictCodes.has(code)) effect.state = 'refused';
        throw error;
      }
    },
  };
}

async function perform(round: Round, run: Intruder['run']): Promise<void> {
  const sessions: Session[] = [];
  try {
    await run(sceneOf(round, sessions));
  } finally {
    // Others may wait for the end of a transaction that has failed.
    for (const session of sessions) await session.close();
  }
}
async function intrude(round: Round): Promise<void> {
  const { world } = round;
  const { prng, manager } = world;
  // Behind one that does not wait there is no commit left for others.
  const names = prng.below(4) > 0 ? patient : impatient;
  const name = names[prng.below(names.length)]!;
  const { waits, run } = intruders[name]!;
  const { sliced } = manager;
  follow(round, name, perform(round, run));
  if (!waits || sliced === undefined) return;
  check.ok(manager.sliced === sliced, `${name} does not wait for the end of the commit`);
  await afterMicrotasks();
  check.ok(manager.sliced === sliced, `${name} does not wait long for the end of the commit`);
}

/** The disk fails for good at one of the next calls, or the database is closed. */
function end(round: Round): void {
  const { world } = round;
  const { prng, vfs, db } = world;
  world.isEnding = true;
  const kind = prng.below(5);
  if (kind === 0) {
    follow(round, 'close', db.close());
    return;
  }
  const call: CallKind = (['write', 'write', 'sync', 'writeThrough', 'read', 'open'] as const)[prng.below(6)]!;
  vfs.fault = { kind: call, at: (vfs.calls.get(call) ?? 0) + 1 + prng.below(4), isForGood: true, code: prng.below(5) === 0 ? '53100' : '58030' };
}

/** The disk as a power cut leaves it now; or as the end of the process does, which is all that relaxed durability outlives. */
function imageOf({ prng, disk, durability }: World): CrashVfs {
  const image = durability === 'full' && prng.below(2) === 0 ? disk.powerCut(prng) : disk.copy();
  image.kill();
  return image;
}
async function checkImage(round: Round): Promise<void> {
  const { world, state } = round;
  const image = imageOf(world);
  const effects = new Map([...round.effects].map(([id, effect]) => [id, { ...effect }]));
  requireWhole(await rowsAgain(image, world), { ...round, state, effects });
}

// ------------------------------------------------------------------------------------------------------------ the story

/** Among them what automatic ANALYZE and checkpoints wait for. */
const longDelaysMs = [5, 60, 600, 10_001, 300_001];

/** Turns, with others coming in between, until nobody has anything to wait for. */
async function play(rounds: readonly Round[], prng: Prng, turns: CountedTurns, endsAtTurn: number): Promise<void> {
  let isOver = false;
  let failure: unknown;
  let imagesLeft = prng.below(3);
  const settle = (): void => {
    const count = rounds.reduce((sum, { running }) => sum + running.length, 0);
    Promise.all(rounds.flatMap(({ running }) => running)).then(
      () => (rounds.reduce((sum, { running }) => sum + running.length, 0) === count ? (isOver = true) : settle()),
      (error: unknown) => {
        failure = error;
        isOver = true;
      },
    );
  };
  settle();
  let slicedTurns = 0;
  for (let turn = 0; !isOver; turn++) {
    if (turn === TurnsMax) throw new Error(`for ever: ${rounds.map(({ waiting, state }) => [...waiting, state].join(', ')).join('; ')}`);
    for (const round of rounds) {
      const { manager } = round.world;
      const isSliced = manager.sliced !== undefined;
      if (isSliced) slicedTurns++;
      if (isSliced && endsAtTurn === slicedTurns && !round.world.isEnding) end(round);
      if (isSliced && imagesLeft > 0 && prng.below(4) === 0) {
        imagesLeft--;
        await checkImage(round);
      }
      if (round.state === 'under way' && !round.world.db.isClosed && prng.below(isSliced ? 3 : 30) === 0) await intrude(round);
    }
    await turns.turn(prng.below(8) > 0 ? prng.below(2) : longDelaysMs[prng.below(longDelaysMs.length)]!);
  }
  if (failure !== undefined) throw failure;
}

async function finishRound(round: Round): Promise<void> {
  const { world, standing } = round;
  const { turns, db, user } = world;
  const settled = async (): Promise<void> => {
    for (const session of [...standing.old, standing.blocked, standing.holder]) await session.close();
    for (const stream of standing.streams) await stream.return?.();
    requireWhole(await rowsOf(user), round);
    check.deepEqual((await db.check('full')).problems, []);
  };
  await turns.until(settled(), TurnsMax);
}

/** What the file holds in the end, however it has come to it. */
async function finish(round: Round): Promise<void> {
  const { world } = round;
  const { turns, db, vfs } = world;
  await turns.until(db.close().catch((error: unknown) => check.ok(world.isEnding && endingCodes.has((error as DatabaseError).code), String(error))), TurnsMax);
  vfs.fault = undefined;
  requireWhole(await rowsAgain(imageOf(world), world), round);
}

/** One story. @throws AssertionError, DatabaseError, Error */
export async function largeCommitTrial(seed: number): Promise<void> {
  const prng = seededPrng(seed);
  const turns = new CountedTurns();
  const disks = Array.from({ length: prng.below(3) === 0 ? 2 : 1 }, () => new CrashVfs());
  const worlds: World[] = [];
  for (const [i, disk] of disks.entries()) worlds.push(await openWorld(`large${i}.db`, turns, disk, prng));
  const roundCount = 1 + prng.below(3);
  const endsInLast = prng.below(2) === 0;
  for (let number = 1; number <= roundCount; number++) {
    const isLast = number === roundCount;
    const rounds: Round[] = [];
    for (const world of worlds) rounds.push(await begin(world, number));
    await play(rounds, prng, turns, isLast && endsInLast ? 1 + prng.below(12) : 0);
    for (const round of rounds) await (isLast ? (round.world.isEnding || await finishRound(round), finish(round)) : finishRound(round));
  }
}
