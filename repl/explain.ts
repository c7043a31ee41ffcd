/** `\why`, `\graph` and `\locks`: conflicts and waits for people. */
import type { Conflict } from '../engine/index.js';
import type { Shell } from './shell.js';

export function renderConflict(shell: Shell): string {
  const error = shell.current.lastConflict;
  if (error?.conflict === undefined) return `No serialization failure or deadlock in session "${shell.current.name}" so far.\n`;
  const lines = [`${shell.style.error(error.code)}: ${error.message}`, '', ...wrap(error.conflict.summary, 100)];
  if (error.hint !== undefined) lines.push('', `What helps: ${error.hint}`);
  return `${lines.join('\n')}\n`;
}

const meaning: Readonly<Record<Conflict['cycle'][number]['kind'], string>> = {
  rw: 'read what it replaced', wr: 'wrote what it read', ww: 'wrote before it', order: 'committed before it began', waits: 'waits for it',
};

/** The cycle from top to bottom, closing at the transaction it began with. */
export function renderConflictGraph(shell: Shell): string {
  const conflict = shell.current.lastConflict?.conflict;
  if (conflict === undefined) return `No serialization failure or deadlock in session "${shell.current.name}" so far.\n`;
  const name = (id: number): string => `T${id}${id === conflict.victim ? ' (failed)' : ''}`;
  const width = Math.max(...conflict.cycle.map((edge) => name(edge.from).length)) + 4;
  const box = (text: string): string[] => [`┌${'─'.repeat(width)}┐`, `│${centre(text, width)}│`, `└${'─'.repeat(width)}┘`];
  const lines: string[] = [];
  for (const edge of conflict.cycle) {
    lines.push(...box(name(edge.from)));
    const place = edge.place === undefined ? (edge.lock ?? '') : [edge.place.table, edge.place.key ?? edge.place.range].filter((part) => part !== undefined).join(' ');
    lines.push(`${' '.repeat(width >> 1)}│ ${edge.kind}: ${meaning[edge.kind]}${place === '' ? '' : `, ${place}`}`);
    if (edge.fromStatement?.text !== undefined) lines.push(`${' '.repeat(width >> 1)}│   ${oneLine(edge.fromStatement.text)}`);
    if (edge.toStatement?.text !== undefined) lines.push(`${' '.repeat(width >> 1)}│   ${oneLine(edge.toStatement.text)}`);
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
      `select a.application_name as session, l.locktype, l.relation::regclass::text as relation, l.mode, l.granted, pg_blocking_pids(l.pid)::text as blockers, l.pid
       from pg_locks l left join pg_stat_activity a on a.pid = l.pid order by l.granted, l.pid, l.relation`,
      [], { values: 'text' },
    );
    if (result.rows.length === 0) return 'No locks.\n';
    return `${result.rows.map((row) => `${row['session'] ?? row['pid'] ?? '?'}: ${row['granted'] === 't' ? 'holds' : 'WAITS FOR'} ${row['mode'] ?? ''} on ${row['locktype'] ?? ''} ${row['relation'] ?? ''}${row['granted'] === 't' ? '' : ` held by ${row['blockers'] ?? ''}`}`).join('\n')}\n`;
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
