/**
 * Which regression statements are asked of Serialite: a rule over the words of a statement, not a list of statements. What is out of scope is run on neither
 * server, so that both stay in step; and a statement that names an object which such a statement would have made (or altered into something else) is out of
 * scope with it, for there both servers would only agree that the object is missing.
 */
import { Lexeme, Scanner } from '../../parser/scanner.js';

interface Token {
  /** Lower case unless quoted; a string's content for strings. */
  readonly text: string;
  readonly kind: 'word' | 'string' | 'symbol';
}

interface Rule {
  readonly reason: string;
  /** Over the statement's words, one blank between them, in lower case; strings stand as '' and dollar strings are read through. */
  readonly pattern: RegExp;
}

const geometry = 'point|lseg|box|path|polygon|circle|line';
/** A word where a type is meant: cast to, column of, literal of, argument or constructor. */
const typed = (types: string): RegExp => new RegExp(`(:: |\\bas )(${types})\\b|[\\w"]+ (${types})( \\[ (\\d+ )?\\])*( [,);]|$| (not|default|primary|unique|check|null|collate|generated|references|using)\\b)|\\b(${types}) (''|\\()|\\( (${types}) [,)]|, (${types}) [,)]|\\btype (${types})\\b|returns (setof )?(${types})\\b`);

