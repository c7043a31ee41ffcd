/**
 * SEARCH and CYCLE of WITH RECURSIVE, rewritten away as SQL:2016 and PostgreSQL define them. The member gets further columns that its two
 * branches compute around what was written:
 *
 *   seed:  SELECT *, ARRAY[ROW(key)] FROM (seed) x                       depth first: the path as an array of rows
 *   term:  SELECT *, seq || ROW(key) FROM (term, with t.seq added) x
 *
 * Breadth first keeps ROW(depth, key) instead. CYCLE keeps the path and a mark, and the term stops where the mark is set.
 *
 * Source. rewriteSearchCycle.c.
 */
import { DbError, notSupported } from '../base/errors.js';
import type { CommonTable, Expression, Identifier, Query, QueryBody, Select, SelectTarget, TableReference, TypeName } from '../parser/ast.js';

const offset = -1;
const column = (...parts: string[]): Expression => ({ kind: 'columnRef', parts, offset });
const row = (elements: readonly Expression[]): Expression => ({ kind: 'row', elements, isExplicit: true, offset });
const target = (expression: Expression, alias?: string): SelectTarget => ({ expression, alias, offset });
const typeNamed = (name: string, isArray = false): TypeName => ({
  kind: 'typeName', names: ['pg_catalog', name], modifiers: [], intervalFields: undefined, arrayBounds: isArray ? [undefined] : [], isSetOf: false, isColumnType: false, offset,
});

function asQuery(body: QueryBody): Query {
  if (body.kind === 'query') return body;
  return { kind: 'query', with: undefined, body, orderBy: [], limitCount: undefined, limitOffset: undefined, withTies: false, locking: [], offset: body.offset };
}

/** SELECT targets FROM (query) alias WHERE ... */
function selectFrom(query: Query, alias: string, columns: readonly string[], targets: readonly SelectTarget[], where: Expression | undefined): Select {
  const from: TableReference = { kind: 'subqueryRef', query, isLateral: false, alias: { name: alias, columns: columns.map((name) => ({ name, offset })), offset }, offset };
  return {
    kind: 'select', isDistinct: false, distinctOn: undefined, targets, into: undefined, from: [from], where, groupBy: [], groupDistinct: false, having: undefined, windows: [], offset,
  };
}

/**
 * `namesOf` tells the columns of the member as written, given its column list; `onRewritten` hears of the select that stands for the term, which has `added` targets more than it.
 */
