/** CREATE and ALTER SEQUENCE, and the sequences behind serial and identity columns. Options and their checks follow PostgreSQL's sequence.c. */
import { DbError } from '../../base/errors.js';
import { TypeOid } from '../../base/types.js';
import type { AlterSequence, CreateSequence, SequenceOption } from '../../parser/ast.js';
import type { SequenceRecord, TableRecord } from '../catalog/catalog-objects.js';
import type { Ddl } from './ddl.js';
import { checkRelationName, creationSchema, nameText, requireColumn } from './names.js';
import { bindTypeName } from './types.js';
import { temporarySchemaFor } from './temporary.js';

const limits: Readonly<Record<number, readonly [bigint, bigint]>> = {
  [TypeOid.int2]: [-32768n, 32767n], [TypeOid.int4]: [-2147483648n, 2147483647n], [TypeOid.int8]: [-(2n ** 63n), 2n ** 63n - 1n],
};

interface SequenceBase {
  readonly name: string;
  readonly schema: number;
  readonly type: number;
  readonly persistence: SequenceRecord['persistence'];
}

/** A new ascending sequence of the type, from 1. */
export function sequenceDefaults(ddl: Ddl, base: SequenceBase): SequenceRecord {
  return {
    kind: 'sequence', oid: ddl.newOid(), schema: base.schema, name: base.name, persistence: base.persistence, type: base.type, start: '1', increment: '1', minValue: '1',
    maxValue: String(limits[base.type]![1]), cache: '1', cycle: false, state: ddl.newOid(), initial: '1', initialIsCalled: false,
  };
}

/** `base` with options applied and everything they leave open derived, as for a new sequence. @throws DbError 22023, 42601 */
export function makeSequence(ddl: Ddl, base: SequenceRecord, options: readonly SequenceOption[]): SequenceRecord {
  return applyOptions(ddl, base, options, true);
}

function applyOptions(ddl: Ddl, base: SequenceRecord, options: readonly SequenceOption[], isNew: boolean): SequenceRecord {
  const given = new Map<string, SequenceOption>();
  for (const option of options) {
    const key = option.kind;
    if (given.has(key)) throw new DbError('42601', 'conflicting or redundant options', { offset: option.offset });
    given.set(key, option);
  }
  const option = <K extends SequenceOption['kind']>(kind: K): Extract<SequenceOption, { kind: K }> | undefined => given.get(kind) as Extract<SequenceOption, { kind: K }> | undefined;
  const integer = (text: string): bigint => {
    if (!/^[-+]?\d+$/.test(text)) throw new DbError('22P02', `invalid input syntax for type bigint: "${text}"`);
    const value = BigInt(text);
    if (value !== BigInt.asIntN(64, value)) throw new DbError('22003', `value "${text}" is out of range for type bigint`);
    return value;
  };
  const as = option('as');
  let type = base.type;
  if (as !== undefined) {
    type = bindTypeName(ddl.backend, as.type).oid;
    if (limits[type] === undefined) throw new DbError('22023', 'sequence type must be smallint, integer, or bigint');
  }
  const [typeMin, typeMax] = limits[type]!;
  const [oldMin, oldMax] = limits[base.type]!;
  const increment = integer((option('increment') as { value: string } | undefined)?.value ?? base.increment);
  if (increment === 0n) throw new DbError('22023', 'INCREMENT must not be zero');
  const ascends = increment > 0n;
  const typeChanged = type !== base.type;
  const minOption = option('minValue') as { value: string | undefined } | undefined;
  const maxOption = option('maxValue') as { value: string | undefined } | undefined;
  const defaultMin = ascends ? 1n : typeMin;
  const defaultMax = ascends ? typeMax : -1n;
  const keepMin = !isNew && !(typeChanged && BigInt(base.minValue) === oldMin);
  const keepMax = !isNew && !(typeChanged && BigInt(base.maxValue) === oldMax);
  const min = minOption?.value !== undefined ? integer(minOption.value) : minOption !== undefined ? defaultMin : keepMin ? BigInt(base.minValue) : defaultMin;
  const max = maxOption?.value !== undefined ? integer(maxOption.value) : maxOption !== undefined ? defaultMax : keepMax ? BigInt(base.maxValue) : defaultMax;
  const shown = type === TypeOid.int2 ? 'smallint' : type === TypeOid.int4 ? 'integer' : 'bigint';
  if (max < typeMin || max > typeMax) throw new DbError('22023', `MAXVALUE (${max}) is out of range for sequence data type ${shown}`);
  if (min < typeMin || min > typeMax) throw new DbError('22023', `MINVALUE (${min}) is out of range for sequence data type ${shown}`);
  if (min >= max) throw new DbError('22023', `MINVALUE (${min}) must be less than MAXVALUE (${max})`);
  const startOption = option('start') as { value: string } | undefined;
  const start = startOption !== undefined ? integer(startOption.value) : isNew ? (ascends ? min : max) : BigInt(base.start);
  if (start < min) throw new DbError('22023', `START value (${start}) cannot be less than MINVALUE (${min})`);
  if (start > max) throw new DbError('22023', `START value (${start}) cannot be greater than MAXVALUE (${max})`);
  const cacheOption = option('cache') as { value: string } | undefined;
  const cache = cacheOption === undefined ? BigInt(base.cache) : integer(cacheOption.value);
  if (cache <= 0n) throw new DbError('22023', `CACHE (${cache}) must be greater than zero`);
  const cycle = option('cycle') as { value: boolean } | undefined;
  let sequence: SequenceRecord = {
    ...base, type, increment: String(increment), minValue: String(min), maxValue: String(max), start: String(start), cache: String(cache),
    cycle: cycle?.value ?? base.cycle,
  };
  if (isNew) return { ...sequence, initial: sequence.start, initialIsCalled: false };
  const restart = option('restart') as { value: string | undefined } | undefined;
  const present = ddl.backend.instance.sequences.peek(base);
  const value = restart === undefined ? present.last : restart.value === undefined ? start : integer(restart.value);
  if (value < min) throw new DbError('22023', `RESTART value (${value}) cannot be less than MINVALUE (${min})`);
  if (value > max) throw new DbError('22023', `RESTART value (${value}) cannot be greater than MAXVALUE (${max})`);
  if (restart !== undefined) sequence = { ...sequence, state: ddl.newOid(), initial: String(value), initialIsCalled: false };
  return sequence;
}

