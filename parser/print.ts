/**
 * Queries, data-modifying statements and expressions as SQL text that parses back to the same tree (offsets apart), with parentheses
 * only where precedence asks for them. Views, defaults, checks and index expressions are stored and shown in this form.
 *
 * Each operand is printed with the least precedence it may have there; one that binds more loosely gets parentheses. Where the grammar
 * takes b_expr only, anything that is not plainly one gets them too. Left-deep chains are printed by a loop (A2 of ast.ts).
 *
 * R1  parse(print(tree)) = tree, for every tree that the parser makes.                    Checked by test/parser/print.prop.test.ts.
 */
import { unreachable } from '../base/assert.js';
import { notSupported } from '../base/errors.js';
import {
  leftSpine, type Assignment, type Binary, type CommonTable, type CurrentOf, type DefinitionOption, type Delete, type Expression, type FunctionCall, type FunctionColumn, type FunctionRef,
  type GroupingElement, type Identifier, type IndexElement, type Insert, type Join, type Merge, type MergeWhen, type OnConflict, type OperatorName, type PreparableStatement,
  type OperatorSchema, type QualifiedName, type Query, type QueryBody, type Row, type Select, type SelectTarget, type SetOperation, type SortItem, type SubscriptEntry, type TableAlias,
  type TableReference, type TableSample, type TargetColumn, type TypeName, type Unary, type Update, type WindowSpec, type WithClause,
} from './ast.js';
import { keywords } from './keywords.js';
import { Precedence, precedenceOf } from './precedence.js';
import { printPath, printQualifiedName, printTypeNameWith, quoteIdentifier, quoteLiteral } from './print-names.js';

/** Text of a query, INSERT, UPDATE, DELETE or MERGE. */
export function printStatement(statement: PreparableStatement): string {
  switch (statement.kind) {
    case 'query':
      return printQuery(statement);
    case 'insert':
      return printInsert(statement);
    case 'update':
      return printUpdate(statement);
    case 'delete':
      return printDelete(statement);
    case 'merge':
      return printMerge(statement);
    default:
      return unreachable(statement);
  }
}

/** Joins what is there with blanks. */
const words = (...parts: readonly (string | undefined)[]): string => parts.filter((part) => part !== undefined && part !== '').join(' ');
const names = (columns: readonly Identifier[]): string => columns.map((column) => quoteIdentifier(column.name)).join(', ');
const clause = (word: string, list: string): string | undefined => (list === '' ? undefined : `${word} ${list}`);

function printQuery(query: Query): string {
  const limit =
    query.limitCount === undefined
      ? undefined
      : query.withTies
        ? `FETCH FIRST ${query.limitCount.kind === 'number' ? query.limitCount.text : `(${printExpression(query.limitCount)})`} ROWS WITH TIES`
        : `LIMIT ${printExpression(query.limitCount)}`;
  return words(
    query.with && printWith(query.with),
    printBody(query.body),
    clause('ORDER BY', printSort(query.orderBy)),
    limit,
    query.limitOffset && `OFFSET ${printExpression(query.limitOffset)}`,
    ...query.locking.map((lock) =>
      words(
        `FOR ${lock.strength.toUpperCase()}`,
        clause('OF', lock.tables.map(printQualifiedName).join(', ')),
        lock.waitPolicy === 'block' ? undefined : lock.waitPolicy.toUpperCase(),
      ),
    ),
  );
}

function printWith(clauseOf: WithClause): string {
  return `WITH ${clauseOf.isRecursive ? 'RECURSIVE ' : ''}${clauseOf.tables.map(printCommonTable).join(', ')}`;
}

function printCommonTable(table: CommonTable): string {
  const { search, cycle } = table;
  return words(
    quoteIdentifier(table.name) + (table.columns.length === 0 ? '' : ` (${names(table.columns)})`),
    'AS',
    table.materialized === undefined ? undefined : table.materialized ? 'MATERIALIZED' : 'NOT MATERIALIZED',
    `(${printStatement(table.statement)})`,
    search && `SEARCH ${search.order.toUpperCase()} FIRST BY ${names(search.columns)} SET ${quoteIdentifier(search.sequenceColumn)}`,
    cycle && words(
      `CYCLE ${names(cycle.columns)} SET ${quoteIdentifier(cycle.markColumn)}`,
      cycle.markValue && cycle.markDefault && `TO ${printRestricted(cycle.markValue)} DEFAULT ${printRestricted(cycle.markDefault)}`,
      `USING ${quoteIdentifier(cycle.pathColumn)}`,
    ),
  );
}

