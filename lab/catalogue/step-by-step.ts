/**
 * A run of an anomaly with the state of the database after each step: rows as a newcomer sees them, versions, locks, what was read, and the graph of
 * dependencies with the cycle once it is closed. Serialite tells all of it (at READ COMMITTED there are no ranges and no graph: a transaction has no one
 * snapshot there); a PostgreSQL server tells rows and locks, SIReadLock among them.
 *
 * A session of its own holds a snapshot from the start, so that nothing is forgotten while the script runs.
 */
import type { LabSession, LabTarget } from '../target.js';
import type { Anomaly, AnomalyRun, Level } from './anomaly.js';
import { runAnomaly } from './anomaly.js';

const keeper = 'lab_keeper';

/** @param print called with a piece of text after the setup and after each step */
export async function runStepByStep(anomaly: Anomaly, level: Level, target: LabTarget, print: (text: string) => void): Promise<AnomalyRun> {
  const observer = new Observer(target);
  let shown = 1;
  const sessionOf = new Map(anomaly.steps.map((step, i) => [`step${i + 1}`, step.session]));
  try {
    return await runAnomaly(anomaly, level, target, async (lines) => {
      const fresh = lines.slice(shown).map((line) => line.replace(/^step (step\d+):/, (whole, name: string) => `${sessionOf.get(name) ?? whole}:`));
      shown = lines.length;
      print(`${['', ...fresh].join('\n').trimEnd()}\n${(await observer.state()).map((line) => `    ${line}\n`).join('')}`);
    });
  } finally {
    await observer.close();
  }
}

type Rows = readonly (readonly (string | null)[])[];
interface Dependency {
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly where: string;
  readonly isCertain: boolean;
}

class Observer {
  readonly #target: LabTarget;
  #session: LabSession | undefined;
  #keeper: LabSession | undefined;
  /** Sessions by transaction, also of those that have ended. */
  readonly #names = new Map<string, string>();

  constructor(target: LabTarget) {
    this.#target = target;
  }

  async #open(): Promise<LabSession> {
    if (this.#session !== undefined) return this.#session;
    this.#session = await this.#target.connect('observer');
    await this.#session.run(`set lock_timeout to '50ms'`);
    if (this.#target.kind === 'serialite') {
      this.#keeper = await this.#target.connect(keeper);
      // One after the other: a script is one transaction, and its level is settled by its first statement.
      for (const sql of [`create table ${keeper} ()`, 'set track_dependencies to on', 'begin isolation level repeatable read', `select count(*) from ${keeper}`]) await this.#keeper.run(sql);
    }
    return this.#session;
  }

  async #rows(sql: string): Promise<Rows | undefined> {
    const outcome = await (await this.#open()).run(sql);
    return outcome.error === undefined ? (outcome.results.at(-1)?.rows ?? []) : undefined;
  }

