/** Differences that are ours on purpose or nobody's: narrow rules, each with its line in docs/sql.md. */
import type { Answer } from './engines.js';

export interface Case {
  readonly sql: string;
  readonly ours: Answer;
  readonly theirs: Answer;
  /** Whether the statement stands in a transaction block. */
  readonly inBlock: boolean;
}

export interface Explanation {
  readonly name: string;
  readonly explains: (at: Case) => boolean;
}

/** The difference of numbers that are equal and print differently: 1.0 and 1.00. */
const sameNumber = (a: string | null, b: string | null): boolean => a === b || (a !== null && b !== null && /^-?[\d.]+$/.test(a) && /^-?[\d.]+$/.test(b) && Number(a) === Number(b) && a.replace(/\.?0+$/, '') === b.replace(/\.?0+$/, ''));
const sortedRows = (answer: Answer): string[][] => answer.rows.map((row) => row.map((value) => value ?? '∅')).sort((a, b) => (a.join('|') < b.join('|') ? -1 : 1));

const sameDouble = (a: string, b: string): boolean => a === b || (/^-?[\d.]+(e[+-]?\d+)?$/.test(a) && Math.abs(Number(a) - Number(b)) <= Math.abs(Number(a)) * 4e-16);
function closeRows(ours: Answer, theirs: Answer): boolean {
  const b = sortedRows(theirs);
  return sortedRows(ours).every((row, i) => row.every((value, n) => sameDouble(value, b[i]![n]!)));
}