const isSetOperation = (body: QueryBody): body is SetOperation => body.kind === 'setOperation';
const strength = (operation: SetOperation): number => (operation.operator === 'intersect' ? 2 : 1);

function printBody(body: QueryBody): string {
  if (body.kind !== 'setOperation') return printOperand(body);
  let text = '';
  for (const operation of leftSpine<QueryBody, SetOperation>(body, isSetOperation)) {
    const { left, right } = operation;
    const leftText = left.kind !== 'setOperation' ? printOperand(left) : strength(left) < strength(operation) ? `(${text})` : text;
    const rightText = right.kind !== 'setOperation' ? printOperand(right) : strength(right) <= strength(operation) ? `(${printBody(right)})` : printBody(right);
    text = `${leftText} ${operation.operator.toUpperCase()}${operation.all ? ' ALL' : ''} ${rightText}`;
  }
  return text;
}

function printOperand(body: Exclude<QueryBody, SetOperation>): string {
  switch (body.kind) {
    case 'query':
      return `(${printQuery(body)})`;
    case 'values':
      return `VALUES ${body.rows.map((row) => `(${printList(row)})`).join(', ')}`;
    case 'select':
      return printSelect(body);
    default:
      return unreachable(body);
  }
}

function printSelect(select: Select): string {
  const distinct = select.distinctOn !== undefined ? `DISTINCT ON (${printList(select.distinctOn)})` : select.isDistinct ? 'DISTINCT' : undefined;
  const { into } = select;
  return words(
    'SELECT',
    distinct,
    printTargets(select.targets),
    into && words('INTO', into.persistence === 'permanent' ? undefined : into.persistence.toUpperCase(), 'TABLE', printQualifiedName(into.name)),
    clause('FROM', printTables(select.from)),
    select.where && `WHERE ${printExpression(select.where)}`,
    clause(select.groupDistinct ? 'GROUP BY DISTINCT' : 'GROUP BY', select.groupBy.map(printGrouping).join(', ')),
    select.having && `HAVING ${printExpression(select.having)}`,
    clause('WINDOW', select.windows.map((window) => `${quoteIdentifier(window.name)} AS ${printWindow(window.spec)}`).join(', ')),
  );
}

function printTargets(targets: readonly SelectTarget[]): string {
  return targets.map((target) => printExpression(target.expression) + (target.alias === undefined ? '' : ` AS ${quoteIdentifier(target.alias)}`)).join(', ');
}

function printGrouping(element: GroupingElement): string {
  switch (element.kind) {
    case 'groupingExpression':
      return printExpression(element.expression);
    case 'emptyGroupingSet':
      return '()';
    case 'rollup':
    case 'cube':
      return `${element.kind.toUpperCase()} (${printList(element.items)})`;
    case 'groupingSets':
      return `GROUPING SETS (${element.sets.map(printGrouping).join(', ')})`;
    default:
      return unreachable(element);
  }
}

// ------------------------------------------------------------------------------------------------------------------ FROM

function printTables(tables: readonly TableReference[]): string {
  return tables.map(printTable).join(', ');
}

function printAlias(alias: TableAlias | undefined): string | undefined {
  return alias && `AS ${quoteIdentifier(alias.name)}${alias.columns.length === 0 ? '' : ` (${names(alias.columns)})`}`;
}

function printSample(sample: TableSample): string {
  const repeatable = sample.repeatable && ` REPEATABLE (${printExpression(sample.repeatable)})`;
  return `TABLESAMPLE ${printQualifiedName(sample.method)} (${printList(sample.args)})${repeatable ?? ''}`;
}

const isBareJoin = (table: TableReference): table is Join => table.kind === 'join' && table.alias === undefined;