  async state(): Promise<string[]> {
    await this.#open();
    const sections: readonly (readonly [string, readonly string[]])[] = this.#target.kind === 'serialite'
      ? [['rows', await this.#tables()], ['versions', await this.#versions()], ['locks', await this.#locks()], ['read', await this.#reads()], ['graph', await this.#graph()]]
      : [['rows', await this.#tables()], ['locks', await this.#locksOfServer()]];
    return sections.flatMap(([name, lines]) => lines.map((line, i) => `${(i === 0 ? name : '').padEnd(9)}${line}`));
  }

  async #tables(): Promise<string[]> {
    const tables = (await this.#rows(`select table_name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' and table_name <> '${keeper}' order by table_name`)) ?? [];
    const lines: string[] = [];
    for (const [table] of tables) {
      const rows = await this.#rows(`select * from "${table!}" order by 1 limit 12`);
      lines.push(`${table!}: ${rows === undefined ? '(locked)' : rows.length === 0 ? '(empty)' : rows.map((row) => `(${row.map((value) => value ?? 'null').join(', ')})`).join(' ')}`);
    }
    return lines;
  }

  async #versions(): Promise<string[]> {
    await this.#learnNames();
    const rows = (await this.#rows(`select relation, index, key, kind, csn, transaction from pg_stat_versions where relation <> '${keeper}' order by relation, index, key, csn desc nulls first`)) ?? [];
    return rows.map(([relation, index, key, kind, csn, transaction]) => `${relation!}${index === null ? '' : `.${index!}`} ${key ?? 'a row'}: ${kind!} by ${this.#name(transaction!)}${csn === null ? ', not committed' : `, commit ${csn!}`}`);
  }

  async #locks(): Promise<string[]> {
    const rows = (await this.#rows(
      `select a.application_name, l.locktype, coalesce(l.relation::regclass::text, ''), l.object, l.mode, l.granted, case when l.granted then '{}' else pg_blocking_pids(l.pid)::text end, l.pid from pg_locks l join pg_stat_activity a on a.pid = l.pid
       where l.pid <> pg_backend_pid() and a.application_name <> '${keeper}' order by a.application_name, l.granted desc, l.locktype, l.object`,
    )) ?? [];
    const byPid = new Map(rows.map((row) => [row[7], row[0]!]));
    return rows.map(([name, type, relation, object, mode, granted, blockers]) => {
      const what = type === 'tuple' ? `a row of ${relation!}` : relation !== '' ? relation! : `${type!} ${object ?? ''}`;
      const held = (blockers ?? '{}').slice(1, -1).split(',').filter((pid) => pid !== '').map((pid) => byPid.get(pid) ?? pid);
      return `${name!} ${granted === 't' ? 'holds' : 'waits for'} ${mode!} on ${what}${held.length === 0 ? '' : `, held by ${held.join(', ')}`}`;
    });
  }

  async #locksOfServer(): Promise<string[]> {
    const rows = (await this.#rows(
      `select split_part(a.application_name, '/', 2), l.locktype, coalesce(c.relname, ''), l.mode, l.granted from pg_locks l join pg_stat_activity a on a.pid = l.pid left join pg_class c on c.oid = l.relation
       where a.application_name like current_schema() || '/%' and l.pid <> pg_backend_pid() and l.locktype <> 'virtualxid' order by 1, l.granted desc, 2, 3, 4`,
    )) ?? [];
    return rows.map(([name, type, relation, mode, granted]) => `${name!} ${granted === 't' ? 'holds' : 'waits for'} ${mode!} on ${type!}${relation === '' ? '' : ` of ${relation!}`}`);
  }

  async #reads(): Promise<string[]> {
    const rows = (await this.#rows(`select transaction, relation, index, range, statement, existence_only from pg_stat_reads where relation <> '${keeper}' order by transaction, statement, relation, index`)) ?? [];
    return rows.map(([transaction, relation, index, range, statement, existence]) => `${this.#name(transaction!)}, statement ${statement!}: ${relation!}${index === null ? '' : `.${index!}`} ${range ?? 'a part'}${existence === 't' ? ' (whether it is there)' : ''}`);
  }

  async #graph(): Promise<string[]> {
    const rows = (await this.#rows(`select from_transaction, to_transaction, kind, coalesce(relation, ''), coalesce(key, range, ''), certain from pg_stat_dependencies order by 1, 2, 3`)) ?? [];
    const edges = rows.map(([from, to, kind, relation, where, certain]): Dependency => ({ from: this.#name(from!), to: this.#name(to!), kind: kind!, where: [relation, where].filter((part) => part !== '').join(' '), isCertain: certain === 't' }));
    const cycle = findCycle(edges);
    const lines = edges.map((edge) => `${edge.from} -${edge.kind}-> ${edge.to}${edge.where === '' ? '' : `  (${edge.where})`}${edge.isCertain ? '' : `  once ${edge.to} commits`}`);
    return cycle === undefined ? lines : [...lines, `CYCLE: ${[...cycle, cycle[0]!].join(' -> ')}`];
  }

  async #learnNames(): Promise<void> {
    const running = `select transaction::text, session from pg_stat_serializable where session is not null union select split_part(l.virtualtransaction, '/', 2), a.application_name from pg_locks l join pg_stat_activity a on a.pid = l.pid`;
    for (const [transaction, session] of (await this.#rows(running)) ?? []) this.#names.set(transaction!, session!);
  }
  #name(transaction: string | null): string {
    return transaction === null ? 'somebody' : (this.#names.get(transaction) ?? `transaction ${transaction}`);
  }

  async close(): Promise<void> {
    await this.#session?.close();
    await this.#keeper?.close();
  }
}

/** Nodes of some cycle, in its order. */
function findCycle(edges: readonly Dependency[]): string[] | undefined {
  const out = new Map<string, string[]>();
  for (const { from, to } of edges) out.set(from, [...(out.get(from) ?? []), to]);
  const path: string[] = [];
  const done = new Set<string>();
  const visit = (node: string): string[] | undefined => {
    const at = path.indexOf(node);
    if (at >= 0) return path.slice(at);
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of out.get(node) ?? []) {
      const found = visit(next);
      if (found !== undefined) return found;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of out.keys()) {
    const found = visit(node);
    if (found !== undefined) return found;
  }
  return undefined;
}
