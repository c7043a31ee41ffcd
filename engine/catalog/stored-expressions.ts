/** Where the catalog keeps expressions as text, and over what each of them stands. */
import { sqlType, types } from '../../base/types.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord, DomainRecord, FunctionRecord, IndexRecord, TableRecord } from './catalog-objects.js';
import { type StoredOver } from './stored-text.js';

type Change = (text: string, over: StoredOver) => string;

/** The record with each of its expressions changed; the record itself where none is. */
export function mapStoredExpressions(backend: Backend, record: CatalogRecord, change: Change): CatalogRecord {
  let isChanged = false;
  const noted: Change = (text, over) => {
    const next = change(text, over);
    isChanged ||= next !== text;
    return next;
  };
  const mapped = mapRecord(backend, record, noted);
  return isChanged ? mapped : record;
}

function mapRecord(backend: Backend, record: CatalogRecord, change: Change): CatalogRecord {
  switch (record.kind) {
    case 'table':
      return mapTable(record, change);
    case 'index': {
      const table = backend.draft.get(record.table);
      return mapIndex(record, table?.kind === 'table' ? table : undefined, change);
    }
    case 'type':
      return record.detail.kind === 'domain' ? mapDomain(record as DomainRecord, change) : record;
    case 'function':
      return mapFunction(record, change);
    default:
      return record;
  }
}

function mapTable(record: TableRecord, change: Change): TableRecord {
  const { columns, name } = record;
  return {
    ...record,
    columns: columns.map((column) => (column.default === undefined || column.isDropped ? column : { ...column, default: change(column.default, { table: name, columns, type: sqlType(column.type, column.typmod) }) })),
    checks: record.checks.map((check) => ({ ...check, expression: change(check.expression, { table: name, columns, type: types.bool }) })),
  };
}

function mapIndex(record: IndexRecord, table: TableRecord | undefined, change: Change): IndexRecord {
  const over: StoredOver = { table: table?.name, columns: table?.columns };
  return {
    ...record, columns: record.columns.map((column) => (column.expression === undefined ? column : { ...column, expression: change(column.expression, over) })),
    predicate: record.predicate === undefined ? undefined : change(record.predicate, { ...over, type: types.bool }),
  };
}

function mapDomain(record: DomainRecord, change: Change): DomainRecord {
  const { detail } = record;
  const { base, typmod } = detail;
  const over: StoredOver = { columns: [{ name: 'value', type: base, typmod }], isDomain: true, type: types.bool };
  return {
    ...record,
    detail: {
      ...detail, checks: detail.checks.map((check) => ({ ...check, expression: change(check.expression, over) })),
      default: detail.default === undefined ? undefined : change(detail.default, { type: sqlType(base, typmod) }),
    },
  };
}

function mapFunction(record: FunctionRecord, change: Change): FunctionRecord {
  return { ...record, parameters: record.parameters.map((p) => (p.default === undefined ? p : { ...p, default: change(p.default, { type: sqlType(p.type) }) })) };
}