function printTable(table: TableReference): string {
  switch (table.kind) {
    case 'tableRef':
      return words(printTarget(table.name, table.only), printAlias(table.alias), table.sample && printSample(table.sample));
    case 'subqueryRef':
      return words(table.isLateral ? 'LATERAL' : undefined, `(${printQuery(table.query)})`, printAlias(table.alias));
    case 'functionRef':
      return printFunctionTable(table);
    case 'join':
      return table.alias === undefined ? printJoins(table) : `(${printJoins(table)}) ${printAlias(table.alias)!}`;
    case 'unsupportedTable':
      throw notSupported(table.feature, table.offset);
    default:
      return unreachable(table);
  }
}

function printJoins(root: Join): string {
  let text = '';
  for (const join of leftSpine<TableReference, Join>(root, isBareJoin)) {
    const left = text === '' ? printTable(join.left) : text;
    const right = isBareJoin(join.right) ? `(${printJoins(join.right)})` : printTable(join.right);
    const type = join.type === 'inner' ? 'JOIN' : `${join.type.toUpperCase()} JOIN`;
    const on = join.on && `ON ${printExpression(join.on)}`;
    const using = join.using && `USING (${names(join.using)})`;
    // Concatenation keeps a long chain linear; joining an array would copy the left side each time.
    text = `${left} ${words(join.isNatural ? 'NATURAL' : undefined, type, right, on, using, join.usingAlias && `AS ${quoteIdentifier(join.usingAlias.name)}`)}`;
  }
  return text;
}

function printFunctionTable(table: FunctionRef): string {
  const lateral = table.isLateral ? 'LATERAL' : undefined;
  const ordinality = table.withOrdinality ? 'WITH ORDINALITY' : undefined;
  if (table.isRowsFrom) {
    const list = table.functions.map((item) => words(printExpression(item.call), item.columnDefinitions && `AS ${printColumns(item.columnDefinitions)}`)).join(', ');
    return words(lateral, `ROWS FROM (${list})`, ordinality, printAlias(table.alias));
  }
  const { call, columnDefinitions } = table.functions[0]!;
  const alias = columnDefinitions === undefined ? printAlias(table.alias) : words('AS', table.alias && quoteIdentifier(table.alias.name), printColumns(columnDefinitions));
  return words(lateral, printExpression(call), ordinality, alias);
}

function printColumns(columns: readonly FunctionColumn[]): string {
  const list = columns.map((column) =>
    words(quoteIdentifier(column.name), printTypeName(column.type), column.collation && `COLLATE ${printQualifiedName(column.collation)}`),
  );
  return `(${list.join(', ')})`;
}

// ------------------------------------------------------------------------------------------------------ data modification

function printTarget(name: QualifiedName, only: boolean): string {
  return `${only ? 'ONLY ' : ''}${printQualifiedName(name)}`;
}

function printModified(statement: { readonly table: QualifiedName; readonly only: boolean; readonly alias: Identifier | undefined }): string {
  return words(printTarget(statement.table, statement.only), statement.alias && `AS ${quoteIdentifier(statement.alias.name)}`);
}

function printColumn(column: TargetColumn): string {
  return quoteIdentifier(column.name) + column.path.map((step) => {
    if (step.kind === 'field') return `.${quoteIdentifier(step.name)}`;
    const { isSlice, lower, upper } = step.subscript;
    const bound = (expression: typeof lower): string => (expression === undefined ? '' : `(${printExpression(expression)})`);
    return isSlice ? `[${bound(lower)}:${bound(upper)}]` : `[${bound(lower)}]`;
  }).join('');
}

function printReturning(returning: readonly SelectTarget[] | undefined): string | undefined {
  return returning && `RETURNING ${printTargets(returning)}`;
}

function printAssignments(assignments: readonly Assignment[]): string {
  return assignments.map((assignment) =>
    assignment.kind === 'assignment'
      ? `${printColumn(assignment.target)} = ${printExpression(assignment.value)}`
      : `(${assignment.targets.map(printColumn).join(', ')}) = ${printExpression(assignment.source)}`,
  ).join(', ');
}

function printInsert(statement: Insert): string {
  return words(
    statement.with && printWith(statement.with),
    `INSERT INTO ${printQualifiedName(statement.table)}`,
    statement.alias && `AS ${quoteIdentifier(statement.alias.name)}`,
    statement.columns.length === 0 ? undefined : `(${statement.columns.map(printColumn).join(', ')})`,
    statement.overriding && `OVERRIDING ${statement.overriding.toUpperCase()} VALUE`,
    statement.source === undefined ? 'DEFAULT VALUES' : printQuery(statement.source),
    statement.onConflict && printOnConflict(statement.onConflict),
    printReturning(statement.returning),
  );
}