/** The same sequence at its start again: TRUNCATE ... RESTART IDENTITY. */
export function restartSequence(ddl: Ddl, sequence: SequenceRecord): void {
  ddl.draft.put({ ...sequence, state: ddl.newOid(), initial: sequence.start, initialIsCalled: false });
}

export async function createSequence(ddl: Ddl, statement: CreateSequence): Promise<void> {
  const isTemporary = statement.persistence === 'temporary' || statement.name.schema === 'pg_temp';
  const schema = isTemporary ? temporarySchemaFor(ddl, statement.name) : creationSchema(ddl.backend, statement.name);
  if (statement.ifNotExists && ddl.draft.find('relation', schema.oid, statement.name.name) !== undefined) {
    ddl.notice(`relation "${statement.name.name}" already exists, skipping`, '42P07');
    return;
  }
  const base = sequenceDefaults(ddl, { name: statement.name.name, schema: schema.oid, type: TypeOid.int8, persistence: isTemporary ? 'temporary' : statement.persistence });
  const sequence = makeSequence(ddl, base, statement.options);
  checkRelationName(ddl.backend, schema.oid, statement.name.name);
  ddl.draft.put(await withOwner(ddl, sequence, statement.options));
}

async function withOwner(ddl: Ddl, sequence: SequenceRecord, options: readonly SequenceOption[]): Promise<SequenceRecord> {
  const owned = options.find((option) => option.kind === 'ownedBy');
  if (owned?.kind !== 'ownedBy') return sequence;
  if (owned.column.length === 0) return { ...sequence, owner: undefined };
  if (owned.column.length === 1 && owned.column[0] === 'none') return { ...sequence, owner: undefined };
  if (owned.column.length < 2) throw new DbError('42601', 'invalid OWNED BY option', { hint: 'Specify OWNED BY table.column or OWNED BY NONE.', offset: owned.offset });
  const table = await ddl.lockRelation({ catalog: undefined, schema: owned.column.at(-3), name: owned.column.at(-2)!, offset: owned.offset }, 'access share');
  if (table.kind !== 'table') throw new DbError('42809', `sequence cannot be owned by relation "${table.name}"`, { offset: owned.offset });
  if (table.schema !== sequence.schema) throw new DbError('55000', 'sequence must be in same schema as table it is linked to');
  return { ...sequence, owner: { table: table.oid, column: requireColumn(table, owned.column.at(-1)!), isIdentity: false } };
}

export async function alterSequence(ddl: Ddl, statement: AlterSequence): Promise<void> {
  const found = await ddl.lockNamed(statement.name, 'share row exclusive');
  if (found === undefined) {
    if (!statement.ifExists) throw new DbError('42P01', `relation "${nameText(statement.name)}" does not exist`, { offset: statement.name.offset });
    ddl.notice(`relation "${nameText(statement.name)}" does not exist, skipping`);
    return;
  }
  if (found.kind !== 'sequence') throw new DbError('42809', `"${found.name}" is not a sequence`, { offset: statement.name.offset });
  if (found.owner?.isIdentity === true && statement.options.some((option) => option.kind === 'ownedBy')) {
    const table = ddl.draft.get(found.owner.table) as TableRecord;
    throw new DbError('0A000', 'cannot change ownership of identity sequence', { detail: `Sequence "${found.name}" is linked to table "${table.name}".` });
  }
  ddl.draft.put(await withOwner(ddl, applyOptions(ddl, found, statement.options.filter((o) => o.kind !== 'ownedBy'), false), statement.options));
}

/** Changes the options of an identity column's sequence. */
export function alterOwnedSequence(ddl: Ddl, sequence: SequenceRecord, options: readonly SequenceOption[]): void {
  ddl.draft.put(applyOptions(ddl, sequence, options, false));
}
