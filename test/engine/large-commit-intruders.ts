/** Who may come while a large commit is being installed in slices: everything that a user of the database can do. For large-commit-trial.ts. */
import { strict as check } from 'node:assert';
import type { Prng } from '../../base/prng.js';
import type { Database, DatabaseError, QueryResult, RowStream, Session, Statement } from '../../engine/index.js';

export interface Line {
  readonly id: number;
  readonly n: number;
}
export const lookText = 'select id, n from t order by id';
const levels = ['read committed', 'repeatable read', 'serializable'] as const;

/** What was made before the commit began. */
export interface Standing {
  /** Its statements have run before. */
  readonly session: Session;
  readonly look: Statement<Line>;
  readonly insert: Statement;
  readonly mark: Statement;
  /** In a block that has not done anything yet. */
  readonly blocked: Session;
  /** Those with a snapshot of before, each asked once: others may wait for their ends. */
  readonly old: Session[];
  /** Holds a cursor over what was there before. */
  readonly holder: Session;
  /** Nobody has read yet from those that are left. */
  readonly streams: RowStream<Line>[];
}

/** What an intruder has to do with. */
export interface Scene {
  readonly db: Database;
  readonly prng: Prng;
  readonly writer: Session;
  readonly standing: Standing;
  readonly number: number;
  /** Nobody had a transaction open when the commit began. */
  readonly isAlone: boolean;
  /** A session that is closed when the intruder is done. */
  connect(): Session;
  /** What a statement that has come just now has seen. @returns which of the states it was */
  sees(lines: readonly Line[]): 'before' | 'after';
  seesBefore(lines: readonly Line[]): void;
  /** Changes rows that readers do not look at, each once: a key that is free, and one of those that the commit leaves there. `text`: undefined when it is removed. */
  freeKey(): number;
  markedKey(): number;
  writes<T>(id: number, text: string | undefined, run: () => Promise<T> | T): Promise<T>;
}

/** `waits`: lets the commit keep its pace. */
export interface Intruder {
  readonly waits: boolean;
  run(scene: Scene): Promise<unknown>;
}
const waiting = (run: Intruder['run']): Intruder => ({ waits: true, run });
const forcing = (run: Intruder['run']): Intruder => ({ waits: false, run });
const linesOf = (result: QueryResult): Line[] => result.rows as unknown as Line[];
const look = async (session: Session): Promise<Line[]> => linesOf(await session.query(lookText));
/** It may fail so. */
async function mayFail(codes: readonly string[], running: Promise<unknown>): Promise<void> {
  try {
    await running;
  } catch (error) {
    if (!codes.includes((error as DatabaseError).code)) throw error;
  }
}
/** A statement that does something, whatever it gives. */
const says = (text: (scene: Scene) => string): Intruder => waiting((scene) => scene.connect().exec(text(scene)));

async function looksAtLevel(scene: Scene, session: Session, begin: string): Promise<void> {
  await session.exec(begin);
  const first = scene.sees(await look(session));
  const second = scene.sees(linesOf(await session.query('select id, sum(n)::int as n from t group by id order by n, id')));
  // Beside others it is published between the two, perhaps.
  check.ok(second === first || (begin.includes('read committed') && second === 'after'), `${first}, then ${second}`);
  await session.exec('commit');
}

