/**
 * Statistics kept fresh on their own: a table of which enough rows have changed since its last ANALYZE is analysed again, in a session of its own.
 *
 * S1  Nobody waits for it: it takes its lock only if that is free, and gives up as soon as another session waits for it; the table's turn comes again.
 * S2  It takes at most a tenth of the time: after each of its slices it rests for nine times as long.
 * S3  It holds no snapshot while it reads, and who commits beside it is as good as alone: nobody keeps old versions for it.
 * S4  It decides speed alone. Plans change, results and conflicts never: it reads without registering, and a table's definition is not touched.
 *
 * Source: PostgreSQL's autovacuum: its thresholds (50 rows and a tenth of the table), and its giving way to who waits.
 */
import type { Timer } from '../base/scheduler.js';
import type { TableRecord } from './catalog/catalog-objects.js';
import type { Instance } from './instance.js';
import type { Session } from './session.js';
import { quoteIdentifier } from './sql-template.js';

const IntervalMs = 10_000;
/** Between two looks at whether somebody waits. */
const WatchMs = 20;
const ThresholdRows = 50;
const ThresholdFraction = 0.1;
/** S2. */
const SliceMs = 1;
const RestMs = 9;

export class AutoAnalyze {
  readonly #instance: Instance;
  readonly #withSession: (use: (session: Session) => Promise<void>) => Promise<void>;
  #timer: Timer | undefined;
  #session: Session | undefined;
  #isStopped = false;
  /** Ends the rest that is being taken. */
  #endRest: (() => void) | undefined;

  constructor(instance: Instance, withSession: (use: (session: Session) => Promise<void>) => Promise<void>) {
    this.#instance = instance;
    this.#withSession = withSession;
    this.#schedule(IntervalMs);
  }

  /** Ends what runs; the session that runs it is closed by its owner. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#session?.cancel();
    this.#endRest?.();
  }

  /** Others may wait for the lock meanwhile, so the timer keeps the process alive; whoever closes the database waits for the session, so `stop` ends the rest. */
  readonly #rest = (): Promise<void> => {
    if (this.#isStopped) return this.#instance.scheduler.yield();
    return new Promise((resolve) => {
      const timer = this.#instance.scheduler.after(RestMs, resolve, true);
      this.#endRest = () => {
        timer.cancel();
        resolve();
      };
    });
  };

  #schedule(afterMs: number): void {
    this.#timer = this.#instance.scheduler.after(afterMs, () => {
      const due = this.#due();
      if (due.length === 0) this.#schedule(IntervalMs);
      else void this.#run(due);
    });
  }

  /** Tables that have changed enough. */
  #due(): TableRecord[] {
    const { catalog, executorEnv } = this.#instance;
    const due: TableRecord[] = [];
    for (const [oid, changes] of executorEnv.tableChanges.entries()) {
      if (changes.rows <= ThresholdRows) continue;
      const table = catalog.get(oid);
      if (table === undefined && !this.#isBeingMade(oid)) executorEnv.tableChanges.forget(oid);
      if (table?.kind !== 'table' || table.persistence === 'temporary') continue;
      if (changes.rows > ThresholdRows + ThresholdFraction * (catalog.statisticsOf(oid)?.rowCount ?? 0)) due.push(table);
    }
    return due;
  }

  /** Whether a session has made the table and not committed yet; otherwise it was never committed, or is gone. */
  #isBeingMade(oid: number): boolean {
    for (const backend of this.#instance.backends.values()) if (backend.draft.get(oid) !== undefined) return true;
    return false;
  }

  async #run(due: readonly TableRecord[]): Promise<void> {
    try {
      await this.#withSession(async (session) => {
        this.#session = session;
        session.backend.pace = { sliceMs: SliceMs, rest: this.#rest };
        for (const table of due) if (!this.#isStopped) await this.#analyze(session, table);
      });
    } catch {
      // The database is closing, or its file has failed: whoever works with it is told by his own statements.
    } finally {
      this.#session = undefined;
    }
    if (!this.#isStopped) this.#schedule(IntervalMs);
  }

  async #analyze(session: Session, table: TableRecord): Promise<void> {
    const name = `${quoteIdentifier(this.#instance.definitions.schemaName(table.schema))}.${quoteIdentifier(table.name)}`;
    const watch = this.#watch(session);
    try {
      await session.exec(`begin isolation level read committed; lock table ${name} in share update exclusive mode nowait; analyze ${name}; commit`);
    } catch {
      // S1, or the table has gone or changed its name meanwhile.
      await session.exec('rollback');
    } finally {
      watch.cancel();
    }
  }

  /** Cancels the session's statement once another waits for its transaction. */
  #watch(session: Session): Timer {
    let timer: Timer;
    const look = (): void => {
      if (this.#instance.isWaitedFor(session.backend)) session.cancel();
      timer = this.#instance.scheduler.after(WatchMs, look);
    };
    timer = this.#instance.scheduler.after(WatchMs, look);
    return { cancel: () => timer.cancel() };
  }
}