export function expandSearchAndCycle(table: CommonTable, namesOf: (columns: readonly Identifier[]) => readonly string[], onRewritten: (made: Select, written: Select, added: number) => void): CommonTable {
  const query = table.statement as Query;
  const { search, cycle } = table;
  if (query.body.kind !== 'setOperation' || query.body.operator !== 'union') {
    throw new DbError('0A000', 'with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT', { offset: table.offset });
  }
  const { left, right } = query.body;
  if (left.kind !== 'select' && left.kind !== 'values') throw new DbError('0A000', 'with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT', { offset: left.offset });
  if (right.kind !== 'select') throw new DbError('0A000', 'with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT', { offset: right.offset });
  const names = namesOf(table.columns);
  const reference = workReference(right, table.name);
  if (reference === undefined) throw new DbError('0A000', 'with a SEARCH or CYCLE clause, the recursive reference to the WITH query must be at the top level of its right-hand SELECT', { offset: right.offset });
  const check = (columns: readonly Identifier[], what: string): void => {
    const seen = new Set<string>();
    for (const name of columns) {
      if (!names.includes(name.name)) throw new DbError('42601', `${what} column "${name.name}" not in WITH query column list`, { offset: name.offset });
      if (seen.has(name.name)) throw new DbError('42701', `${what} column "${name.name}" specified more than once`, { offset: name.offset });
      seen.add(name.name);
    }
  };
  const added: { name: string; seed: Expression; term: Expression }[] = [];
  if (search !== undefined) {
    check(search.columns, 'search');
    if (names.includes(search.sequenceColumn)) throw new DbError('42601', `search sequence column name "${search.sequenceColumn}" already used in WITH query column list`, { offset: search.offset });
    const key = search.columns.map((name) => column(name.name));
    if (search.order === 'depth') {
      added.push({ name: search.sequenceColumn, seed: arrayOf(row(key)), term: append(column(search.sequenceColumn), row(key)) });
    } else {
      const depth: Expression = {
        kind: 'binary', schema: undefined, operator: '+', offset, right: { kind: 'number', text: '1', offset },
        left: { kind: 'fieldSelection', operand: column(search.sequenceColumn), field: 'f1', offset },
      };
      const zero: Expression = { kind: 'cast', operand: { kind: 'number', text: '0', offset }, type: typeNamed('int8'), offset };
      added.push({ name: search.sequenceColumn, seed: row([zero, ...key]), term: row([depth, ...key]) });
    }
  }
  let where: Expression | undefined;
  if (cycle !== undefined) {
    check(cycle.columns, 'cycle');
    for (const name of [cycle.markColumn, cycle.pathColumn]) {
      if (names.includes(name)) throw new DbError('42601', `cycle ${name === cycle.markColumn ? 'mark' : 'path'} column name "${name}" already used in WITH query column list`, { offset: cycle.offset });
    }
    if (cycle.markColumn === cycle.pathColumn) throw new DbError('42601', 'cycle mark column name and cycle path column name are the same', { offset: cycle.offset });
    const key = cycle.columns.map((name) => column(name.name));
    const isCycle: Expression = cycle.markValue ?? { kind: 'boolean', value: true, offset };
    const isNone: Expression = cycle.markDefault ?? { kind: 'boolean', value: false, offset };
    const repeated: Expression = { kind: 'quantified', quantifier: 'any', schema: undefined, operator: '=', operand: row(key), array: column(cycle.pathColumn), offset };
    // Both values together say of which type the mark is.
    const mark = (condition: Expression): Expression => ({ kind: 'case', operand: undefined, whens: [{ condition, result: isCycle, offset }], otherwise: isNone, offset });
    added.push({ name: cycle.markColumn, seed: mark({ kind: 'boolean', value: false, offset }), term: mark(repeated) });
    added.push({ name: cycle.pathColumn, seed: arrayOf(row(key)), term: append(column(cycle.pathColumn), row(key)) });
    where = { kind: 'binary', schema: undefined, operator: '<>', left: column(reference, cycle.markColumn), right: isCycle, offset };
  }
  const addedNames = added.map((extra) => extra.name);
  const shown = names.map((name) => target(column(name), name));
  const seed = selectFrom(asQuery(left), '*TLOCRN*', names, [...shown, ...added.map((extra) => target(extra.seed, extra.name))], undefined);
  const termWithWork: Select = {
    ...right,
    targets: [...right.targets, ...addedNames.map((name) => target(column(reference, name), name))],
    where: where === undefined ? right.where : right.where === undefined ? where : { kind: 'and', operands: [right.where, where], offset },
  };
  onRewritten(termWithWork, right, addedNames.length);
  const term = selectFrom(asQuery(termWithWork), '*TROCRN*', [...names, ...addedNames], [...shown, ...added.map((extra) => target(extra.term, extra.name))], undefined);
  const columns = [...names, ...addedNames].map((name) => ({ name, offset }));
  return { ...table, columns, search: undefined, cycle: undefined, statement: { ...query, body: { ...query.body, left: seed, right: term } } };
}

const arrayOf = (element: Expression): Expression => ({ kind: 'array', elements: [element], offset });
const append = (array: Expression, element: Expression): Expression => ({
  kind: 'functionCall', name: { catalog: undefined, schema: 'pg_catalog', name: 'array_append', offset }, isStar: false, isVariadic: false, isDistinct: false, orderBy: [], withinGroup: false,
  filter: undefined, over: undefined, offset, args: [{ name: undefined, value: array, offset }, { name: undefined, value: element, offset }],
});

/** The name under which the term's own FROM shows the work table. */
function workReference(select: Select, name: string): string | undefined {
  const find = (item: TableReference): string | undefined => {
    if (item.kind === 'tableRef') return item.name.schema === undefined && item.name.name === name ? (item.alias?.name ?? name) : undefined;
    if (item.kind === 'join') return find(item.left) ?? find(item.right);
    if (item.kind === 'unsupportedTable') throw notSupported(item.feature, item.offset);
    return undefined;
  };
  for (const item of select.from) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