/** What docs/sql.md lists as "no". */
const unsupported = /^(PREPARE TRANSACTION|(COMMIT|ROLLBACK) PREPARED|PARTITION\b.*|INHERITS?|(CREATE|ALTER|DROP) (TRIGGER|RULE|ROLE|LANGUAGE|TEXT SEARCH.*)|GRANT|REVOKE|LISTEN|UNLISTEN|NOTIFY|XML\w*|IS DOCUMENT|type "?(box|cidr|circle|inet|line|lseg|macaddr8?|path|pg_lsn|point|polygon|tsquery|tsvector|xml)(\[\])?"?) is not supported$/;
const isQuery = (sql: string): boolean => /^[\s(]*(select|with|values)\b/.test(sql);
/** The flags of a range, the field of a date and the dimensions of an array are values, whatever the code says. */
const isOfFlags = (answer: Answer): boolean => (answer.code === '42601' && answer.message === 'invalid range bound flags') || (answer.code === '0A000' && /^(unit "\w+" not supported for type|removing elements from multidimensional)/.test(answer.message));
const isOfDomain = (answer: Answer): boolean => (answer.code === '23514' && answer.message.startsWith('value for domain')) || (answer.code === '23502' && answer.message.startsWith('domain '));
/** An error of a value, met while an expression is computed; 54000 is chr(0) and the like, 21000 a subquery of several rows. */
const isOfValues = (answer: Answer): boolean => /^(22|54000|21000)/.test(answer.code ?? '') || isOfFlags(answer) || isOfDomain(answer);
const withoutTexts = (sql: string): string => sql.replace(/'(?:[^']|'')*'|"[^"]*"/g, "''");
/** What can fail: casts, arithmetic, calls. */
const fallible = /::|\bcast *\(|(?<![-'])[-+*\/%^](?!>)|\|\||#-|\b(?!(?:select|from|in|and|or|as|not|on|by|exists|where|values|any|all|some|over|lateral|when|then|else|using|sum|count|bool_and|bool_or|min|max|every|row|filter|group|sets|cube|rollup)\b)[a-z_]\w* *\(/g;
/** Two expressions that can fail, in several columns or over the rows of tables: which is met first is nobody's to say. In one expression over no table the arguments are. */
function hasSeveralPlaces(sql: string): boolean {
  const text = withoutTexts(sql);
  const top = text.replace(/\([^()]*(\([^()]*(\([^()]*(\([^()]*\)[^()]*)*\)[^()]*)*\)[^()]*)*\)/g, '');
  return isQuery(text) && (text.match(fallible) ?? []).length >= 2 && (/\bfrom\s+[a-z(]/.test(text) || /,/.test(top));
}
/** The order in which one row's constraints are checked is defined. */
const insertsOneRow = (sql: string): boolean => /^\s*insert into \w+ (\([^()]*\) )?values \([^()]*\)( returning .*| on conflict .*)?$/.test(sql);

/** An error of one row: of its values, of a constraint on it, or of meeting it twice. */
const isOfRows = (answer: Answer): boolean => isOfValues(answer) || /^23/.test(answer.code ?? '');

/** Whether grouping sets have a column as a key and an expression over that column as another. */
function hasDerivedKey(sql: string): boolean {
  for (const { index } of sql.matchAll(/\b(rollup|cube|grouping sets) ?\(/g)) {
    const list = sql.slice(index, sql.slice(index).search(/ (having|window|order by|union|intersect|except|limit|offset|fetch) |$/) + index);
    const bare = new Set([...list.matchAll(/(?:(?<=\b(?:rollup|cube|sets) ?\()|(?<=[^\w]\()|(?<=, ))([td]\d+\.\w+)(?=[,)])/g)].map((match) => match[1]!));
    for (const match of list.matchAll(/(\w\(|\()?([td]\d+\.\w+)(::)?/g)) {
      const isDerived = match[3] !== undefined || (match[1] !== undefined && /^\w/.test(match[1]) && !/\b(rollup|cube|sets) ?$/.test(list.slice(0, match.index + 1)));
      if (isDerived && bare.has(match[2]!)) return true;
    }
  }
  return false;
}

export const explanations: readonly Explanation[] = [
  {
    name: 'a FULL JOIN may have any condition',
    explains: ({ sql, ours, theirs }) => /full\s+(outer\s+)?join/.test(sql) && ours.code !== '0A000' && theirs.code === '0A000' && theirs.message.startsWith('FULL JOIN is only supported'),
  },
  {
    name: 'several expressions fail: which error is met first',
    explains: ({ sql, ours, theirs }) => isOfValues(ours) && isOfValues(theirs) && hasSeveralPlaces(sql),
  },
  {
    name: ':name is a parameter',
    explains: ({ sql, ours, theirs }) => /[^:]:[a-z]/.test(withoutTexts(sql)) && theirs.code === '42601' && (ours.code === undefined || ours.code === '42P02' || /^42[678]/.test(ours.code)),
  },
  {
    name: 'a temporary table, ANALYZE or REINDEX in a READ ONLY transaction',
    explains: ({ sql, ours, theirs }) => ours.code === '25006' && theirs.code === undefined && /\bct\d|^(analyze|reindex)\b/.test(sql),
  },
  {
    name: 'an untyped literal in a ROW is text, and PostgreSQL cannot compare it with a text',
    explains: ({ ours, theirs }) => ours.code === undefined && (/^cannot compare dissimilar column types (text and unknown|unknown and text) at record column/.test(theirs.message) || /^could not identify (an equality operator|a comparison function) for type unknown$/.test(theirs.message)),
  },
  {
    name: 'grouping sets: a key that is an expression over another key',
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === undefined && hasDerivedKey(sql),
  },
  {
    name: "min or max WITH TIES: PostgreSQL's 21000",
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === '21000' && /\b(min|max)\(/.test(sql) && /\bwith ties\b/.test(sql),
  },
  {
    name: 'the last digit of power, exp and the like',
    explains: ({ sql, ours, theirs }) => /\b(power|exp|ln|sqrt|cbrt|sin|atan2|dpow|acos|log)\b/.test(sql) && ours.code === undefined && theirs.code === undefined && ours.rows.length === theirs.rows.length && closeRows(ours, theirs),
  },
  {
    name: "PostgreSQL 15's join search fails",
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === 'XX000' && /^failed to build any \d+-way joins$/.test(theirs.message) && /\blateral\b/.test(sql),
  },
  {
    name: 'the condition of a MERGE is a boolean',
    explains: ({ sql, ours, theirs }) => /^\s*(with\b.*)?\bmerge into\b/.test(sql) && ours.code === '42804' && /^argument of JOIN\/ON must be type boolean/.test(ours.message) && theirs.code !== '42804',
  },
  {
    name: 'unsupported: 0A000 names the feature',
    explains: ({ ours, theirs }) => ours.code === '0A000' && theirs.code !== '0A000' && unsupported.test(ours.message),
  },
  {
    name: 'several rows fail, each in its own way: the first one met decides the code',
    explains: ({ sql, ours, theirs }) => /^\s*(insert|update|delete|merge|with\b.*\b(insert|update|delete|merge))\b/.test(sql) && !insertsOneRow(sql) && isOfRows(ours) && isOfRows(theirs),
  },
  {
    name: 'which of several equal numbers of different scale stands for a group',
    explains: ({ sql, ours, theirs }) => {
      if (!/\b(distinct|group by|union|intersect|except|min|max|greatest|least)\b/.test(sql) || ours.code !== undefined || theirs.code !== undefined || ours.rows.length !== theirs.rows.length) return false;
      const a = sortedRows(ours);
      const b = sortedRows(theirs);
      return a.every((row, i) => row.every((value, n) => sameNumber(value, b[i]![n]!)));
    },
  },
];

export function explain(at: Case): string | undefined {
  return explanations.find((explanation) => explanation.explains(at))?.name;
}
