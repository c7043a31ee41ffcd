/**
 * What a message to a server came to, and whether two servers agree on it: the same SQLSTATE, or the same columns (names, and types that are built in) and
 * the same rows as text. Rows are compared in order where the statement orders them, otherwise as a multiset. Rows that the order leaves tied may come in any
 * order, so that ordered rows must agree as a multiset and in the columns they are ordered by.
 */
export interface Outcome {
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly results: readonly ResultRows[];
}

export interface ResultRows {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface Comparison {
  /** Expressions of the outermost ORDER BY as far as they are names or numbers of output columns; undefined without ORDER BY. */
  readonly order: readonly string[] | undefined;
  /** Compare the number of rows alone: the values differ from run to run, or LIMIT picks among rows in no order. */
  readonly isShapeOnly: boolean;
}

const FirstUserOid = 16384;

/** What differs, in few words; undefined when nothing does. */
export function difference(ours: Outcome, theirs: Outcome, how: Comparison): string | undefined {
  if (ours.error !== undefined || theirs.error !== undefined) {
    if (ours.error?.code === theirs.error?.code) return undefined;
    if (ours.error === undefined) return `no error instead of ${theirs.error!.code} ${general(theirs.error!.message)}`;
    return `${ours.error.code} ${general(ours.error.message)}${theirs.error === undefined ? '' : ` instead of ${theirs.error.code} ${general(theirs.error.message)}`}`;
  }
  if (ours.results.length !== theirs.results.length) return `${ours.results.length} results instead of ${theirs.results.length}`;
  for (let i = 0; i < ours.results.length; i++) {
    const found = differenceOfRows(ours.results[i]!, theirs.results[i]!, how);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differenceOfRows(ours: ResultRows, theirs: ResultRows, how: Comparison): string | undefined {
  if (ours.columns.map((c) => c.name).join('\n') !== theirs.columns.map((c) => c.name).join('\n')) return 'column names';
  const isOwnType = (oid: number): boolean => oid >= FirstUserOid;
  if (ours.columns.some((c, i) => c.type !== theirs.columns[i]!.type && !isOwnType(theirs.columns[i]!.type))) return 'column types';
  if (ours.rows.length !== theirs.rows.length) return 'number of rows';
  if (how.isShapeOnly) return undefined;
  const text = (row: readonly (string | null)[]): string => JSON.stringify(row);
  const a = ours.rows.map(text);
  const b = theirs.rows.map(text);
  if (a.join('\n') === b.join('\n')) return undefined;
  if ([...a].sort().join('\n') !== [...b].sort().join('\n')) return 'rows';
  if (how.order === undefined) return undefined;
  const keys = how.order.map((key) => (/^\d+$/.test(key) ? Number(key) - 1 : ours.columns.findIndex((c) => c.name === key))).filter((i) => i >= 0);
  const keyOf = (row: readonly (string | null)[]): string => JSON.stringify(keys.map((i) => row[i] ?? null));
  return ours.rows.every((row, i) => keyOf(row) === keyOf(theirs.rows[i]!)) ? undefined : 'order of rows';
}

/** A message without its names and numbers, so that messages of one kind are counted together. */
function general(message: string): string {
  return message.replaceAll(/"[^"]*"/g, '"…"').replaceAll(/\d+/g, 'N').slice(0, 100);
}

const varying = /\b(random|now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|current_timestamp|localtimestamp|localtime|current_time|current_date|pg_backend_pid|txid_current\w*|pg_current_xact_id\w*|gen_random_uuid|version|pg_postmaster_start_time|current_user|current_database|session_user|current_catalog|tablesample|oid)\b/i;

/** How the results of `statement` are compared. */
export function comparisonOf(statement: string): Comparison {
  const plain = statement.replaceAll(/--.*|'(?:[^']|'')*'|\/\*[^]*?\*\//g, "''");
  const outermost = withoutParentheses(plain);
  const order = /^[^]*\border\s+by\s([^]*)$/i.exec(outermost)?.[1]?.replace(/\b(limit|offset|fetch|for\s+(update|share|no|key))\b[^]*$/i, '');
  const isLimited = order === undefined && /\b(limit|offset|fetch\s+(first|next))\b/i.test(outermost) && /^(select|with|values|table)\b/i.test(statement);
  return { order: order?.split(',').map((key) => key.trim().split(/\s/)[0]!.toLowerCase()), isShapeOnly: isLimited || varying.test(plain) };
}

function withoutParentheses(text: string): string {
  let depth = 0;
  let result = '';
  for (const c of text) {
    if (c === '(') depth++;
    if (depth === 0) result += c;
    if (c === ')') depth = Math.max(0, depth - 1);
  }
  return result;
}
