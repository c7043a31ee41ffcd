/**
 * What the laboratory asks of a database: sessions that run SQL, and an exact answer to "is this session waiting for another one?".
 * Serialite in process and any server that speaks PostgreSQL's protocol are reached through this one interface, so a transcript, a
 * history or a table made on one can be compared with one made on another.
 */

/** One result of one statement; values are PostgreSQL's text form, NULL is null. */
export interface LabResult {
  readonly command: string;
  readonly columns: readonly LabColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly rowCount: number | null;
}

export interface LabColumn {
  readonly name: string;
  readonly typeOid: number;
}

export interface LabError {
  readonly code: string;
  readonly message: string;
  readonly severity: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** 1-based, in the script that was run. */
  readonly position: number | undefined;
  /** Serialite's cycle as data, where the target gives one. */
  readonly conflict: unknown;
}

/** What a script of one or more statements did. Results before an error are kept. */
export interface LabOutcome {
  readonly results: readonly LabResult[];
  readonly error: LabError | undefined;
}

export interface LabSession {
  readonly label: string;
  /** Runs a script as one simple query; never rejects for an SQL error. One script at a time. */
  run(sql: string): Promise<LabOutcome>;
  /** Whether the running script waits for one of the other sessions of this target. Exact, not by time. */
  isWaiting(): Promise<boolean>;
  /** Lets the target make progress between two questions (a turn of the event loop, a poll interval). */
  pause(): Promise<void>;
  onNotice(listener: (severity: string, message: string) => void): void;
  /** Cancels the running script, if any. */
  cancel(): Promise<void>;
  close(): Promise<void>;
}

/** The machine under a target, when its power can be cut: what was not durable is gone then, and every session with it. */
export interface LabMachine {
  /** The power goes before so many and one more operations on the disk have been done; 0: now. */
  cutAfter(operations: number): void;
  readonly isCut: boolean;
  /** Power is back: opens the database as the disk holds it. Sessions are to be connected anew. */
  reopen(): Promise<void>;
}

export interface LabTarget {
  /** Shown in reports: `serialite 0.1.0`, `PostgreSQL 15.18`. */
  readonly name: string;
  readonly kind: 'serialite' | 'postgres';
  readonly machine?: LabMachine | undefined;
  connect(label: string): Promise<LabSession>;
  /** Leaves nothing behind: drops the schema or the in-memory database this target worked in. */
  close(): Promise<void>;
}

/** Makes a fresh target; each run works in a database or schema of its own. */
export type TargetFactory = () => Promise<LabTarget>;
