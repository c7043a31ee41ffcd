/** CREATE and ALTER of enums, domains and range types; composite types are in composite-types.ts. */
import { DbError, notSupported } from '../../base/errors.js';
import { typeInfo, typeName, sqlType, type SqlType } from '../../base/types.js';
import { evaluate } from '../../executor/expression-interpreter.js';
import type { AlterDomain, AlterEnumAddValue, ColumnConstraint, CreateDomain, CreateEnum, CreateRangeType, Expression, QualifiedName } from '../../parser/ast.js';
import { parseExpression } from '../../parser/parse.js';
import { splitName } from '../../parser/split-name.js';
import type { DomainConstraintRecord, DomainRecord, TypeRecord } from '../catalog/catalog-objects.js';
import { checkCollation } from './create-table.js';
import type { Ddl } from './ddl.js';
import { bindOverRow, ddlRuntime, storedText } from './expressions.js';
import { creationSchema, makeObjectName } from './names.js';
import { userType } from './rename.js';
import { isOrdered } from './operators.js';
import { forEachRow, tableDef } from './table-storage.js';
import { useOf } from './type-uses.js';
import { bindTypeName } from './types.js';

type DomainDetail = DomainRecord['detail'];

export function newType(ddl: Ddl, name: QualifiedName): Pick<TypeRecord, 'kind' | 'oid' | 'schema' | 'name' | 'arrayType'> {
  const schema = creationSchema(ddl.backend, name);
  if (isTypeName(ddl, schema.oid, name.name)) throw new DbError('42710', `type "${name.name}" already exists`);
  return { kind: 'type', oid: ddl.newOid(), schema: schema.oid, name: name.name, arrayType: ddl.newOid() };
}

/** Whether a type of the schema has this name: one of its own, a table's row type, or a range's multirange. */
function isTypeName({ draft }: Ddl, schema: number, name: string): boolean {
  if (draft.find('type', schema, name) !== undefined || draft.rangeOfMultirange(schema, name) !== undefined) return true;
  const relation = draft.find('relation', schema, name);
  return relation !== undefined && ['table', 'view'].includes(draft.get(relation)!.kind);
}

// ---------------------------------------------------------------------------------------------------------------- enums

export function createEnum(ddl: Ddl, statement: CreateEnum): void {
  const base = newType(ddl, statement.name);
  const seen = new Set<string>();
  for (const label of statement.labels) {
    checkLabel(label);
    if (seen.has(label)) throw new DbError('23505', 'duplicate key value violates unique constraint "pg_enum_typid_label_index"', { detail: `Key (enumtypid, enumlabel)=(${base.oid}, ${label}) already exists.` });
    seen.add(label);
  }
  ddl.draft.put({ ...base, detail: { kind: 'enum', labels: statement.labels.map((label, i) => ({ id: ddl.newOid(), label, order: i + 1 })) } });
}

function checkLabel(label: string): void {
  if (Buffer.byteLength(label) > 63) throw new DbError('42602', `invalid enum label "${label}"`, { detail: 'Labels must be 63 bytes or less.' });
}

export function alterEnum(ddl: Ddl, statement: AlterEnumAddValue): void {
  const type = userType(ddl, statement.name);
  if (type.detail.kind !== 'enum') throw new DbError('42809', `${type.name} is not an enum`);
  checkLabel(statement.value);
  const labels = [...type.detail.labels].sort((a, b) => a.order - b.order);
  if (labels.some((label) => label.label === statement.value)) {
    if (!statement.ifNotExists) throw new DbError('42710', `enum label "${statement.value}" already exists`);
    ddl.notice(`enum label "${statement.value}" already exists, skipping`, '42710');
    return;
  }
  let order = (labels.at(-1)?.order ?? 0) + 1;
  if (statement.neighbour !== undefined) {
    const at = labels.findIndex((label) => label.label === statement.neighbour);
    if (at < 0) throw new DbError('22023', `"${statement.neighbour}" is not an existing enum label`);
    const [low, high] = statement.placement === 'before' ? [labels[at - 1], labels[at]] : [labels[at], labels[at + 1]];
    if (low === undefined) order = high!.order - 1;
    else if (high !== undefined) order = (low.order + high.order) / 2;
  }
  const id = ddl.newOid();
  ddl.draft.put({ ...type, detail: { ...type.detail, labels: [...labels, { id, label: statement.value, order }] } });
  ddl.draft.newLabels.add(id);
}

// ---------------------------------------------------------------------------------------------------------------- domains

