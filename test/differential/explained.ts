/** Differences that are ours on purpose or nobody's: narrow rules, each with its line in docs/sql.md. */
import type { Answer } from './engines.js';

export interface Case {
  readonly sql: string;
  readonly ours: Answer;
  readonly theirs: Answer;
  /** Whether the statement stands in a transaction block. */
  readonly inBlock: boolean;
  /** The answers of the side that had no error to the same statement under other plans. */
  readonly otherPlans: () => Promise<readonly Answer[]>;
}

export interface Explanation {
  readonly name: string;
  readonly explains: (at: Case) => boolean | Promise<boolean>;
}

/** Values that are equal and print differently, in one form: 1.0 and 1.00, '1 mon' and '30 days'. */
function canonical(value: string | null): string {
  if (value === null) return '∅';
  if (/^-?\d+\.\d*$/.test(value)) return value.replace(/\.?0+$/, '');
  if (!/^(-?\d+ (years?|mons?|days?) ?)*([+-]?\d+:\d\d:\d\d(\.\d+)?)?$/.test(value) || value === '') return value;
  const days = [...value.matchAll(/(-?\d+) (year|mon|day)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (unit === 'year' ? 360 : unit === 'mon' ? 30 : 1), 0);
  const clock = /([+-]?)(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(value);
  const seconds = clock === null ? 0 : (clock[1] === '-' ? -1 : 1) * (Number(clock[2]) * 3600 + Number(clock[3]) * 60 + Number(clock[4]));
  return `${days * 86400 + seconds} s`;
}
/** Whatever is `isPadded` may have blanks at its end. */
const canonicalRows = (answer: Answer, isPadded: boolean): string => answer.rows.map((row) => row.map((value) => canonical(isPadded && value !== null ? value.trimEnd() : value)).join('|')).sort().join('\n');
const sortedRows = (answer: Answer): string[][] => answer.rows.map((row) => row.map((value) => value ?? '∅')).sort((a, b) => (a.join('|') < b.join('|') ? -1 : 1));

const sameDouble = (a: string, b: string, tolerance: number): boolean => a === b || (/^-?[\d.]+(e[+-]?\d+)?$/.test(a) && Math.abs(Number(a) - Number(b)) <= Math.abs(Number(a)) * tolerance);
function closeRows(ours: Answer, theirs: Answer, tolerance: number): boolean {
  const b = sortedRows(theirs);
  return sortedRows(ours).every((row, i) => row.every((value, n) => sameDouble(value, b[i]![n]!, tolerance)));
}

/** What docs/sql.md lists as "no". */
const unsupported = /^(PREPARE TRANSACTION|(COMMIT|ROLLBACK) PREPARED|PARTITION\b.*|INHERITS?|(CREATE|ALTER|DROP) (TRIGGER|RULE|ROLE|LANGUAGE|TEXT SEARCH.*)|GRANT|REVOKE|LISTEN|UNLISTEN|NOTIFY|XML\w*|IS DOCUMENT|function \w+|type "?(box|cidr|circle|inet|line|lseg|macaddr8?|path|pg_lsn|point|polygon|tsquery|tsvector|xml)(\[\])?"?) is not supported$/;
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
/** One expression over the rows of a table, which fails for several: each error quotes the value of another row. */
function areOfSeveralRows(sql: string, ours: Answer, theirs: Answer): boolean {
  const [a, b] = [ours, theirs].map((answer) => /: "([^"]*)"$/.exec(answer.message)?.[1]);
  return isQuery(sql) && /\bfrom\s+[a-z]/.test(withoutTexts(sql)) && a !== undefined && b !== undefined && a !== b;
}
/** The order in which one row's constraints are checked is defined. */
const insertsOneRow = (sql: string): boolean => /^\s*insert into \w+ (\([^()]*\) )?values \([^()]*\)( returning .*| on conflict .*)?$/.test(sql);

/** An error of one row: of its values, of a constraint on it, or of meeting it twice. */
const isOfRows = (answer: Answer): boolean => isOfValues(answer) || /^23/.test(answer.code ?? '');

/** Where a list in parentheses ends. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at;
  }
  return text.length;
}

const column = /\b[a-z]\w*\.\w+/;
/** The first argument of a call whose list opens at `open`. */
function firstArgument(text: string, open: number): string {
  const list = text.slice(open + 1, closing(text, open));
  let depth = 0;
  const end = [...list].findIndex((letter) => {
    if (letter === '(') depth++;
    else if (letter === ')') depth--;
    return letter === ',' && depth === 0;
  });
  return end === -1 ? list : list.slice(0, end);
}

/** Whether grouping sets have a key that reads no column, or none that is ever looked at: coalesce(7, t.a). */
function hasConstantKey(sql: string): boolean {
  const text = withoutTexts(sql);
  for (const { index } of text.matchAll(/\b(rollup|cube|grouping sets) ?\(/g)) {
    const open = text.indexOf('(', index);
    const list = text.slice(open + 1, closing(text, open));
    if (/\bcase when (true|false|null)\b|\b(true or|false and)\b/.test(list)) return true;
    for (const { index: at } of list.matchAll(/\bcoalesce ?\(/g)) if (!column.test(firstArgument(list, list.indexOf('(', at)))) return true;
    // A member without a column: what is left when calls and casts are taken for their names.
    for (let at = 0, depth = 0, from = 0; at <= list.length; at++) {
      if (list[at] === '(') depth++;
      else if (list[at] === ')') depth--;
      if (at < list.length && (list[at] !== ',' || depth > 0)) continue;
      const member = list.slice(from, at).trim();
      if (member !== '()' && member !== '' && !column.test(member) && !/^\(*[a-z]\w*\)*$/.test(member)) return true;
      from = at + 1;
    }
  }
  return false;
}

/** Whether grouping sets have a key that is a cast between texts. */
function hasRelabeledKey(sql: string): boolean {
  const text = withoutTexts(sql);
  return [...text.matchAll(/\b(rollup|cube|grouping sets) ?\(/g)].some(({ index }) => {
    const open = text.indexOf('(', index);
    return /::(varchar|text)\b/.test(text.slice(open, closing(text, open)));
  });
}

/** Whether two keys of grouping sets are columns of a derived table that shows one column twice. */
function hasTwinKeys(sql: string): boolean {
  const text = withoutTexts(sql);
  const shownAs = (name: string): readonly string[] => [...text.matchAll(new RegExp(`\\b(\\w+\\.\\w+) as ${name}\\b`, 'g'))].map((match) => match[1]!);
  return [...text.matchAll(/\b(rollup|cube|grouping sets) ?\(/g)].some(({ index }) => {
    const open = text.indexOf('(', index);
    const keys = [...text.slice(open, closing(text, open)).matchAll(/\b(d\d+)\.(c\d+)\b/g)];
    return keys.some(([, of, name]) => keys.some(([, other, twin]) => of === other && name !== twin && shownAs(name!).some((source) => shownAs(twin!).includes(source))));
  });
}

/** What stands in EXISTS (...). */
const existsBodies = (sql: string): string[] => [...sql.matchAll(/\bexists ?\(/g)].map(({ index }) => sql.slice(index, closing(sql, sql.indexOf('(', index))));
/** What keeps PostgreSQL from leaving out the select list of an EXISTS. */
const notOnlyAsked = /\b(rollup|cube|grouping sets|having|offset|union|intersect|except|over)\b|\bgroup by \(\)|\b(count|sum|avg|min|max|every|bool_and|bool_or|bit_and|bit_or|bit_xor|\w+_agg|\w*agg|stddev\w*|var\w*|regr_\w+|corr|covar_\w+|percentile_\w+|mode|rank|dense_rank|cume_dist|percent_rank|unnest|generate_series)\(/;
const transcendental = /\b(power|dpow|exp|ln|log|log10|sqrt|cbrt|a?sinh?|a?cosh?|a?tanh?|cot|atan2|[ac]?(sin|cos|tan)d|cotd|atan2d)\b|\^/g;

export const explanations: readonly Explanation[] = [
  {
    name: 'a FULL JOIN may have any condition',
    // It may stand in a view over a random query.
    explains: ({ sql, ours, theirs }) => /full\s+(outer\s+)?join|\bqv\d/.test(sql) && ours.code !== '0A000' && theirs.code === '0A000' && theirs.message.startsWith('FULL JOIN is only supported'),
  },
  {
    name: 'several expressions fail: which error is met first',
    explains: ({ sql, ours, theirs }) => isOfValues(ours) && isOfValues(theirs) && (hasSeveralPlaces(sql) || areOfSeveralRows(sql, ours, theirs)),
  },
  {
    name: 'an UPDATE moves keys over one another: in which order rows are changed is not defined',
    explains: ({ sql, ours, theirs }) => /^update \w+( (as )?\w+)? set (\w+) = \3 [-+*] \d+/.test(sql) && [ours.code, theirs.code].filter((code) => code === undefined).length === 1 && [ours, theirs].some(({ code, message }) => code === '23505' && message.endsWith('_pkey"')),
  },
  {
    name: 'a row that is a key of grouping sets is NULL in a set without it; PostgreSQL 15 tests the fields it is made of',
    explains: ({ sql, ours, theirs }) => /\b(rollup|cube|grouping sets)\b/.test(sql) && /\)::pair\)* is (not )?null/.test(sql) && ours.code === undefined && theirs.code === undefined && ours.rows.length !== theirs.rows.length,
  },
  {
    name: 'a key of more than 2048 bytes, which PostgreSQL compresses',
    explains: ({ ours, theirs }) => ours.code === '54000' && /^index row size \d+ exceeds maximum 2048$/.test(ours.message) && theirs.code === undefined,
  },
  {
    name: 'a result of more than max_result_rows rows',
    explains: ({ ours, theirs }) => ours.code === '54000' && ours.message.startsWith('result has more than') && theirs.code === undefined,
  },
  {
    name: 'a statement that would keep more than statement_mem',
    explains: ({ ours, theirs }) => ours.code === '53200' && ours.message === 'out of memory' && theirs.code === undefined,
  },
  {
    name: ':name is a parameter',
    explains: ({ sql, ours, theirs }) => /[^:]:[a-z]/.test(withoutTexts(sql)) && theirs.code === '42601' && (theirs.message === 'syntax error at or near ":"' || ours.code === undefined || ours.code === '42P02' || /^42[678]/.test(ours.code)),
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
    name: 'grouping sets: a key that planning makes a constant',
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === undefined && hasConstantKey(sql),
  },
  {
    name: 'grouping sets: a key that is a cast between texts, which PostgreSQL 15 loses in what is computed from it',
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === undefined && hasRelabeledKey(sql),
  },
  {
    name: 'grouping sets: two keys that are one column of a table below, which PostgreSQL 15 takes for one another in what is computed from them',
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === undefined && hasTwinKeys(sql),
  },
  {
    name: 'an EXISTS with aggregates, grouping sets, windows, set operations or OFFSET: whether its select list is computed',
    explains: ({ sql, ours, theirs }) => ours.code === undefined && isOfValues(theirs) && existsBodies(sql).some((body) => notOnlyAsked.test(body) && (withoutTexts(body).match(fallible) ?? []).length > 0),
  },
  {
    name: 'TABLESAMPLE (NULL) of a table that need not be read',
    explains: ({ sql, ours, theirs }) => [ours, theirs].some((answer) => answer.code === '2202H' && answer.message === 'TABLESAMPLE parameter cannot be null') && [ours, theirs].some((answer) => answer.code === undefined) && /\btablesample\b/.test(sql) && /\b(join|exists|in \(|lateral|with|where)\b|, /.test(sql),
  },
  {
    name: "min or max WITH TIES: PostgreSQL's 21000",
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === '21000' && /\b(min|max)\(/.test(sql) && /\bwith ties\b/.test(sql),
  },
  {
    name: 'the last digit of power, exp and the like',
    // Where one stands in another, or in arithmetic, the last digit of the inner one is multiplied.
    explains: ({ sql, ours, theirs }) => {
      const calls = sql.match(transcendental)?.length ?? 0;
      return calls > 0 && ours.code === undefined && theirs.code === undefined && ours.rows.length === theirs.rows.length && closeRows(ours, theirs, calls > 1 ? 1e-14 : 4e-16);
    },
  },
  {
    name: "PostgreSQL 15's join search fails",
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === 'XX000' && /^failed to build any \d+-way joins$/.test(theirs.message) && /\blateral\b/.test(sql),
  },
  {
    name: "PostgreSQL 15 takes = ANY of an empty array for strict: padded rows that IS NOT NULL, IS FALSE or NOT would keep are lost",
    explains: ({ sql, ours, theirs }) => ours.code === undefined && theirs.code === undefined && ours.rows.length > theirs.rows.length && /\b(left|right|full) (outer )?join\b/.test(sql) && /\b(any|some) ?\(+('\{\}'|array\[\])::/.test(sql) && /\bnot\b|\bis false\b/.test(sql),
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
    name: 'a value that fails in a row that no result needs: whether it is computed is up to the plan',
    // Shown by the side that had none: under another plan of its own it fails in the same way.
    explains: async ({ sql, ours, theirs, otherPlans }) => {
      const failed = ours.code === undefined ? theirs : ours;
      if (!isQuery(sql) || !isOfValues(failed) || (ours.code === undefined) === (theirs.code === undefined)) return false;
      return (await otherPlans()).some((answer) => answer.code === failed.code);
    },
  },
  {
    name: 'which of several equal values that print differently stands for a group',
    explains: ({ sql, ours, theirs }) =>
      /\b(distinct|group by|union|intersect|except|min|max|greatest|least)\b/.test(sql) && ours.code === undefined && theirs.code === undefined && ours.rows.length === theirs.rows.length && canonicalRows(ours, /::char\(/.test(sql)) === canonicalRows(theirs, /::char\(/.test(sql)),
  },
];

export async function explain(at: Case): Promise<string | undefined> {
  for (const { name, explains } of explanations) if (await explains(at)) return name;
  return undefined;
}
