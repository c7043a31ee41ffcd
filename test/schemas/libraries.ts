/**
 * What each library is made to do. A scenario calls the library's own functions, over its own schema and its own SQL, and returns what it observed;
 * `expected` is what the same calls observe over PostgreSQL 15, which the test checks again where a server is at hand.
 */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { authAdapter, betterAuth } from './auth.js';

/** The part of a node-postgres client that the libraries use. */
export interface ForeignClient {
  query(input: string | { readonly text: string; readonly values?: readonly unknown[] }, values?: readonly unknown[]): Promise<unknown>;
}

export interface Library {
  readonly name: string;
  /** What it is and what of it is used. */
  readonly about: string;
  readonly expected: readonly unknown[];
  run(client: ForeignClient): Promise<unknown[]>;
}

const load = createRequire(import.meta.url);

/** undefined when the package is not installed. */
export function versionOf(name: string): string | undefined {
  try {
    return (load(`./node_modules/${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

interface Job {
  readonly id: string;
  readonly data: unknown;
  readonly state?: string;
}

interface JobQueue {
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  send(name: string, data?: object | null, options?: object): Promise<string | null>;
  sendSingleton(name: string, data: object, options: object): Promise<string | null>;
  insert(jobs: readonly object[]): Promise<unknown>;
  fetch(name: string): Promise<Job | null>;
  fetch(name: string, batchSize: number): Promise<Job[] | null>;
  complete(id: string, data?: object): Promise<unknown>;
  fail(id: string, data?: object): Promise<unknown>;
  cancel(id: string): Promise<unknown>;
  resume(id: string): Promise<unknown>;
  subscribe(event: string, name: string): Promise<unknown>;
  publish(event: string, data: object): Promise<unknown>;
  schedule(name: string, cron: string, data: object): Promise<unknown>;
  getSchedules(): Promise<{ readonly name: string; readonly cron: string }[]>;
  unschedule(name: string): Promise<unknown>;
  getQueueSize(name: string): Promise<number>;
  getJobById(id: string): Promise<Job | null>;
  expire(): Promise<unknown>;
  archive(): Promise<unknown>;
  purge(): Promise<unknown>;
  countStates(): Promise<{ readonly queues: Readonly<Record<string, unknown>> }>;
  deleteQueue(name: string): Promise<unknown>;
  clearStorage(): Promise<unknown>;
}

interface JobQueueClass {
  new (options: object): JobQueue;
  getMigrationPlans(schema: string, version: number): string;
  getRollbackPlans(schema: string, version: number): string;
}

const jobs: Library = {
  name: 'pg-boss',
  about: 'a job queue: its schema, every migration that it can take back and make again, jobs through all their states, subscriptions, schedules, clearing of queues',
  expected: [
    ['installed', 20], ['taken back to', 13], ['made again up to', 20], 2, { to: 'ada' }, 'active', 'completed', { sent: true }, null, ['b', 'c'], 'failed',
    'cancelled', 'created', { topic: 'news' }, [{ name: 'nightly', cron: '0 3 * * *' }], 0, 'completed 1, created 2, failed 1', 0, 0,
  ],
  async run(client) {
    const PgBoss = load('./node_modules/pg-boss') as JobQueueClass;
    const seen: unknown[] = [];
    const version = async (): Promise<number> => Number((await client.query('SELECT version FROM boss.version') as { rows: { version: unknown }[] }).rows[0]!.version);
    const boss = new PgBoss({
      db: { executeSql: (text: string, values?: readonly unknown[]) => client.query(text, values) }, schema: 'boss', noSupervisor: true, noScheduling: true,
    });
    await boss.start();
    const newest = await version();
    seen.push(['installed', newest]);
    const oldest = 13;
    for (let at = newest; at > oldest; at--) await client.query(PgBoss.getRollbackPlans('boss', at));
    seen.push(['taken back to', await version()]);
    await client.query(PgBoss.getMigrationPlans('boss', oldest));
    seen.push(['made again up to', await version()]);

    const first = await boss.send('mail', { to: 'ada' }, { priority: 5 });
    const second = await boss.send('mail', { to: 'bob' }, { retryLimit: 0 });
    seen.push(await boss.getQueueSize('mail'), (await boss.fetch('mail'))!.data, (await boss.getJobById(first!))!.state);
    await boss.complete(first!, { sent: true });
    const done = (await boss.getJobById(first!)) as Job & { readonly output: unknown };
    seen.push(done.state, done.output);
    await boss.sendSingleton('one', {}, { singletonKey: 'k' });
    seen.push(await boss.sendSingleton('one', {}, { singletonKey: 'k' }));
    await boss.insert([{ name: 'batch', data: { n: 'b' }, priority: 2 }, { name: 'batch', data: { n: 'c' }, priority: 1 }]);
    seen.push((await boss.fetch('batch', 5))!.map((job) => (job.data as { n: string }).n));
    await boss.fetch('mail');
    await boss.fail(second!, { why: 'refused' });
    seen.push((await boss.getJobById(second!))!.state);
    const third = await boss.send('later', null, { startAfter: 3600 });
    await boss.cancel(third!);
    seen.push((await boss.getJobById(third!))!.state);
    await boss.resume(third!);
    seen.push((await boss.getJobById(third!))!.state);
    await boss.subscribe('published', 'readers');
    await boss.publish('published', { topic: 'news' });
    seen.push((await boss.fetch('readers'))!.data);
    await boss.schedule('nightly', '0 3 * * *', {});
    seen.push((await boss.getSchedules()).map(({ name, cron }) => ({ name, cron })));
    await boss.unschedule('nightly');
    seen.push((await boss.getSchedules()).length);
    const states = await client.query("SELECT string_agg(state || ' ' || n, ', ' ORDER BY state::text) AS text FROM (SELECT state, count(*) AS n FROM boss.job WHERE state <> 'active' GROUP BY state) s") as { rows: { text: string }[] };
    seen.push(states.rows[0]!.text);
    await boss.deleteQueue('later');
    seen.push(await boss.getQueueSize('later'));
    await boss.clearStorage();
    seen.push(await boss.getQueueSize('one'));
    await boss.stop({ graceful: false, destroy: false }).catch(() => undefined);
    return seen;
  },
};

interface SessionStore {
  get(sid: string, done: (error: Error | null, session?: unknown) => void): void;
  set(sid: string, session: object, done: (error: Error | null) => void): void;
  touch(sid: string, session: object, done: (error: Error | null) => void): void;
  destroy(sid: string, done: (error: Error | null) => void): void;
  pruneSessions(done: (error: Error | null) => void): void;
  close(): Promise<void>;
}

const webSessions: Library = {
  name: 'connect-pg-simple',
  about: 'web sessions: its table.sql, and sessions written, read, replaced, touched, expired and removed',
  expected: [{ user: 1, cookie: { maxAge: 60_000 } }, { user: 2, cookie: { maxAge: 60_000 } }, 'none', 'none', 1, ['IDX_session_expire', 'session_pkey']],
  async run(client) {
    const connect = load('./node_modules/connect-pg-simple') as (session: { Store: unknown }) => new (options: object) => SessionStore;
    const Store = connect({ Store: EventEmitter });
    const store = new Store({ pool: client, createTableIfMissing: true, pruneSessionInterval: false });
    const call = <T>(f: (done: (error: Error | null, value?: T) => void) => void): Promise<T | undefined> =>
      new Promise((resolve, reject) => f((error, value) => (error === null || error === undefined ? resolve(value) : reject(error))));
    const seen: unknown[] = [];
    const cookie = { maxAge: 60_000 };
    await call((done) => store.set('a', { user: 1, cookie }, done));
    seen.push(await call((done) => store.get('a', done)));
    await call((done) => store.set('a', { user: 2, cookie }, done));
    await call((done) => store.touch('a', { user: 2, cookie }, done));
    seen.push(await call((done) => store.get('a', done)));
    await call((done) => store.set('b', { user: 3, cookie }, done));
    await call((done) => store.destroy('b', done));
    seen.push((await call((done) => store.get('b', done))) ?? 'none');
    await call((done) => store.set('old', { user: 4, cookie: { expires: new Date(0) } }, done));
    seen.push((await call((done) => store.get('old', done))) ?? 'none');
    await call((done) => store.pruneSessions(done));
    const rows = async (text: string): Promise<Record<string, unknown>[]> => (await client.query(text) as { rows: Record<string, unknown>[] }).rows;
    seen.push((await rows('SELECT sid FROM session')).length);
    seen.push((await rows("SELECT indexname FROM pg_indexes WHERE tablename = 'session' ORDER BY 1")).map((row) => row['indexname']));
    await store.close();
    return seen;
  },
};

interface RateLimiter {
  consume(key: string, points?: number): Promise<{ readonly consumedPoints: number; readonly remainingPoints: number }>;
  penalty(key: string, points: number): Promise<{ readonly consumedPoints: number }>;
  reward(key: string, points: number): Promise<{ readonly consumedPoints: number }>;
  get(key: string): Promise<{ readonly consumedPoints: number } | null>;
  set(key: string, points: number, seconds: number): Promise<unknown>;
  delete(key: string): Promise<boolean>;
  clearExpired(before: number): Promise<void>;
}

const limits: Library = {
  name: 'rate-limiter-flexible',
  about: 'a rate limiter: the table it makes, its upserts, reads and removals',
  expected: [[1, 4], [4, 1], 'refused at 6', 8, 7, 7, 2, true, false, 'none', 0],
  async run(client) {
    const { RateLimiterPostgres } = load('./node_modules/rate-limiter-flexible') as { RateLimiterPostgres: new (options: object, ready: (error?: Error) => void) => RateLimiter };
    const limiter = await new Promise<RateLimiter>((resolve, reject) => {
      const made: RateLimiter = new RateLimiterPostgres(
        { storeClient: client, storeType: 'client', tableName: 'limits', keyPrefix: 'login', points: 5, duration: 3600, clearExpiredByTimeout: false },
        (error) => (error === undefined ? queueMicrotask(() => resolve(made)) : reject(error)),
      );
    });
    const seen: unknown[] = [];
    for (const points of [1, 3]) {
      const { consumedPoints, remainingPoints } = await limiter.consume('ada', points);
      seen.push([consumedPoints, remainingPoints]);
    }
    seen.push(await limiter.consume('ada', 2).then(() => 'let through', (refusal: { consumedPoints: number }) => `refused at ${refusal.consumedPoints}`));
    seen.push((await limiter.penalty('ada', 2)).consumedPoints, (await limiter.reward('ada', 1)).consumedPoints, (await limiter.get('ada'))!.consumedPoints);
    await limiter.set('bob', 2, 60);
    seen.push((await limiter.get('bob'))!.consumedPoints, await limiter.delete('bob'), await limiter.delete('bob'), (await limiter.get('bob')) ?? 'none');
    await limiter.clearExpired(8_640_000_000_000);
    seen.push((await client.query('SELECT key FROM limits') as { rows: unknown[] }).rows.length);
    return seen;
  },
};

export const libraries: readonly Library[] = [jobs, webSessions, limits, betterAuth, authAdapter];