export function createDomain(ddl: Ddl, statement: CreateDomain): void {
  const base = newType(ddl, statement.name);
  const type = bindTypeName(ddl.backend, statement.type);
  const info = typeInfo(type.oid, ddl.backend.catalog().types);
  if (info.kind === 'pseudo') throw new DbError('42804', `"${info.name}" is not a valid base type for a domain`, { offset: statement.type.offset });
  if (info.storage === 'none') throw notSupported(`type ${info.name}`, statement.type.offset);
  const collation = statement.collation === undefined ? undefined : checkCollation(statement.collation.name, statement.collation.offset);
  let detail: DomainDetail = { kind: 'domain', base: type.oid, typmod: type.typmod, collation, notNull: false, checks: [] };
  let nullability: boolean | undefined;
  for (const constraint of statement.constraints) {
    switch (constraint.kind) {
      case 'notNull':
      case 'nullable':
        if (nullability !== undefined && nullability !== (constraint.kind === 'notNull')) throw new DbError('42601', 'conflicting NULL/NOT NULL constraints', { offset: constraint.offset });
        nullability = constraint.kind === 'notNull';
        detail = { ...detail, notNull: nullability };
        break;
      case 'default':
        if (detail.default !== undefined) throw new DbError('42601', 'multiple default expressions', { offset: constraint.offset });
        detail = { ...detail, default: domainDefault(ddl, base.name, type, constraint.expression) };
        break;
      case 'check':
        detail = { ...detail, checks: [...detail.checks, domainCheck(ddl, base.name, detail, constraint)] };
        break;
      default:
        throw new DbError('42601', `${constraint.kind === 'primaryKey' ? 'primary key' : constraint.kind === 'unique' ? 'unique' : constraint.kind === 'references' ? 'foreign key' : constraint.kind} constraints not possible for domains`, { offset: constraint.offset });
    }
  }
  ddl.draft.put({ ...base, detail });
}

function domainDefault(ddl: Ddl, domain: string, base: SqlType, e: Expression): string {
  const bound = bindOverRow(ddl.backend, undefined, e, 'DEFAULT expressions', base, `column "${domain}"`);
  return storedText(ddl.backend, e, bound.expression);
}

/** `value` is the value, of the base type. */
function bindDomainCheck(ddl: Ddl, detail: DomainDetail, e: Expression): ReturnType<typeof bindOverRow> {
  const row = { name: '', columns: [{ name: 'value', type: detail.base, typmod: detail.typmod, notNull: false, isDropped: false }] };
  return bindOverRow(ddl.backend, row, e, 'check constraints', 'boolean', 'CHECK');
}

function domainCheck(ddl: Ddl, domain: string, detail: DomainDetail, constraint: Extract<ColumnConstraint, { kind: 'check' }>): DomainConstraintRecord {
  const bound = bindDomainCheck(ddl, detail, constraint.expression);
  let name = constraint.name;
  if (name !== undefined && detail.checks.some((check) => check.name === name)) throw new DbError('42710', `constraint "${name}" for domain "${domain}" already exists`);
  for (let n = 0; name === undefined; n++) {
    const chosen = makeObjectName(domain, undefined, n === 0 ? 'check' : `check${n}`);
    if (!detail.checks.some((check) => check.name === chosen)) name = chosen;
  }
  return { oid: ddl.newOid(), name, expression: storedText(ddl.backend, constraint.expression, bound.expression), validated: !constraint.attributes.notValid };
}

export async function alterDomain(ddl: Ddl, statement: AlterDomain): Promise<void> {
  const type = userType(ddl, statement.name);
  const { detail } = type;
  if (detail.kind !== 'domain') throw new DbError('42809', `${type.name} is not a domain`, { offset: statement.name.offset });
  const { action } = statement;
  const put = (change: Partial<DomainDetail>): void => ddl.draft.put({ ...type, detail: { ...detail, ...change } });
  switch (action.kind) {
    case 'setDefault':
      put({ default: action.expression === undefined ? undefined : domainDefault(ddl, type.name, sqlType(detail.base, detail.typmod), action.expression) });
      return;
    case 'setNotNull':
      if (action.notNull) {
        await forEachUse(ddl, type, (value, table, column) => {
          if (value === null) throw new DbError('23502', `column "${column}" of table "${table}" contains null values`, { table, column });
        });
      }
      put({ notNull: action.notNull });
      return;
    case 'addDomainConstraint': {
      if (action.constraint.kind !== 'check') throw notSupported(`${action.constraint.kind} constraint of a domain`, action.offset);
      const check = domainCheck(ddl, type.name, detail, action.constraint);
      if (check.validated) await validateDomain(ddl, type, detail, check);
      put({ checks: [...detail.checks, check] });
      return;
    }
    case 'dropDomainConstraint':
      if (!detail.checks.some((check) => check.name === action.name)) {
        if (!action.ifExists) throw new DbError('42704', `constraint "${action.name}" of domain "${type.name}" does not exist`);
        ddl.notice(`constraint "${action.name}" of domain "${type.name}" does not exist, skipping`);
        return;
      }
      put({ checks: detail.checks.filter((check) => check.name !== action.name) });
      return;
    case 'validateDomainConstraint': {
      const check = detail.checks.find((candidate) => candidate.name === action.name);
      if (check === undefined) throw new DbError('42704', `constraint "${action.name}" of domain "${type.name}" does not exist`);
      await validateDomain(ddl, type, detail, check);
      put({ checks: detail.checks.map((c) => (c === check ? { ...c, validated: true } : c)) });
    }
  }
}

