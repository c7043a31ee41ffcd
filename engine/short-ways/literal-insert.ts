/**
 * INSERT of many rows of literals: the statement is planned once with a parameter for each literal, under the text of its head, and its rows
 * (parser/literal-rows.ts) are read straight into values of the parameters' types.
 *
 * K6  It gives what the general way gives, which is taken by answering `undefined` wherever a literal is not plainly a value of its column: among them every
 *     literal that is wrong, so that messages and their positions are the parser's and the planner's. Nothing has been done by then.
 * K7  Values are read with the column's modifier before the first row is written; the casts of the plan then change nothing and cannot fail.
 */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { parseNumeric } from '../../base/numeric.js';
import type { TextReader } from '../../base/text-io.js';
import { textReader } from '../../base/text-io.js';
import type { SqlType } from '../../base/types.js';
import { TypeOid } from '../../base/types.js';
import type { EncodedRows } from '../../executor/encoded-rows.js';
import { storedParameter } from '../../executor/parameter-rows.js';
import { headOfInsert, LiteralKind, LiteralRows } from '../../parser/literal-rows.js';
import { defaultMaxLength } from '../../parser/parse.js';
import type { PlannedStatement } from '../../planner/physical-plan.js';
import type { Backend, Call } from '../backend.js';
import { compiledFor, findPlan, neededLocks } from '../execute.js';
import { LiteralLane } from './literal-lane.js';
import type { CachedStatement, PlanCache } from '../plan-cache.js';
import type { ModifyResult } from './quick-modify.js';
import { canRunQuickly, modifyRows, type ParameterRows } from './quick-modify.js';
import { quickPlan, type QuickPlan } from './quick.js';

/** Shorter texts are not worth a look, nor are fewer rows than this; longer ones than any statement may be are refused by the parser. */
const LengthMin = 200;
const RowsMin = 4;
/** So long a text is worth code that reads its rows even if it is the first of its kind, and the last. */
const ManyLengthMin = 4096;

/** Types whose text means the same at any time, and whose reading calls nothing but a function of the text. */
const readable = new Set<number>([
  TypeOid.bool, TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.float8, TypeOid.numeric, TypeOid.text, TypeOid.varchar, TypeOid.bytea, TypeOid.uuid, TypeOid.jsonb,
]);

/** What a text is, read as such a statement. */
interface LiteralInsert {
  readonly quick: QuickPlan;
  readonly rows: ParameterRows;
  /** Its rows, if all of them were read in one pass. */
  readonly encoded: EncodedRows | undefined;
}

/** Those of one session. */
export class LiteralInserts {
  readonly #backend: Backend;
  readonly #plans: PlanCache;
  /** Behind the last of them. */
  #lane: LiteralLane | undefined;

  constructor(backend: Backend, plans: PlanCache) {
    this.#backend = backend;
    this.#plans = plans;
  }