const reads: Readonly<Record<string, Intruder>> = {
  looks: waiting(async (scene) => scene.sees(await look(scene.connect()))),
  looksAgain: waiting(async (scene) => scene.sees(await look(scene.standing.session))),
  looksByDatabase: waiting(async ({ db, sees }) => sees(linesOf(await db.query(lookText)))),
  looksByIndex: waiting(async (scene) => scene.sees(linesOf(await scene.connect().exec("set enable_seqscan = off; select id, n from t where n > -1000000000 order by n, id").then((results) => results[1]!)))),
  looksAtKeys: waiting(async (scene) => {
    const { standing, isAlone } = scene;
    // Beside others it is published between two of its statements, perhaps.
    const session = isAlone ? standing.session : scene.connect();
    if (!isAlone) await session.exec('begin isolation level repeatable read');
    const lines: Line[] = [];
    const { rows } = await session.query<{ id: number }>('select id from t order by id');
    for (const { id } of rows) lines.push(...(await session.query<Line>('select id, n from t where id = $1', [id])).rows);
    scene.sees(lines);
    if (!isAlone) await session.exec('commit');
  }),
  looksAtOnce: forcing(async ({ standing, sees }) => Promise.resolve(sees(standing.look.all()))),
  looksOneByOne: forcing(async ({ standing, sees }) => Promise.resolve(sees([...standing.look.iterate()]))),
  looksInBlock: waiting((scene) => looksAtLevel(scene, scene.connect(), `begin isolation level ${levels[scene.prng.below(3)]!}${scene.prng.below(2) === 0 ? '' : ' read only'}`)),
  looksDeferrable: waiting((scene) => looksAtLevel(scene, scene.connect(), 'begin isolation level serializable read only deferrable')),
  looksInBlockBegunBefore: waiting(async (scene) => {
    const { blocked } = scene.standing;
    // Others may wait for its end, and one before may have met a conflict in it.
    await mayFail(['25P03', '25P02'], look(blocked).then((lines) => {
      scene.sees(lines);
      return blocked.exec('commit');
    }));
  }),
  looksBack: waiting(async ({ standing, seesBefore }) => {
    const session = standing.old.pop();
    if (session === undefined) return;
    try {
      seesBefore(await look(session));
    } finally {
      await session.close();
    }
  }),
  looksBackAtOnce: forcing(async ({ standing, seesBefore }) => {
    const session = standing.old.pop();
    if (session === undefined) return;
    try {
      seesBefore(session.prepare<Line>(lookText).all());
    } finally {
      await session.close();
    }
  }),
  fetchesFromBefore: waiting(async ({ standing, seesBefore }) => seesBefore(linesOf((await standing.holder.exec('move absolute 0 in held; fetch all from held'))[1]!))),
  streams: waiting(async ({ standing, sees }) => {
    const lines: Line[] = [];
    const stream = standing.streams.pop();
    if (stream === undefined) return;
    for await (const line of stream) lines.push(line);
    sees(lines);
  }),
  executes: waiting(async (scene) => {
    const { session } = scene.standing;
    return scene.sees(linesOf(await session.query('execute looks')));
  }),
  opensCursor: waiting(async (scene) => {
    const session = scene.connect();
    await session.exec(`begin; declare c cursor for ${lookText}`);
    const lines: Line[] = [];
    for (let some = linesOf(await session.query('fetch 7 from c')); some.length > 0; some = linesOf(await session.query('fetch 50 from c'))) lines.push(...some);
    scene.sees(lines);
    await session.exec('rollback');
  }),
  copiesOut: waiting(async (scene) => {
    let text = '';
    await scene.connect().copyTo('copy t (id, n) to stdout', (chunk) => void (text += chunk));
    return scene.sees(text.split('\n').slice(0, -1).map((line) => ({ id: Number(line.split('\t')[0]), n: Number(line.split('\t')[1]) })));
  }),
  makesTable: waiting(async (scene) => {
    const session = scene.connect();
    await session.exec(`create table made_${scene.number} as select * from t`);
    return scene.sees(linesOf(await session.query(`select id, n from made_${scene.number} order by id`)));
  }),
  dumps: waiting(async ({ db }) => db.dump(() => undefined)),
  explains: says(() => 'explain (analyze, costs off) select * from t join u using (id)'),
  looksAround: says(() => 'select * from pg_stat_activity; select * from pg_locks; select * from pg_class; select * from pg_stat_user_tables'),
};

const writes: Readonly<Record<string, Intruder>> = {
  inserts: waiting((scene) => {
    const id = scene.freeKey();
    return scene.writes(id, 'new', () => scene.standing.session.query("insert into t values ($1, $1, 'new')", [id]));
  }),
  marks: waiting((scene) => {
    const id = scene.markedKey();
    return scene.writes(id, 'marked', () => scene.standing.session.query("update t set s = 'marked' where id = $1", [id]));
  }),
  removes: waiting((scene) => {
    const id = scene.markedKey();
    return scene.writes(id, undefined, () => scene.connect().query('delete from t where id = $1', [id]));
  }),
  insertsAtOnce: forcing((scene) => {
    const id = scene.freeKey();
    return scene.writes(id, 'once', () => scene.standing.insert.run(id));
  }),
  marksAtOnce: forcing((scene) => {
    const id = scene.markedKey();
    return scene.writes(id, 'marked', () => scene.standing.mark.run(id));
  }),
  insertsMany: waiting(async (scene) => {
    const id = scene.freeKey();
    const rows = Array.from({ length: 40 }, (_, i) => `(${id + i}, ${i}, 'many')`);
    await scene.writes(id, 'many', () => scene.connect().exec(`insert into t values ${rows.join(', ')}; delete from t where id > ${id} and id < ${id + 40}`));
  }),
  upserts: waiting((scene) => {
    const id = scene.markedKey();
    return scene.writes(id, 'upserted', () => scene.connect().query("insert into t values ($1, 1, 'no') on conflict (id) do update set s = 'upserted'", [id]));
  }),
  copiesIn: waiting((scene) => {
    const id = scene.freeKey();
    return scene.writes(id, 'copied', () => scene.connect().copyFrom('copy t (id, n, s) from stdin', `${id}\t1\tcopied\n`));
  }),
  writesInBlock: waiting((scene) => {
    const id = scene.markedKey();
    const level = levels[scene.prng.below(3)]!;
    return scene.writes(id, 'block', async () => {
      const session = scene.connect();
      await session.exec(`begin isolation level ${level}; savepoint a; update t set s = 'undone'; insert into u select id + 1000000, 0 from t; rollback to a`);
      scene.sees(await look(session));
      await session.exec(`select * from t where id = ${id} for update; update t set s = 'block' where id = ${id}; commit`);
    });
  }),
  writesAll: waiting(async (scene) => scene.connect().exec('begin; update t set n = n + 1; delete from u; rollback')),
  fails: waiting((scene) => mayFail(['22012'], scene.connect().exec('update t set n = n / (n - n)'))),
  nextValue: says(() => "select nextval('q'), nextval('q')"),
  nextValueAtOnce: forcing(({ db }) => Promise.resolve(db.prepare("select nextval('q')").get())),
  usesTemporary: waiting(async (scene) => {
    const session = scene.connect();
    await session.exec('create temp table z on commit drop as select 1 as a; create temp table y as select * from t');
    return scene.sees(linesOf(await session.query('select id, n from y order by id')));
  }),
};