async function validateDomain(ddl: Ddl, type: TypeRecord, detail: DomainDetail, check: DomainConstraintRecord): Promise<void> {
  const { expression, row, binder } = bindDomainCheck(ddl, detail, parseExpression(check.expression));
  const runtime = ddlRuntime(ddl.backend, binder.columnCount);
  await forEachUse(ddl, type, (value, table, column) => {
    runtime.registers[row[0]!.id] = value;
    if (evaluate(expression, runtime) === false) throw new DbError('23514', `column "${column}" of table "${table}" contains values that violate the new constraint`, { table, column });
  });
}

/** Every stored value of the domain and of those over it. @throws DbError 0A000 when a column holds such values in arrays or composites, which are not looked into */
async function forEachUse(ddl: Ddl, type: TypeRecord, f: (value: ReturnType<typeof evaluate>, table: string, column: string) => void): Promise<void> {
  const { types } = ddl.backend.catalog();
  for (const record of [...ddl.draft.all()]) {
    if (record.kind !== 'table') continue;
    const uses = record.columns.map((column) => (column.isDropped ? 'no' : useOf(type.oid, column.type, types)));
    const inside = uses.indexOf('inside');
    if (inside >= 0) throw new DbError('0A000', `cannot alter type "${type.name}" because column "${record.name}.${record.columns[inside]!.name}" uses it`);
    if (!uses.includes('direct')) continue;
    await ddl.lock(record.oid, 'share');
    const columns = record.columns.flatMap((column, i) => (uses[i] === 'direct' ? [{ name: column.name, i }] : []));
    await forEachRow(ddl, tableDef(ddl, record.oid), (row) => {
      for (const { name, i } of columns) f(row[i]!, record.name, name);
    });
  }
}

// ---------------------------------------------------------------------------------------------------------------- ranges

export function createRange(ddl: Ddl, statement: CreateRangeType): void {
  const option = (name: string): unknown => statement.options.find((o) => o.name === name)?.value;
  const subtypeName = option('subtype');
  if (typeof subtypeName !== 'string') throw new DbError('42601', 'type attribute "subtype" is required');
  for (const { name } of statement.options) if (!['subtype', 'multirange_type_name', 'collation', 'subtype_opclass', 'subtype_diff'].includes(name)) throw notSupported(`range option "${name}"`, statement.offset);
  const base = newType(ddl, statement.name);
  const subtype = ddl.backend.typeByText(subtypeName);
  if (subtype === undefined) throw new DbError('42704', `type "${subtypeName}" does not exist`);
  if (!isOrdered(subtype.oid, ddl.backend.catalog().types)) throw new DbError('42704', `data type ${typeName(subtype.oid, ddl.backend.catalog().types)} has no default operator class for access method "btree"`);
  const given = option('multirange_type_name');
  // The multirange lives in the schema of the range.
  const multirangeName = typeof given === 'string' ? splitName(given).at(-1)! : base.name.includes('range') ? base.name.replace('range', 'multirange') : `${base.name}_multirange`;
  if (multirangeName === base.name || isTypeName(ddl, base.schema, multirangeName)) {
    const help = typeof given === 'string' ? {} : { detail: `Failed while creating a multirange type for type "${base.name}".`, hint: 'You can manually specify a multirange type name using the "multirange_type_name" attribute.' };
    throw new DbError('42710', `type "${multirangeName}" already exists`, help);
  }
  ddl.draft.put({ ...base, detail: { kind: 'range', subtype: subtype.oid, multirange: ddl.newOid(), multirangeName, multirangeArray: ddl.newOid() } });
}