  /** Undefined: run the text the general way. @throws DbError of the statement */
  run(text: string, call: Call): Promise<ModifyResult> | undefined {
    const backend = this.#backend;
    if (text.length < LengthMin || text.length > defaultMaxLength || call.deadlineMs !== Infinity || !canRunQuickly(backend)) return undefined;
    // One that has waited for its turn.
    const again = this.canRunAgain(text) ? this.runAgain(text) : undefined;
    if (again !== undefined) return Promise.resolve(again);
    const head = headOfInsert(text);
    if (head === undefined) return undefined;
    const width = widthOf(text, head.length);
    if (width === undefined) return undefined;
    const read = readInsert(backend, this.#plans, text, head, width, call);
    if (read === undefined) return undefined;
    const running = modifyRows(backend, read.quick, text, read.rows);
    this.#lane = read.encoded === undefined ? undefined : LiteralLane.behind(backend, head, read.encoded, read.quick.command);
    return running;
  }

  /** Whether `runAgain` may be asked. */
  canRunAgain(text: string): boolean {
    const lane = this.#lane;
    if (lane === undefined) return false;
    if (lane.isOpen(this.#backend)) return lane.isFor(text);
    this.#lane = undefined;
    return false;
  }
  /** By the lane; undefined: ask `run`. @throws DbError of the statement */
  runAgain(text: string): ModifyResult | undefined {
    const result = this.#lane!.run(text);
    if (result === undefined) this.#lane = undefined;
    return result;
  }
}

/** The plan of the statement and its rows. */
function readInsert(backend: Backend, plans: PlanCache, text: string, head: string, width: number, call: Call): LiteralInsert | undefined {
  if (backend.settings.get('execution_mode') !== 'generated') return undefined;
  try {
    const cached = templateOf(plans, head, width);
    if (cached === undefined) return undefined;
    const plan = findPlan(backend, cached, []);
    const types = literalTypes(plan.planned);
    if (types === undefined) return undefined;
    compiledFor(backend, plan, call.format);
    // The locks are found at a plan's first run.
    neededLocks(plan, backend);
    const quick = quickPlan(backend, cached, call.format);
    if (quick?.modify === undefined) return undefined;
    const encoded = quick.modify.encodedRows?.(backend.instance.manager, backend.definitions().types, text.length >= ManyLengthMin);
    const isOnePass = encoded?.setLiterals(text, Buffer.byteLength(head)) === true;
    if (encoded !== undefined && (isOnePass || readRows(backend, text, head.length, types, encoded))) {
      const list = (): Datum[][] => {
        encoded.clear();
        return listed(backend, text, head.length, types)!;
      };
      return { quick, rows: { encoded, list }, encoded: isOnePass ? encoded : undefined };
    }
    encoded?.clear();
    const rows = listed(backend, text, head.length, types);
    return rows === undefined ? undefined : { quick, rows: { encoded: undefined, list: () => rows }, encoded: undefined };
  } catch (error) {
    // Of parsing, planning and reading literals: the general way says it with a position.
    if (error instanceof DbError) return undefined;
    throw error;
  }
}

/** Columns of the first row, undefined when there are not enough rows to come. */
function widthOf(text: string, start: number): number | undefined {
  const rows = new LiteralRows(text, start);
  if (!rows.open()) return undefined;
  for (let width = 1; rows.next(); width++) {
    const after = rows.afterLiteral();
    if (after === undefined) return undefined;
    if (after === 'more') continue;
    for (let i = 1; i < RowsMin; i++) {
      if (rows.afterRow() !== 'more' || !rows.open()) return undefined;
      for (let at = 0; at < width; at++) if (!rows.next() || rows.afterLiteral() === undefined) return undefined;
    }
    return width;
  }
  return undefined;
}

function templateOf(plans: PlanCache, head: string, width: number): CachedStatement | undefined {
  const parameters = Array.from({ length: width }, (_, i) => `$${i + 1}`).join(', ');
  const { statements } = plans.get(`${head}(${parameters})`);
  return statements.length === 1 && statements[0]!.parsed.parameterCount === width ? statements[0] : undefined;
}

const typesOf = new WeakMap<PlannedStatement, readonly SqlType[] | null>();

/** By parameter, the type of the column it is for; undefined when the plan does more with one than store it. */
function literalTypes(planned: PlannedStatement): readonly SqlType[] | undefined {
  let types = typesOf.get(planned);
  if (types === undefined) typesOf.set(planned, (types = findLiteralTypes(planned) ?? null));
  return types ?? undefined;
}
function findLiteralTypes({ plan, ctes, parameterTypes }: PlannedStatement): readonly SqlType[] | undefined {
  if (plan.kind !== 'modify' || plan.operation !== 'insert' || plan.input.kind !== 'result' || ctes.length > 0) return undefined;
  const types: (SqlType | undefined)[] = parameterTypes.map(() => undefined);
  for (const value of plan.insertValues!) {
    const parameter = storedParameter(value);
    if (parameter === undefined) continue;
    if (types[parameter] !== undefined || !readable.has(value.type.oid)) return undefined;
    types[parameter] = value.type;
  }
  return types.includes(undefined) ? undefined : (types as SqlType[]);
}

/** The rows as arrays; undefined: not all of them are plain. */
function listed(backend: Backend, text: string, start: number, types: readonly SqlType[]): Datum[][] | undefined {
  const rows: Datum[][] = [];
  const add = (row: readonly Datum[]): boolean => rows.push(row.slice()) > 0;
  return readRows(backend, text, start, types, { add }) ? rows : undefined;
}

/** Gives each row to `into`, which borrows it; false: not all of them are plain, or are taken. */
function readRows(backend: Backend, text: string, start: number, types: readonly SqlType[], into: { add(row: readonly Datum[]): boolean }): boolean {
  const scanner = new LiteralRows(text, start);
  const ctx = backend.plainContext();
  const readers = types.map((type) => textReader(type, ctx));
  const width = types.length;
  const row = new Array<Datum>(width).fill(null);
  for (;;) {
    if (!scanner.open()) return false;
    for (let i = 0; i < width; i++) {
      if (!scanner.next()) return false;
      const value = valueOf(scanner, types[i]!, readers[i]!);
      if (value === undefined || scanner.afterLiteral() !== (i === width - 1 ? 'end' : 'more')) return false;
      row[i] = value;
    }
    if (!into.add(row)) return false;
    const after = scanner.afterRow();
    if (after === 'end') return true;
    if (after === undefined) return false;
  }
}

/** The last literal as a value of a column; undefined when it takes more than reading. */
function valueOf(scanner: LiteralRows, { oid }: SqlType, read: TextReader): Datum | undefined {
  const { kind } = scanner;
  if (kind === LiteralKind.String) return scanner.literal.includes('\0') ? undefined : read(scanner.literal);
  if (kind === LiteralKind.Null) return null;
  if (kind !== LiteralKind.Number) return oid === TypeOid.bool ? kind === LiteralKind.True : undefined;
  const { small } = scanner;
  const isSmall = small === small;
  switch (oid) {
    case TypeOid.int4:
    case TypeOid.int8:
      return isSmall ? small : /[.]/.test(scanner.literal) ? undefined : read(scanner.literal);
    case TypeOid.int2:
      return isSmall && small >= -32768 && small <= 32767 ? small : undefined;
    case TypeOid.float8:
      return isSmall ? small : floatOf(scanner.literal);
    case TypeOid.numeric:
      return parseNumeric(isSmall ? String(small) : scanner.literal) === undefined ? undefined : read(isSmall ? String(small) : scanner.literal);
    default:
      return undefined;
  }
}

/** A literal with a fraction is a numeric first, which knows no negative zero. */
function floatOf(text: string): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value !== 0 ? value : undefined;
}