function printOnConflict(conflict: OnConflict): string {
  const { target, update } = conflict;
  const where = target?.kind === 'conflictColumns' && target.where !== undefined ? `WHERE ${printExpression(target.where)}` : undefined;
  return words(
    'ON CONFLICT',
    target && (target.kind === 'conflictConstraint' ? `ON CONSTRAINT ${quoteIdentifier(target.name)}` : `(${target.elements.map(printIndexElement).join(', ')})`),
    where,
    update === undefined ? 'DO NOTHING' : words('DO UPDATE SET', printAssignments(update.assignments), update.where && `WHERE ${printExpression(update.where)}`),
  );
}

/** An element of an index or of a conflict target. */
function printIndexElement(element: IndexElement): string {
  const { expression } = element;
  const isColumn = expression.kind === 'columnRef' && expression.parts.length === 1;
  const options = element.operatorClassOptions.length === 0 ? '' : ` (${element.operatorClassOptions.map(printOption).join(', ')})`;
  return words(
    isColumn ? printExpression(expression) : `(${printExpression(expression)})`,
    element.collation && `COLLATE ${printQualifiedName(element.collation)}`,
    element.operatorClass && printQualifiedName(element.operatorClass) + options,
    element.direction?.toUpperCase(),
    element.nulls && `NULLS ${element.nulls.toUpperCase()}`,
  );
}

function printOption(option: DefinitionOption): string {
  const name = `${option.namespace === undefined ? '' : `${quoteIdentifier(option.namespace)}.`}${quoteIdentifier(option.name)}`;
  if (option.value === undefined) return name;
  return `${name} = ${typeof option.value === 'string' ? quoteLiteral(option.value) : String(option.value)}`;
}

function printUpdate(statement: Update): string {
  return words(
    statement.with && printWith(statement.with),
    `UPDATE ${printModified(statement)} SET ${printAssignments(statement.assignments)}`,
    clause('FROM', printTables(statement.from)),
    printWhere(statement.where),
    printReturning(statement.returning),
  );
}

function printWhere(where: Expression | CurrentOf | undefined): string | undefined {
  if (where === undefined) return undefined;
  return `WHERE ${where.kind === 'currentOf' ? `CURRENT OF ${quoteIdentifier(where.cursor)}` : printExpression(where)}`;
}

function printDelete(statement: Delete): string {
  return words(
    statement.with && printWith(statement.with),
    `DELETE FROM ${printModified(statement)}`,
    clause('USING', printTables(statement.using)),
    printWhere(statement.where),
    printReturning(statement.returning),
  );
}

function printMerge(statement: Merge): string {
  return words(
    statement.with && printWith(statement.with),
    `MERGE INTO ${printModified(statement)} USING ${printTable(statement.source)} ON ${printExpression(statement.on)}`,
    ...statement.whens.map(printMergeWhen),
  );
}

function printMergeWhen(when: MergeWhen): string {
  return words('WHEN', when.matched ? 'MATCHED' : 'NOT MATCHED', when.condition && `AND ${printExpression(when.condition)}`, 'THEN', printMergeAction(when.action));
}

function printMergeAction(action: MergeWhen['action']): string {
  switch (action.kind) {
    case 'mergeUpdate':
      return `UPDATE SET ${printAssignments(action.assignments)}`;
    case 'mergeDelete':
      return 'DELETE';
    case 'mergeNothing':
      return 'DO NOTHING';
    case 'mergeInsert':
      if (action.values === undefined) return 'INSERT DEFAULT VALUES';
      return words(
        'INSERT',
        action.columns.length === 0 ? undefined : `(${action.columns.map(printColumn).join(', ')})`,
        action.overriding && `OVERRIDING ${action.overriding.toUpperCase()} VALUE`,
        `VALUES (${printList(action.values)})`,
      );
    default:
      return unreachable(action);
  }
}

// ------------------------------------------------------------------------------------------------------------- expressions