const changesOfSchema: Readonly<Record<string, Intruder>> = {
  indexes: says(({ number }) => `create index i_${number} on t (n, length(s))`),
  addsColumn: says(({ number }) => `alter table t add column c_${number} int default ${number}`),
  addsCheck: says(({ number }) => `alter table t add constraint k_${number} check (n > -1000000000)`),
  changesType: says(() => 'alter table t alter column s type varchar(5000)'),
  truncates: says(({ number }) => `create table e_${number} as select * from t; truncate e_${number}; drop table e_${number}`),
  views: says(({ number }) => `create view v_${number} as select id, n from t; create function f_${number}() returns bigint language sql as 'select count(*) from t'; select f_${number}()`),
  reindexes: says(() => 'reindex table t'),
  registers: forcing(({ db, number }) => {
    db.createFunction(`js_${number}`, { args: ['int'], returns: 'int' }, (n: number) => n);
    return Promise.resolve();
  }),
};

/** Nothing is wrong with the file, unless it cannot be read. */
async function finds(db: Database, level: 'quick' | 'full'): Promise<void> {
  const { problems } = await db.check(level);
  check.deepEqual(problems.filter(({ message }) => !message.includes('simulated')), []);
}
const maintenance: Readonly<Record<string, Intruder>> = {
  vacuums: says(() => 'vacuum t'),
  analyzes: says(() => 'analyze t'),
  checkpoints: waiting((scene) => scene.connect().exec('checkpoint')),
  checkpointsAtOnce: forcing(({ db }) => db.checkpoint()),
  checks: forcing(({ db }) => finds(db, 'full')),
  checksQuickly: forcing(({ db }) => finds(db, 'quick')),
  tellsStatistics: forcing(async ({ db }) => {
    db.stats();
    await db.types();
  }),
};

/** Waits, and is told not to any longer. */
const sessions: Readonly<Record<string, Intruder>> = {
  isAborted: waiting(async (scene) => {
    const abort = new AbortController();
    const id = scene.freeKey();
    const inserting = scene.writes(id, 'aborted', () => scene.connect().query("insert into t values ($1, 1, 'aborted')", [id], { signal: abort.signal }));
    abort.abort();
    await mayFail(['57014'], inserting);
  }),
  isTooLate: waiting(async (scene) => {
    const id = scene.freeKey();
    const session = scene.connect();
    const inserting = scene.writes(id, 'late', async () => {
      await session.exec('set statement_timeout = 1; set lock_timeout = 1; set idle_in_transaction_session_timeout = 1');
      await session.query("insert into t values ($1, 1, 'late')", [id], { timeout: 1 });
    });
    await mayFail(['57014'], inserting);
  }),
  cancelsWriter: forcing(({ writer }) => Promise.resolve(writer.cancel())),
  comesBehindWriter: waiting(async ({ writer, sees }) => sees(await look(writer))),
  rollsBackBehind: waiting(({ writer }) => writer.exec('rollback')),
  comesAndGoes: forcing(async ({ db }) => {
    const session = db.connect();
    const looking = look(session);
    await session.close();
    await looking;
  }),
};

export const intruders: Readonly<Record<string, Intruder>> = { ...reads, ...writes, ...changesOfSchema, ...maintenance, ...sessions };
