/**
 * A conflict between transactions, explained. mvcc gives the cycle as numbers, trees and key bytes; here tables, indexes and keys get
 * their names and values, and the whole becomes a paragraph that a person can follow from statement to statement.
 *
 * Key values are those of the tables' own rows; parameters of other sessions' statements are never shown (statements are source texts).
 */
import { keyBytes } from '../base/bytes.js';
import { once } from '../base/once.js';
import { keyEnd, decodeKey, KeyLayout } from '../base/keycode.js';
import { staticTextContext } from './text-values.js';
import { outputText } from '../base/text-io.js';
import type { Conflict as RawConflict, ConflictEdge as RawEdge, ConflictPlace as RawPlace, ConflictStatement, WriteConflict as RawWrite } from '../mvcc/conflict.js';
import type { IndexDef, TableDef } from '../planner/catalog.js';
import { deadlockAdvice, serializationAdvice, writeAdvice } from './conflict-advice.js';

/** Where a conflict lies: the key written, or the range read, as text. */
export interface ConflictPlace {
  readonly table: string | undefined;
  readonly index: string | undefined;
  /** `(id)=(7)`, when the key can be shown. */
  readonly key: string | undefined;
  /** `(id) from (5) to (9)`, `all of it`, ... */
  readonly range: string | undefined;
}

export interface ConflictEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: 'rw' | 'wr' | 'ww' | 'order' | 'waits';
  readonly place: ConflictPlace | undefined;
  /** For `waits`: the lock. */
  readonly lock: string | undefined;
  readonly fromStatement: ConflictStatement | undefined;
  readonly toStatement: ConflictStatement | undefined;
}

export interface Conflict {
  readonly kind: 'serialization' | 'write' | 'deadlock';
  /** The transaction that failed. */
  readonly victim: number;
  readonly cycle: readonly ConflictEdge[];
  /** The whole story in a few sentences. */
  readonly summary: string;
  /** What would avoid it, one thing each. */
  readonly advice: readonly string[];
}

/** What naming keys takes: the table a tree belongs to. */
export type TableOfTree = (tableOid: number) => TableDef | undefined;

/** Whether an unknown value of an error's `conflict` field is one of mvcc's. */
function isRaw(value: unknown): value is RawConflict {
  return typeof value === 'object' && value !== null && 'victim' in value && 'kind' in value;
}

/** `conflictOf`, told when it is first asked for: few ask, and telling it takes longer than all the rest of a failure. Tables are named as they are now. */
export function conflictLater(value: unknown, tableOf: TableOfTree = () => undefined): () => Conflict | undefined {
  const tables = new Map(tablesIn(value).map((oid) => [oid, tableOf(oid)]));
  return once(() => conflictOf(value, (oid) => tables.get(oid)));
}
function tablesIn(value: unknown): number[] {
  if (!isRaw(value) || value.kind === 'deadlock') return [];
  const places = value.kind === 'write' ? [value.place] : value.cycle.map((edge) => edge.place);
  return places.map((place) => place?.tableOid).filter((oid) => oid !== undefined);
}

/** What `value`, of an error's `conflict` field, says in words. */
export function conflictOf(value: unknown, tableOf: TableOfTree = () => undefined): Conflict | undefined {
  if (!isRaw(value)) return undefined;
  switch (value.kind) {
    case 'serialization': {
      const cycle = value.cycle.map((edge) => edgeOf(edge, tableOf));
      return { kind: 'serialization', victim: value.victim, cycle, summary: serializationStory(value.victim, cycle), advice: serializationAdvice(value.victim, cycle) };
    }
    case 'write': {
      const place = placeOf(value.place, tableOf);
      const cycle = writeCycle(value, place);
      return { kind: 'write', victim: value.victim, cycle, summary: writeStory(value, place), advice: writeAdvice(cycle[0]) };
    }
    case 'deadlock': {
      const cycle = value.cycle.map((step): ConflictEdge => ({
        from: step.transaction, to: step.waitsFor, kind: 'waits', place: undefined, lock: step.lock, fromStatement: step.statement, toStatement: undefined,
      }));
      return { kind: 'deadlock', victim: value.victim, cycle, summary: deadlockStory(value.victim, cycle), advice: deadlockAdvice(cycle) };
    }
  }
}

/** The victim's snapshot lacks the change, so it comes before the writer; its own change would come after. */
function writeCycle(value: RawWrite, place: ConflictPlace): ConflictEdge[] {
  const { victim, writer, statement, writerStatement } = value;
  if (writer === undefined) return [];
  return [
    { from: victim, to: writer, kind: 'rw', place, lock: undefined, fromStatement: statement, toStatement: writerStatement },
    { from: writer, to: victim, kind: 'ww', place, lock: undefined, fromStatement: writerStatement, toStatement: statement },
  ];
}

function edgeOf(edge: RawEdge, tableOf: TableOfTree): ConflictEdge {
  return {
    from: edge.from, to: edge.to, kind: edge.kind, place: edge.place === undefined ? undefined : placeOf(edge.place, tableOf), lock: undefined,
    fromStatement: edge.fromStatement, toStatement: edge.toStatement,
  };
}