/** Binds tighter than any operator. */
const Primary = 16;
/** Anything may stand here. */
const Any = 0;

/** A type's name, as `numeric(10, 2)[]`. */
export function printTypeName(type: TypeName): string {
  return printTypeNameWith(type, printExpression);
}

export function printExpression(expression: Expression): string {
  return print(expression, Any);
}

function printList(expressions: readonly Expression[]): string {
  return expressions.map(printExpression).join(', ');
}

/** Text of `expression` where operators of at least precedence `least` may stand. */
function print(expression: Expression, least: number): string {
  const text = printBare(expression);
  return precedence(expression) < least ? `(${text})` : text;
}

/** For a place of b_expr, or of an operand whose surroundings have a syntax of their own. */
function printRestricted(expression: Expression): string {
  return print(expression, isNegativeNumber(expression) ? Precedence.UnaryMinus : Primary);
}

function isNegativeNumber(expression: Expression): boolean {
  return expression.kind === 'number' && expression.text.startsWith('-');
}

/** How tightly the outermost operator of the printed form binds. */
function precedence(node: Expression): number {
  switch (node.kind) {
    case 'or':
      return Precedence.Or;
    case 'and':
      return Precedence.And;
    case 'not':
      return Precedence.Not;
    case 'isNull':
    case 'isBoolean':
    case 'isDistinctFrom':
      return Precedence.Is;
    case 'between':
    case 'inList':
    case 'inSubquery':
    case 'like':
      return Precedence.Like;
    case 'binary':
    case 'quantified':
    case 'quantifiedSubquery':
      return node.schema === undefined ? precedenceOf(node.operator) : Precedence.Other;
    case 'unary':
      return isSign(node) ? Precedence.UnaryMinus : Precedence.Other;
    case 'number':
      return isNegativeNumber(node) ? Precedence.UnaryMinus : Primary;
    case 'collate':
      return Precedence.Collate;
    case 'cast':
      return Precedence.TypeCast;
    case 'functionCall':
      return sqlFormOf(node)?.precedence ?? Primary;
    default:
      return Primary;
  }
}

const isSign = (node: { readonly schema: OperatorSchema | undefined; readonly operator: string }): boolean => node.schema === undefined && (node.operator === '-' || node.operator === '+');

const isBinary = (node: Expression): node is Binary => node.kind === 'binary';

function printOperator(operator: Omit<OperatorName, 'offset'>): string {
  return operator.schema === undefined ? operator.operator : `OPERATOR(${operator.schema.map(quoteIdentifier).join('.')}.${operator.operator})`;
}

/** Comparisons do not chain, so neither operand may be one. */
const isNonAssociative = (level: number): boolean => level === Precedence.Comparison;

