/** `\why`, `\graph` and `\locks`: conflicts and waits for people. */
import type { Conflict, DatabaseError } from '../engine/index.js';
import type { Shell } from './shell.js';

/** Of the current session, or else the last of any. */
const lastConflict = (shell: Shell): DatabaseError | undefined => shell.current.lastConflict ?? shell.lastConflict;

export function renderConflict(shell: Shell): string {
  const error = lastConflict(shell);
  if (error?.conflict === undefined) return `No serialization failure or deadlock so far.\n`;
  const lines = [`${shell.style.error(error.code)}: ${error.message}`, '', ...wrap(error.conflict.summary, 100)];
  lines.push('', 'What helps:', ...error.conflict.advice.flatMap((text) => wrap(text, 98).map((line, i) => `${i === 0 ? '- ' : '  '}${line}`)));
  return `${lines.join('\n')}\n`;
}

const meaning: Readonly<Record<Conflict['cycle'][number]['kind'], string>> = {
  rw: 'read what it replaced', wr: 'wrote what it read', ww: 'wrote before it', order: 'committed before it began', waits: 'waits for it',
};

/** The cycle from top to bottom, closing at the transaction it began with. */
export function renderConflictGraph(shell: Shell): string {
  const conflict = lastConflict(shell)?.conflict;
  if (conflict === undefined) return `No serialization failure or deadlock so far.\n`;
  const name = (id: number): string => `T${id}${id === conflict.victim ? ' (failed)' : ''}`;
  const width = Math.max(...conflict.cycle.map((edge) => name(edge.from).length)) + 4;
  const box = (text: string): string[] => [`┌${'─'.repeat(width)}┐`, `│${centre(text, width)}│`, `└${'─'.repeat(width)}┘`];
  const lines: string[] = [];
  for (const edge of conflict.cycle) {
    lines.push(...box(name(edge.from)));
    const place = edge.place === undefined ? (edge.lock ?? '') : [edge.place.table, edge.place.key ?? edge.place.range].filter((part) => part !== undefined).join(' ');
    lines.push(`${' '.repeat(width >> 1)}│ ${edge.kind}: ${meaning[edge.kind]}${place === '' ? '' : `, ${place}`}`);
    for (const [id, statement] of [[edge.from, edge.fromStatement], [edge.to, edge.toStatement]] as const) {
      if (statement?.text === undefined) continue;
      lines.push(`${' '.repeat(width >> 1)}│   T${id}: ${oneLine(statement.text)}${statement.site === undefined ? '' : `  at ${statement.site}`}`);
    }
    lines.push(`${' '.repeat(width >> 1)}▼`);
  }
  lines.push(`back to ${name(conflict.cycle[0]?.from ?? conflict.victim)}`);
  return `${lines.join('\n')}\n`;
}

/** Locks by session, waiters with those they wait for. */
export async function renderLocks(shell: Shell): Promise<string> {
  const connection = shell.database.connect();
  try {
    const result = await connection.query<Record<string, string | null>>(
      `select l.pid, a.application_name as session, l.locktype, coalesce(l.relation::regclass::text, '') as relation, l.object, l.mode, l.granted, case when l.granted then '{}' else pg_blocking_pids(l.pid)::text end as blockers
       from pg_locks l left join pg_stat_activity a on a.pid = l.pid where l.pid <> pg_backend_pid() order by l.pid, l.granted desc, l.locktype, l.relation, l.object`,
      [], { values: 'text' },
    );
    if (result.rows.length === 0) return 'No locks.\n';
    const names = new Map(result.rows.map((row) => [row['pid'], row['session'] === null || row['session'] === '' ? `session ${row['pid'] ?? '?'}` : row['session']]));
    const nameOf = (pid: string): string => names.get(pid) ?? `session ${pid}`;
    const lines = result.rows.map((row) => {
      const what = row['locktype'] === 'tuple' ? `a row of ${row['relation'] ?? ''}` : row['relation'] === '' ? `${row['locktype'] ?? ''} ${row['object'] ?? ''}` : `${row['locktype'] ?? ''} ${row['relation'] ?? ''}`;
      const blockers = (row['blockers'] ?? '{}').slice(1, -1).split(',').filter((pid) => pid !== '').map(nameOf);
      return `${nameOf(row['pid'] ?? '')}: ${row['granted'] === 't' ? 'holds' : 'waits for'} ${row['mode'] ?? ''} on ${what}${blockers.length === 0 ? '' : `, held by ${blockers.join(', ')}`}`;
    });
    return `${lines.join('\n')}\n`;
  } finally {
    await connection.close();
  }
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 90 ? `${line.slice(0, 87)}...` : line;
}
function centre(text: string, width: number): string {
  const space = Math.max(0, width - text.length);
  return ' '.repeat(space >> 1) + text + ' '.repeat(space - (space >> 1));
}
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