export const scopeRules: readonly Rule[] = [
  { reason: 'EXPLAIN: plans are the engine’s own', pattern: /^explain\b|\bexplain_\w+ \(/ },
  { reason: 'roles and privileges', pattern: /^(grant|revoke|reassign)\b|^(create|alter|drop) (user|role|group|policy)\b|^set (local |session )?(role|session authorization)\b|^reset (role|session)\b|\bowner to\b|^alter default privileges|^drop owned|^security label|\bsession authorization\b|\bsecurity_invoker\b|\brow level security\b|\bauthorization \w+/ },
  { reason: 'procedural languages and C functions', pattern: /\blanguage (''|plpgsql|c|internal|plperl)(?!\w)|^do\b|^(create|drop|alter) (or replace )?(procedural |trusted )*language\b|^load\b/ },
  { reason: 'triggers', pattern: /^(create|alter|drop) (or replace )?(constraint |event )*trigger\b|\b(enable|disable) (always |replica )?trigger\b|session_replication_role|\bpg_trigger\w*|\bpg_get_triggerdef\b|\breturns trigger\b|^comment on trigger\b/ },
  { reason: 'rules', pattern: /^(create|alter|drop) (or replace )?rule\b|\b(enable|disable) (always |replica )?rule\b|\bpg_rules\b|\bpg_get_ruledef\b/ },
  { reason: 'partitions', pattern: /\bpartition of\b|^create .*\) partition by\b|\b(attach|detach) partition\b|\bpg_partition\w+|\bpartition for values\b/ },
  { reason: 'inheritance', pattern: /\binherits \(|\b(no )?inherit \w+|\bpg_inherits\b|\bno inherit\b/ },
  { reason: 'LISTEN / NOTIFY', pattern: /^(listen|unlisten|notify)\b|\bpg_notify\b/ },
  { reason: 'full-text search', pattern: /\b(tsvector|tsquery|to_tsvector|to_tsquery|plainto_tsquery|ts_\w+|json_to_tsvector|jsonb_to_tsvector|tsvector_ops)\b|\btext search\b/ },
  { reason: 'geometric types', pattern: new RegExp(`${typed(geometry).source}|<->|\\b(box_ops|point_ops|poly_ops|circle_ops)\\b`) },
  { reason: 'network, XML and log types', pattern: /\b(inet|cidr|macaddr8?|pg_lsn|xml|xmlelement|xmlforest|xmlparse|xmlroot|xmlserialize|xmlagg|xmlconcat|xmltable|xpath\w*|table_to_xml\w*|query_to_xml\w*|txid_snapshot)\b/ },
  { reason: 'other index methods and operator classes', pattern: /\busing (hash|gin|gist|spgist|brin|\w+_am|heap\w*) ?(\(|$)|\busing (gin|gist|spgist|brin|hash)\b|^(create|alter|drop) (access method|operator (class|family))\b|\bexclude\b.* with\b|\b\w+_ops\b|\b(gin|brin|gist)_\w+ \(|\bset access method\b/ },
  { reason: 'user-defined operators, aggregates, casts, conversions and collations', pattern: /^(create|alter|drop) (or replace )?(operator|aggregate|cast|conversion|collation|transform)\b/ },
  { reason: 'base and shell types in C', pattern: /^create type [\w. ]+ ?(\( input\b|$|\( internallength\b)|^alter type [\w. ]+ set \(/ },
  { reason: 'tablespaces, storage of columns, clustering, replica identity', pattern: /\btablespace\b|\b(set|reset) \( ?(fillfactor|autovacuum|toast|parallel|n_distinct|vacuum|buffering|deduplicate|fastupdate)|\bset (storage|statistics|compression|logged|unlogged|without oids|without cluster|with oids)\b|^cluster\b|\bcluster on\b|\breplica identity\b|\bdefault_table_access_method\b/ },
  { reason: 'extended statistics and partitions', pattern: /\bpg_get_(statisticsobjdef\w*|partkeydef)\b/ },
  { reason: 'typed tables', pattern: /^create (temp |temporary )?table (if not exists )?(\w+ \. )?\w+ of\b|^alter table .* (not )?of( |$)/ },
  { reason: 'random samples', pattern: /\btablesample \w+ \((?! (0|100) \))/ },
  { reason: 'strings with backslash escapes by default', pattern: /\bstandard_conforming_strings (=|to) (''|off)(?! *on)/ },
  { reason: 'reindexing of catalogs and databases', pattern: /^reindex .*\b(system|database|pg_\w+)\b/ },
  { reason: 'extended statistics', pattern: /^(create|alter|drop) statistics\b/ },
  { reason: 'foreign data, publications, extensions', pattern: /^(create|alter|drop|import) (foreign|server|publication|subscription|extension|user mapping)\b|\bforeign table\b/ },
  { reason: 'large objects', pattern: /\blo_\w+|\bpg_largeobject\w*|^(comment on|alter) large object\b/ },
  { reason: 'two-phase commit', pattern: /^(prepare transaction|commit prepared|rollback prepared)\b|\bpg_prepared_xacts\b/ },
  { reason: 'system columns', pattern: /\b(ctid|xmin|xmax|cmin|cmax|tableoid)\b/ },
  { reason: 'catalogs by OID', pattern: /\bpg_(proc|class|attribute|attrdef|type|constraint|index|depend|rewrite|statistic\w*|am|amop|amproc|opclass|opfamily|operator|aggregate|cast|collation|conversion|description|language|namespace|range|enum|authid|roles|database|shdepend|stat_\w+|statio_\w+|stats|stats_ext|sequence|tables|indexes|locks|settings|cursors|prepared_statements|default_acl|init_privs|seclabel\w*|foreign_\w+|user_mapping\w*|shadow|user|group|matviews)\b(?! \()|\bpg_(relation|filenode|describe|identify|get_object|stat_get|column|indexam|index|input)\w* \(|\bpg_(relation_size|table_size|total_relation_size|relation_filenode|my_temp_schema|event_trigger\w*|get_functiondef|get_function_\w+)\b|\binformation_schema\b/ },
  { reason: 'server’s own workings (JIT, parallel query, WAL, memory, autovacuum)', pattern: /\b(max_parallel\w*|parallel_\w+|min_parallel\w*|force_parallel_mode|debug_\w+|jit\w*|pg_log_\w+|pg_current_wal\w*|wal_\w+|pg_switch_wal|pg_stat_\w+|enable_partition\w*|track_\w+|constraint_exclusion|plan_cache_mode|pg_backend_memory_contexts|max_stack_depth|restrict_nonsystem_relation_kind|allow_system_table_mods|default_tablespace|temp_tablespaces|allow_in_place_tablespaces|synchronize_seqscans|vacuum_\w+|log_\w+|lc_\w+|exit_on_error|cursor_tuple_fraction|from_collapse_limit|join_collapse_limit|geqo\w*|gin_\w+|commit_delay|hash_mem_multiplier|compute_query_id)\b|\bparallel (safe|unsafe|restricted) ?$/ },
  { reason: 'collations other than "C"', pattern: /"(?!c"|posix"|default"|ucs_basic")[a-z]{2}(_[a-z]{2})?(-x-icu|\.utf8)?"(?= |$)|\bcollate "(?!c"|posix"|default"|ucs_basic")/ },
];

/** Keywords that an object's name may follow, up to its name. */
const objectKinds = '(?:(?:global |local )?(?:temporary |temp |unlogged )?(?:recursive )?table|(?:temporary |temp )?(?:recursive )?view|materialized view|unique index|index|(?:temporary |temp |unlogged )?sequence|function|procedure|aggregate|operator|domain|type|schema|trigger|rule|policy|role|user|group|collation|conversion|cast|foreign table|server|extension|statistics|language|tablespace|access method|database|publication|subscription)';
const defines = new RegExp(`^(?:create (?:or replace )?|alter )${objectKinds}(?: concurrently)?(?: if not exists| if exists)?(?: only)? (?:[\\w"$]+ \\. )?([\\w"$]+)`);
const renames = /\brename to (\S+)/;
const drops = new RegExp(`^drop ${objectKinds}(?: concurrently)?(?: if exists)? (.*)$`);

export class Scope {
  /** By name: why what has it is out of scope. */
  readonly #missing = new Map<string, string>();
  /** Columns that were not added, as `table.column`. */
  readonly #missingColumns = new Map<string, string>();

  /** The reason why `statement` is out of scope; undefined when it is in. Takes note of what it would have made. */
  judge(statement: string): string | undefined {
    const tokens = [...tokensOf(statement)];
    const text = tokens.map((t) => (t.kind === 'string' ? "''" : t.text)).join(' ');
    const own = scopeRules.find((rule) => rule.pattern.test(text))?.reason;
    const named = own === undefined ? this.#namedMissing(tokens, text) : undefined;
    const reason = own ?? (named === undefined ? undefined : `names what is out of scope: ${named}`);
    const dropped = drops.exec(text);
    if (dropped !== null) {
      for (const part of dropped[1]!.split(' , ')) this.#missing.delete(lastName(part));
      return reason;
    }
    if (reason === undefined) return undefined;
    for (const name of definedNames(text)) this.#missing.set(name, own ?? named!);
    for (const name of addedColumns(text)) this.#missingColumns.set(name, own ?? named!);
    return reason;
  }

  /** An in-scope statement that succeeded has made what it names: a name used again for another object. */
  noteSuccess(statement: string): void {
    const text = [...tokensOf(statement)].map((t) => (t.kind === 'string' ? "''" : t.text)).join(' ');
    if (!text.startsWith('create')) return;
    for (const name of definedNames(text)) this.#missing.delete(name);
  }

  /** The root reason of the first missing thing that is named. */
  #namedMissing(tokens: readonly Token[], text: string): string | undefined {
    if (this.#missing.size + this.#missingColumns.size === 0) return undefined;
    for (const [name, reason] of this.#missingColumns) {
      const [table, column] = name.split('.') as [string, string];
      if (tokens.some((t) => t.text === table) && tokens.some((t) => t.text === column)) return reason;
    }
    // A name given again is a new object's.
    const own = text.startsWith('create') ? definedNames(text)[0] : undefined;
    const isIn = clauses(tokens);
    for (let i = 0; i < tokens.length; i++) {
      const { text: word, kind } = tokens[i]!;
      const reason = this.#missing.get(word);
      if (reason === undefined || word === own) continue;
      const before = tokens[i - 1]?.text ?? '';
      const after = tokens[i + 1]?.text ?? '';
      if (kind === 'string' ? after === '::' && tokens[i + 2]?.text.startsWith('reg') === true : kind === 'word' && isReference(before, after, isIn[i]!)) return reason;
    }
    return undefined;
  }
}

function definedNames(text: string): string[] {
  const names: string[] = [];
  const own = defines.exec(text);
  // ALTER of what is there changes nothing while it is not run, unless it adds what later statements use.
  if (own !== null && text.startsWith('create') && !/^create (or replace )?(trigger|constraint trigger|rule|policy|index|unique index)\b/.test(text)) names.push(unquote(own[1]!));
  const index = /^create (?:unique )?index (?:concurrently )?(?:if not exists )?(\S+) on\b/.exec(text);
  if (index !== null) names.push(unquote(index[1]!));
  const renamed = renames.exec(text);
  if (renamed !== null) names.push(unquote(renamed[1]!));
  const prepared = /^(?:prepare|declare) (\S+)/.exec(text);
  if (prepared !== null) names.push(unquote(prepared[1]!));
  const into = /^(?:select|with)\b.*? into (?:temp |temporary |unlogged )?(?:table )?([\w"]+)/.exec(text);
  if (into !== null) names.push(unquote(into[1]!));
  const schema = /^create schema\b/.test(text);
  if (schema) for (const [, name] of text.matchAll(/create (?:table|view|sequence|index) (\S+)/g)) names.push(unquote(name!));
  return names.filter((name) => !/^\W+$/.test(name));
}

/** What ALTER TABLE ... ADD COLUMN adds, as `table.column`. */
function addedColumns(text: string): string[] {
  const table = /^alter table (?:if exists )?(?:only )?(?:\w+ \. )?([\w"]+)/.exec(text)?.[1];
  if (table === undefined) return [];
  return [...text.matchAll(/\badd (?:column )?(?:if not exists )?(?!constraint|check|primary|unique|foreign|exclude|not)([\w"]+) /g)].map(([, column]) => `${unquote(table)}.${unquote(column!)}`);
}

function lastName(part: string): string {
  const words = part.replace(/ (cascade|restrict)$/, '').split(' ( ')[0]!.split(' on ')[0]!.split(' . ');
  return unquote(words.at(-1)!.trim());
}

const unquote = (name: string): string => name.replaceAll('"', '');

const relationWords = new Set(['from', 'join', 'into', 'update', 'table', 'only', 'using', 'view', 'references', 'copy', 'truncate', 'type', 'of', 'lock', '::', 'on', 'execute', 'fetch', 'move', 'close', 'deallocate', 'prepare', 'setof', 'as', 'index', 'domain', 'sequence', 'analyze', 'vacuum', 'function', 'schema', 'in', 'constraint', 'exists', 'cursor', 'like', 'column', 'reindex', 'call', 'returns', 'routine', 'procedure']);

/** Whether a word stands where an object is named: after such a keyword, in a FROM list, before an argument list, or as the qualifier of a column. */
function isReference(before: string, after: string, clause: string): boolean {
  if (relationWords.has(before)) return before !== 'as' || /^(create|from)$/.test(clause) || after === ')' || after === '' || after === ',';
  if (after === '(') return before !== 'as' && before !== 'with';
  if (after === '.') return true;
  return (before === ',' && (clause === 'from' || clause === 'update' || clause === 'create')) || (before === '.' && clause === 'from') || clause === 'create';
}

/** Of each token the clause it is in: the last clause keyword at its depth of parentheses. */
function clauses(tokens: readonly Token[]): string[] {
  const stack: string[] = [tokens[0]?.text ?? ''];
  return tokens.map(({ text, kind }) => {
    if (text === '(') stack.push(stack.at(-1)!);
    else if (text === ')' && stack.length > 1) stack.pop();
    else if (kind === 'word' && /^(select|from|where|group|order|having|set|values|returning|limit|on|union|window|when|then)$/.test(text)) stack[stack.length - 1] = text;
    return stack.at(-1)!;
  });
}

function* tokensOf(statement: string): Generator<Token> {
  const scanner = new Scanner(statement);
  for (;;) {
    const lexeme = scanner.next();
    if (lexeme === Lexeme.End || lexeme === Lexeme.Unterminated) return;
    const word = statement.slice(scanner.start, scanner.end);
    if (lexeme === Lexeme.Word) yield { text: word.toLowerCase(), kind: 'word' };
    else if (lexeme === Lexeme.QuotedWord) yield { text: /^"[a-z_][a-z0-9_$]*"$/.test(word) && !/^"(c|posix|default|[a-z]{2}_[a-z]{2}.*)"$/.test(word) ? word.slice(1, -1) : word.toLowerCase(), kind: 'word' };
    else if (lexeme === Lexeme.DollarString) {
      const content = /^(\$\w*\$)([^]*)\1$/.exec(word)?.[2] ?? '';
      yield { text: '', kind: 'string' };
      yield* tokensOf(content);
    } else if (lexeme === Lexeme.String || lexeme === Lexeme.EscapeString) yield { text: word.slice(word.indexOf("'") + 1, -1), kind: 'string' };
    else yield { text: word, kind: 'symbol' };
  }
}