function printBare(node: Expression): string {
  switch (node.kind) {
    case 'number':
      return node.text;
    case 'string':
      return quoteLiteral(node.value);
    case 'bitString':
      return `B'${node.bits}'`;
    case 'boolean':
      return node.value ? 'true' : 'false';
    case 'null':
      return 'NULL';
    case 'parameter':
      return `$${node.index}`;
    case 'namedParameter':
      return `:${node.name}`;
    case 'columnRef':
      return printPath(node.parts);
    case 'star':
      return [...node.qualifier.map(quoteIdentifier), '*'].join('.');
    case 'fieldSelection':
      return `${printIndirected(node.operand, false)}.${quoteIdentifier(node.field)}`;
    case 'fieldStar':
      return `${printIndirected(node.operand, false)}.*`;
    case 'subscript':
      return `${printIndirected(node.operand, true)}${node.subscripts.map(printSubscript).join('')}`;
    case 'unary':
      return `${printOperator(node)} ${print(node.operand, leastAfterPrefix(node))}`;
    case 'binary':
      return printBinary(node);
    case 'and':
      return node.operands.map((operand) => print(operand, Precedence.Not)).join(' AND ');
    case 'or':
      return node.operands.map((operand) => print(operand, Precedence.And)).join(' OR ');
    case 'not':
      return `NOT ${print(node.operand, Precedence.Not)}`;
    case 'isNull':
      return `${print(node.operand, Precedence.Comparison)} IS ${not(node)}NULL`;
    case 'isBoolean':
      return `${print(node.operand, Precedence.Comparison)} IS ${not(node)}${node.test.toUpperCase()}`;
    case 'isDistinctFrom':
      return `${print(node.left, Precedence.Comparison)} IS ${not(node)}DISTINCT FROM ${print(node.right, Precedence.Comparison)}`;
    case 'between': {
      const symmetric = node.symmetric ? 'SYMMETRIC ' : '';
      return `${print(node.operand, Precedence.Other)} ${not(node)}BETWEEN ${symmetric}${printRestricted(node.lower)} AND ${print(node.upper, Precedence.Other)}`;
    }
    case 'inList':
      return `${print(node.operand, Precedence.Other)} ${not(node)}IN (${printList(node.items)})`;
    case 'inSubquery':
      return `${print(node.operand, Precedence.Other)} ${not(node)}IN (${printQuery(node.query)})`;
    case 'like': {
      const word = node.operator === 'similar' ? 'SIMILAR TO' : node.operator.toUpperCase();
      const escape = node.escape === undefined ? '' : ` ESCAPE ${print(node.escape, Precedence.Other)}`;
      return `${print(node.operand, Precedence.Other)} ${not(node)}${word} ${print(node.pattern, Precedence.Other)}${escape}`;
    }
    case 'quantified':
      return `${printLeftOf(node)} ${printOperator(node)} ${node.quantifier.toUpperCase()} (${printExpression(node.array)})`;
    case 'quantifiedSubquery':
      return `${printLeftOf(node)} ${printOperator(node)} ${node.quantifier.toUpperCase()} (${printQuery(node.query)})`;
    case 'exists':
      return `EXISTS (${printQuery(node.query)})`;
    case 'scalarSubquery':
      return `(${printQuery(node.query)})`;
    case 'arraySubquery':
      return `ARRAY(${printQuery(node.query)})`;
    case 'case': {
      const operand = node.operand === undefined ? '' : ` ${printExpression(node.operand)}`;
      const whens = node.whens.map((when) => ` WHEN ${printExpression(when.condition)} THEN ${printExpression(when.result)}`).join('');
      const otherwise = node.otherwise === undefined ? '' : ` ELSE ${printExpression(node.otherwise)}`;
      return `CASE${operand}${whens}${otherwise} END`;
    }
    case 'coalesce':
      return `COALESCE(${printList(node.args)})`;
    case 'nullIf':
      return `NULLIF(${printExpression(node.left)}, ${printExpression(node.right)})`;
    case 'minMax':
      return `${node.operator.toUpperCase()}(${printList(node.args)})`;
    case 'row':
      return printRow(node);
    case 'array':
      return `ARRAY[${printList(node.elements)}]`;
    case 'cast':
      return `${print(node.operand, Precedence.TypeCast)}::${printTypeName(node.type)}`;
    case 'collate':
      return `${print(node.operand, Precedence.Collate)} COLLATE ${printQualifiedName(node.collation)}`;
    case 'functionCall':
      return sqlFormOf(node)?.text() ?? printCall(node);
    case 'grouping':
      return `GROUPING(${printList(node.args)})`;
    case 'sqlValueFunction':
      return node.function.toUpperCase() + (node.precision === undefined ? '' : `(${node.precision})`);
    case 'defaultValue':
      return 'DEFAULT';
    case 'unsupportedExpression':
      throw notSupported(node.feature, node.offset);
    default:
      return unreachable(node);
  }
}

const not = (node: { readonly negated: boolean }): string => (node.negated ? 'NOT ' : '');

/** `@ a # b` is `(@ a) # b`, for operators of equal precedence go from left to right; another prefix may follow a prefix. */
function leastAfterPrefix(node: Unary): number {
  if (isSign(node)) return Precedence.UnaryMinus;
  return node.operand.kind === 'unary' ? Precedence.Other : Precedence.Additive;
}

function printBinary(root: Binary): string {
  let text = '';
  for (const node of leftSpine<Expression, Binary>(root, isBinary)) {
    const level = precedence(node);
    const isLeftmost = text === '';
    const left = isLeftmost ? print(node.left, leftLeast(level)) : precedence(node.left) < leftLeast(level) ? `(${text})` : text;
    text = `${left} ${printOperator(node)} ${print(node.right, level + 1)}`;
  }
  return text;
}