/** A place in words. */
export function placeOf(place: RawPlace, tableOf: TableOfTree): ConflictPlace {
  const table = place.tableOid === undefined ? undefined : tableOf(place.tableOid);
  const index = table?.indexes.find((candidate) => candidate.tree === place.tree);
  const layout = table === undefined || index === undefined ? undefined : new KeyLayout(index.columns, table.layout.types);
  const show = (key: string): string | undefined => (layout === undefined ? undefined : keyText(layout, index!, table!, key));
  const shownKey = place.key === undefined ? undefined : show(place.key);
  return {
    table: place.table, index: place.index ?? index?.name, key: shownKey,
    range: place.low === undefined ? undefined : rangeText(place.low, place.high, layout, index, table),
  };
}

/** `(a, b)=(1, x)`, undefined when the bytes are no whole key. */
function keyText(layout: KeyLayout, index: IndexDef, table: TableDef, key: string): string | undefined {
  const values = keyValues(layout, key);
  return values === undefined ? undefined : `${columnList(index, table)}=(${values.join(', ')})`;
}
function columnList(index: IndexDef, table: TableDef): string {
  return `(${index.columns.map((column) => (column.column === undefined ? '(expression)' : table.columns[column.column]!.name)).join(', ')})`;
}
function keyValues(layout: KeyLayout, key: string): string[] | undefined {
  const bytes = keyBytes(key);
  if (bytes.length === 0 || keyEnd(layout, bytes, 0) > bytes.length) return undefined;
  try {
    const values = decodeKey(layout, bytes, 0);
    return values.map((value, i) => (value === undefined ? '?' : value === null ? 'null' : outputText(layout.columns[i]!.type, value, staticTextContext(layout.types))));
  } catch {
    // A bound in the middle of a key, as of a prefix range.
    return undefined;
  }
}

function rangeText(low: string, high: string | undefined, layout: KeyLayout | undefined, index: IndexDef | undefined, table: TableDef | undefined): string | undefined {
  if (low === '' && high === undefined) return 'all of it';
  if (layout === undefined || index === undefined || table === undefined) return undefined;
  const columns = columnList(index, table);
  const from = low === '' ? undefined : keyValues(layout, low);
  if (high === `${low}\0` && from !== undefined) return `${columns}=(${from.join(', ')})`;
  const to = high === undefined ? undefined : keyValues(layout, high);
  const parts = [from === undefined ? '' : ` from (${from.join(', ')})`, to === undefined ? '' : ` up to (${to.join(', ')})`].join('');
  return parts === '' ? `part of ${columns}` : `${columns}${parts}`;
}

// ---------------------------------------------------------------------------------------------------------------- sentences

/** ` in statement 2 (select ...), issued at transfer (bank.ts:12:9)`. */
function quoted(statement: ConflictStatement | undefined): string {
  if (statement?.text === undefined) return '';
  return ` in statement ${statement.number} (${oneLine(statement.text)})${statement.site === undefined ? '' : `, issued at ${statement.site},`}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 117)}...` : line;
}

function where(place: ConflictPlace | undefined, part: 'key' | 'range'): string {
  if (place === undefined) return '';
  const object = place.table === undefined ? '' : ` of table "${place.table}"${place.index === undefined ? '' : ` (index "${place.index}")`}`;
  const shown = part === 'key' ? (place.key ?? place.range) : (place.range ?? place.key);
  return shown === undefined ? object : `${object}: ${shown}`;
}

function edgeSentence(edge: ConflictEdge): string {
  switch (edge.kind) {
    case 'rw':
      return `Transaction ${edge.from} read${quoted(edge.fromStatement)} what transaction ${edge.to} then changed${quoted(edge.toStatement)}${where(edge.place, 'range')}; so ${edge.from} comes before ${edge.to}.`;
    case 'wr':
      return `Transaction ${edge.to} read${quoted(edge.toStatement)} what transaction ${edge.from} had written${quoted(edge.fromStatement)}${where(edge.place, 'key')}; so ${edge.from} comes before ${edge.to}.`;
    case 'ww':
      return `Transaction ${edge.to} overwrote${quoted(edge.toStatement)} what transaction ${edge.from} had written${quoted(edge.fromStatement)}${where(edge.place, 'key')}; so ${edge.from} comes before ${edge.to}.`;
    case 'order':
      return `Transaction ${edge.from} had committed before transaction ${edge.to} began; so ${edge.from} comes before ${edge.to}.`;
    case 'waits':
      return `Transaction ${edge.from} waits${quoted(edge.fromStatement)} for ${edge.lock ?? 'a lock'}, which transaction ${edge.to} holds.`;
  }
}

function serializationStory(victim: number, cycle: readonly ConflictEdge[]): string {
  return `${cycle.map(edgeSentence).join(' ')} These go round in a circle, so no serial order explains them all; transaction ${victim} was the last to commit and failed.`;
}
function writeStory({ victim, writer, statement, writerStatement }: RawWrite, place: ConflictPlace): string {
  const who = writer === undefined ? 'another transaction' : `transaction ${writer}`;
  return `Transaction ${victim} wanted to change${quoted(statement)} a row${where(place, 'key')} that ${who} had changed${quoted(writerStatement)} and committed after ${victim} took its snapshot; the first to update wins.`;
}
function deadlockStory(victim: number, cycle: readonly ConflictEdge[]): string {
  return `${cycle.map(edgeSentence).join(' ')} None of them can go on; transaction ${victim} was chosen to fail.`;
}