const leftLeast = (level: number): number => (isNonAssociative(level) ? level + 1 : level);

function printLeftOf(node: { readonly schema: OperatorSchema | undefined; readonly operator: string; readonly operand: Expression }): string {
  return print(node.operand, leftLeast(node.schema === undefined ? precedenceOf(node.operator) : Precedence.Other));
}

/** A single implicit element would be a mere parenthesis. */
function printRow(node: Row): string {
  const isImplicit = !node.isExplicit && node.elements.length > 1;
  return `${isImplicit ? '' : 'ROW'}(${printList(node.elements)})`;
}

/** What `.field` or `[index]` may follow directly; a plain name only before a bracket, for `a.b` is a name itself. */
function printIndirected(operand: Expression, isSubscript: boolean): string {
  switch (operand.kind) {
    case 'parameter':
    case 'namedParameter':
    case 'scalarSubquery':
    case 'fieldSelection':
      return printBare(operand);
    case 'subscript':
      return isSubscript ? `(${printBare(operand)})` : printBare(operand);
    case 'columnRef':
      return isSubscript ? printBare(operand) : `(${printBare(operand)})`;
    default:
      return `(${printBare(operand)})`;
  }
}

function printSubscript(entry: SubscriptEntry): string {
  const lower = entry.lower === undefined ? '' : printBound(entry.lower);
  return entry.isSlice ? `[${lower}:${entry.upper === undefined ? '' : printBound(entry.upper)}]` : `[${lower}]`;
}

/** In brackets a colon is the slice's: whatever might have one of its own is put into parentheses. */
function printBound(bound: Expression): string {
  return bound.kind === 'number' || bound.kind === 'columnRef' || bound.kind === 'parameter' ? printBare(bound) : `(${printBare(bound)})`;
}

// ---------------------------------------------------------------------------------------------------------------- calls

function printCall(node: FunctionCall): string {
  let inside = node.isStar ? '*' : node.args.map((argument, i) => {
    const variadic = node.isVariadic && i === node.args.length - 1 ? 'VARIADIC ' : '';
    const name = argument.name === undefined ? '' : `${quoteIdentifier(argument.name)} => `;
    return variadic + name + printExpression(argument.value);
  }).join(', ');
  if (node.isDistinct) inside = `DISTINCT ${inside}`;
  if (node.orderBy.length > 0 && !node.withinGroup) inside += ` ORDER BY ${printSort(node.orderBy)}`;
  let text = `${printQualifiedName(node.name)}(${inside})`;
  if (node.withinGroup) text += ` WITHIN GROUP (ORDER BY ${printSort(node.orderBy)})`;
  if (node.filter !== undefined) text += ` FILTER (WHERE ${printExpression(node.filter)})`;
  if (node.over !== undefined) text += ` OVER ${node.over.reference === undefined ? printWindow(node.over) : quoteIdentifier(node.over.reference)}`;
  return text;
}

function printSort(items: readonly SortItem[]): string {
  return items.map((item) => {
    let text = printExpression(item.expression);
    if (item.using !== undefined) text += ` USING ${printOperator(item.using)}`;
    if (item.direction !== undefined) text += ` ${item.direction.toUpperCase()}`;
    if (item.nulls !== undefined) text += ` NULLS ${item.nulls.toUpperCase()}`;
    return text;
  }).join(', ');
}

function printWindow(spec: WindowSpec): string {
  const parts: string[] = [];
  if (spec.base !== undefined) parts.push(quoteIdentifier(spec.base));
  if (spec.partitionBy.length > 0) parts.push(`PARTITION BY ${printList(spec.partitionBy)}`);
  if (spec.orderBy.length > 0) parts.push(`ORDER BY ${printSort(spec.orderBy)}`);
  if (spec.frame !== undefined) {
    const { mode, start, end, exclude } = spec.frame;
    const bound = (edge: typeof start): string => (edge.distance === undefined ? '' : `${print(edge.distance, Precedence.Or)} `) + edge.type.toUpperCase();
    // An end that was not written stands where the frame does.
    const extent = end.type === 'current row' && end.offset === spec.frame.offset ? bound(start) : `BETWEEN ${bound(start)} AND ${bound(end)}`;
    parts.push(`${mode.toUpperCase()} ${extent}${exclude === 'no others' ? '' : ` EXCLUDE ${exclude.toUpperCase()}`}`);
  }
  return `(${parts.join(' ')})`;
}

interface SqlForm {
  readonly precedence: number;
  readonly text: () => string;
}

/** The special syntax of a call that came of it (A3 of ast.ts), or undefined. */
function sqlFormOf(node: FunctionCall): SqlForm | undefined {
  const { name, args } = node;
  if (name.schema !== 'pg_catalog' || name.catalog !== undefined) return undefined;
  const isPlain = !node.isStar && !node.isVariadic && !node.isDistinct && node.orderBy.length === 0 && !node.withinGroup && node.filter === undefined && node.over === undefined;
  if (!isPlain || args.some((argument) => argument.name !== undefined)) return undefined;
  const values = args.map((argument) => argument.value);
  const [a, b, c, d] = values;
  const call = (text: () => string): SqlForm => ({ precedence: Primary, text });
  switch (`${name.name}/${values.length}`) {
    case 'timezone/2':
      return { precedence: Precedence.AtTimeZone, text: () => `${print(b!, Precedence.AtTimeZone)} AT TIME ZONE ${print(a!, Precedence.Collate)}` };
    case 'extract/2':
      return a!.kind === 'string' ? call(() => `EXTRACT(${printField(a!.kind === 'string' ? a!.value : '')} FROM ${printExpression(b!)})`) : undefined;
    case 'position/2':
      return call(() => `POSITION(${printRestricted(b!)} IN ${printRestricted(a!)})`);
    case 'overlay/3':
    case 'overlay/4':
      return call(() => `OVERLAY(${printExpression(a!)} PLACING ${printExpression(b!)} FROM ${printExpression(c!)}${d === undefined ? '' : ` FOR ${printExpression(d)}`})`);
    case 'substring/2':
    case 'substring/3':
      return call(() => `SUBSTRING(${printExpression(a!)} FROM ${printExpression(b!)}${c === undefined ? '' : ` FOR ${printExpression(c)}`})`);
    case 'btrim/1':
    case 'btrim/2':
      return call(() => printTrim('BOTH', a!, b));
    case 'ltrim/1':
    case 'ltrim/2':
      return call(() => printTrim('LEADING', a!, b));
    case 'rtrim/1':
    case 'rtrim/2':
      return call(() => printTrim('TRAILING', a!, b));
    case 'normalize/1':
      return call(() => `NORMALIZE(${printExpression(a!)})`);
    case 'normalize/2':
      return isNormalForm(b!) ? call(() => `NORMALIZE(${printExpression(a!)}, ${formOf(b!)})`) : undefined;
    case 'is_normalized/1':
      return { precedence: Precedence.Is, text: () => `${print(a!, Precedence.Comparison)} IS NORMALIZED` };
    case 'is_normalized/2':
      return isNormalForm(b!) ? { precedence: Precedence.Is, text: () => `${print(a!, Precedence.Comparison)} IS ${formOf(b!)} NORMALIZED` } : undefined;
    case 'pg_collation_for/1':
      return call(() => `COLLATION FOR (${printExpression(a!)})`);
    case 'overlaps/4':
      // Between two rows, not two operands: parentheses around it everywhere.
      return { precedence: Precedence.Or, text: () => `(${printList([a!, b!])}) OVERLAPS (${printList([c!, d!])})` };
    default:
      return undefined;
  }
}

function printTrim(where: string, text: Expression, characters: Expression | undefined): string {
  return `TRIM(${where} ${characters === undefined ? '' : `${printExpression(characters)} `}FROM ${printExpression(text)})`;
}

const fieldWords: ReadonlySet<string> = new Set(['year', 'month', 'day', 'hour', 'minute', 'second']);

function printField(field: string): string {
  return /^[a-z_]+$/.test(field) && (fieldWords.has(field) || !keywords.has(field)) ? field : quoteLiteral(field);
}

const isNormalForm = (form: Expression): boolean => form.kind === 'string' && /^NFK?[CD]$/.test(form.value);
const formOf = (form: Expression): string => (form.kind === 'string' ? form.value : '');
