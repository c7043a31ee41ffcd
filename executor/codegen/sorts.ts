/** Sort and DISTINCT. */
import type { SqlType, Storage } from '../../base/types.js';
import { baseTypeOf, sqlType, typeInfo, TypeOid } from '../../base/types.js';
import type { BoundExpression, ColumnId, SortKey } from '../../planner/expression.js';
import { collectColumns } from '../../planner/expression-tools.js';
import type { PlanOf } from '../operators/plan-of.js';
import { distinctKeys } from '../operators/distinct.js';
import { sortKeyComparator } from '../ordering.js';
import { SortedForm } from '../spill/column-sorter.js';
import { isVolatilePlan } from './repeatable.js';
import { repeats } from './repeated-code.js';
import { inVariable, isStoredText } from './row-values.js';
import type { Source } from './expressions.js';
import { KeyCodes, tableCall } from './key-codes.js';
import { distinctKeySource, sameKey } from './keys.js';
import type { Consume, Pipeline } from './pipeline.js';
import { exactness, Scaled } from './scaled.js';

/** Values that JavaScript's `<` orders. */
const ordered: ReadonlySet<Storage> = new Set<Storage>(['bool', 'int2', 'int4', 'int8', 'oid', 'money', 'date', 'time', 'timestamp', 'uuid', 'bit', 'tid']);

export function produceSort(p: Pipeline, plan: PlanOf<'sort'>, consume: Consume): void {
  const { w, module } = p;
  const { input, keys, limit, limitOffset } = plan;
  p.settle(plan, plan);
  const ids = p.kept(input, plan);
  // A key that is a kept column is read from the tuple; the others are computed once and follow the columns.
  const positions = keys.map((key) => (key.expression.kind === 'column' ? ids.indexOf(key.expression.id) : -1));
  const computed = keys.filter((_, i) => positions[i]! < 0);
  let next = ids.length;
  const places = positions.map((position) => (position >= 0 ? position : next++));
  const types = [...ids.map((id) => input.output.find((column) => column.id === id)?.type ?? sqlType(TypeOid.text)), ...computed.map((key) => key.expression.type)];
  const compare = comparatorSource(p, keys, places);
  if (p.columns && limit === undefined && keys.every((key) => formOf(p, key.expression.type) !== SortedForm.Datum)) {
    produceColumnSort(p, plan, ids, computed, places, types, compare, consume);
    return;
  }
  const sorter = module.name('h');
  const planName = module.constant(plan);
  // The interpreter computes the bound: columns of enclosing rows that it reads go to the registers. The keys' are the input's, not yet there.
  const read = new Set<ColumnId>();
  for (const count of [limit, limitOffset]) if (count !== undefined) collectColumns(count, read);
  p.publish(read);
  const bound = limit === undefined ? 'Infinity' : `X.limitCount(${module.constant(limit)}, x) + X.offsetCount(${module.constant(limitOffset)}, x)`;
  const integerKeys = keys.every((key) => isNumber(p, key)) ? module.constant(keys.map(({ descending }, i) => ({ place: places[i]!, descending }))) : 'undefined';
  w.line(`const ${sorter} = x.own(new X.TupleSorter(x, ${module.constant(types)}, ${compare}, ${bound}, ${planName}, ${integerKeys}));`);
  // Top-N: the first key of the worst row kept. NaN, which nothing is behind, as long as there is none.
  const worst = module.name('m');
  if (limit !== undefined) w.line(`let ${worst} = NaN;`);
  w.pipeline(() => {
    p.produce(input, () => {
      const first = limit === undefined ? undefined : behindWorst(p, keys[0]!, worst);
      const push = (): void => {
        const values = [...ids.map((id) => w.use(id).code), ...computed.map((key) => p.e.value(key.expression).code)];
        w.line(`${sorter}.push([${values.join(', ')}]);`);
        if (first !== undefined) w.line(`${worst} = ${first.read(`${sorter}.worstAt(${places[0]})`)};`);
      };
      if (first === undefined) push();
      else w.block(`if (!${first.test})`, push);
    });
  });
  w.block(`while (${sorter}.finishStep())`, () => p.tick());
  const tuple = module.name('v');
  p.scans.push({ cleanup: `x.release(${sorter});` });
  w.block(`for (let ${tuple}; (${tuple} = ${sorter}.next()) !== undefined;)`, () => {
    ids.forEach((id, i) => w.scope.bind(id, { kind: 'pending', code: `${tuple}[${i}]`, nullable: true, stored: undefined }));
    consume();
    if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
  });
  p.scans.pop();
  w.line(`x.release(${sorter});`);
}

/** By types whose datums are always numbers. */
function formOf(p: Pipeline, type: SqlType): SortedForm {
  const { storage } = typeInfo(baseTypeOf(type, p.types).oid, p.types);
  if (storage === 'int2' || storage === 'int4') return SortedForm.Integer;
  return storage === 'float4' || storage === 'float8' || storage === 'date' || storage === 'oid' ? SortedForm.Double : SortedForm.Datum;
}

/** A sort by numbers: rows are kept as columns (column-sorter.ts). */
function produceColumnSort(p: Pipeline, plan: PlanOf<'sort'>, ids: readonly ColumnId[], computed: readonly SortKey[], places: readonly number[], types: readonly SqlType[], compare: string, consume: Consume): void {
  const { w, module } = p;
  const { input, keys } = plan;
  const sorter = module.name('h');
  const isRepeated = repeats(input);
  // Whether a column may be NULL is known when the loop is written; where that is there several times, all may.
  const layout = types.map((type) => ({ type, form: formOf(p, type), nullable: isRepeated }));
  const sortedKeys = keys.map(({ descending, nullsFirst }, i) => ({ place: places[i]!, descending, nullsFirst }));
  w.line(`const ${sorter} = x.own(new X.ColumnSorter(x, ${module.constant(layout)}, ${module.constant(sortedKeys)}, ${compare}, ${module.constant(plan)}));`);
  w.pipeline(() => {
    p.produce(input, () => {
      const values = [...ids.map((id): Source => w.use(id)), ...computed.map((key) => inVariable(p, p.e.value(key.expression)))];
      const row = module.name('i');
      w.line(`const ${row} = ${sorter}.place();`);
      values.forEach(({ code, nullable }, i) => {
        const column = layout[i]!;
        column.nullable ||= nullable;
        if (column.form === SortedForm.Datum) w.line(`${sorter}.put(${i}, ${row}, ${code});`);
        else if (nullable) w.line(`if (${code} === null) { ${sorter}.nulls[${i}][${row}] = 1; ${sorter}.columns[${i}][${row}] = 0; } else { ${sorter}.nulls[${i}][${row}] = 0; ${sorter}.columns[${i}][${row}] = ${code}; }`);
        else w.line(`${column.nullable ? `${sorter}.nulls[${i}][${row}] = 0; ` : ''}${sorter}.columns[${i}][${row}] = ${code};`);
      });
    });
  });
  w.block(`while (${sorter}.finishStep())`, () => p.tick());
  const row = module.name('i');
  const columns = ids.map((id, i) => ({ id, values: module.name('v'), nulls: module.name('v'), isNumber: layout[i]!.form !== SortedForm.Datum, nullable: layout[i]!.nullable }));
  columns.forEach(({ values, nulls, isNumber, nullable }, i) => {
    w.line(`const ${values} = ${sorter}.columns[${i}]${isNumber && nullable ? `, ${nulls} = ${sorter}.nulls[${i}]` : ''};`);
  });
  p.scans.push({ cleanup: `x.release(${sorter});` });
  w.block(`for (let ${row}; (${row} = ${sorter}.next()) >= 0;)`, () => {
    for (const { id, values, nulls, isNumber, nullable } of columns) {
      const code = isNumber && nullable ? `(${nulls}[${row}] !== 0 ? null : ${values}[${row}])` : `${values}[${row}]`;
      w.scope.bind(id, { kind: 'pending', code, nullable: !isNumber || nullable, stored: undefined });
    }
    consume();
    if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
  });
  p.scans.pop();
  w.line(`x.release(${sorter});`);
}

/** Whether the key's values, where they are small integers, are ordered as JavaScript's numbers are. */
function isNumber(p: Pipeline, key: SortKey): boolean {
  const { storage } = typeInfo(baseTypeOf(key.expression.type, p.types).oid, p.types);
  return storage === 'int2' || storage === 'int4' || storage === 'int8' || storage === 'float8' || storage === 'date';
}

/**
 * Top-N: whether a row's first key alone puts it behind the worst row kept, so that no tuple need be made. `worst` holds that row's first key as `read` makes it of the
 * datum, which may be NULL or undefined.
 */
function behindWorst(p: Pipeline, key: SortKey, worst: string): { readonly test: string; readonly read: (datum: string) => string } | undefined {
  const { w, module } = p;
  const storage = typeInfo(baseTypeOf(key.expression.type, p.types).oid, p.types).storage;
  const operator = key.descending ? '<' : '>';
  const name = module.name('v');
  if (storage === 'numeric') {
    // Coefficients of one scale compare as their numerics do; a sum that could have been rounded is not looked at.
    const scaled = new Scaled(w, p.e).coefficient(key.expression);
    if (scaled === undefined || scaled.nulls.length > 0) return undefined;
    w.line(`const ${name} = ${scaled.code};`);
    return { test: `(${name} ${operator} ${worst} && ${exactness(scaled, name)})`, read: (datum) => `X.coefficientAt(${datum}, ${scaled.scale})` };
  }
  // NaN is neither less nor greater here, so it is never left out.
  if (!ordered.has(storage) && storage !== 'float8' && storage !== 'float4') return undefined;
  const value = p.e.value(key.expression);
  w.line(`const ${name} = ${value.code};`);
  return { test: `(${name} ${operator} ${worst}${value.nullable ? ` && ${name} !== null` : ''})`, read: (datum) => `${datum} ?? NaN` };
}

/** A comparator of tuples, one test per key. */
function comparatorSource(p: Pipeline, keys: readonly SortKey[], places: readonly number[]): string {
  const { module } = p;
  const name = module.name('compare');
  module.prelude.block(`function ${name}(a, b)`, () => {
    module.prelude.line('let x, y;');
    keys.forEach((key, i) => {
      const storage = typeInfo(baseTypeOf(key.expression.type, p.types).oid, p.types).storage;
      const sign = key.descending ? -1 : 1;
      const nullSign = key.nullsFirst ? -1 : 1;
      const isPlainText = storage === 'text' && (key.collation === undefined || key.collation === 'default' || key.collation === 'C');
      if (!ordered.has(storage) && !isPlainText) {
        const compare = module.constant(sortKeyComparator(key, p.types));
        module.prelude.line(`x = ${compare}(a[${places[i]}], b[${places[i]}]);`);
        module.prelude.line('if (x !== 0) return x;');
        return;
      }
      module.prelude.line(`x = a[${places[i]}], y = b[${places[i]}];`);
      module.prelude.block('if (x !== y)', () => {
        module.prelude.line(`if (x === null) return ${nullSign};`);
        module.prelude.line(`if (y === null) return ${-nullSign};`);
        module.prelude.line(isPlainText ? `return ${sign === 1 ? '' : '-'}H.compareText(x, y);` : `return x < y ? ${-sign} : ${sign};`);
      });
    });
    module.prelude.line('return 0;');
  });
  return name;
}

export function produceDistinct(p: Pipeline, plan: PlanOf<'distinct'>, consume: Consume): void {
  const { w, module } = p;
  const keys = distinctKeys(plan);
  p.settle(plan, plan);
  const key = module.name('v');
  if (plan.strategy === 'sorted') {
    const last = module.name('m');
    w.line(`let ${last};`);
    p.produce(plan.input, () => {
      w.line(`const ${key} = ${distinctKeySource(p, keys, keys.map((e) => p.e.value(e)))};`);
      w.block(`if (${last} === undefined || !${sameKey(key, last)})`, () => {
        w.line(`${last} = ${key};`);
        consume();
      });
    });
    return;
  }
  const set = module.name('h');
  const canRepeat = !isVolatilePlan(plan.input);
  if (keys.length > 0 && !repeats(plan.input)) {
    produceCodedDistinct(p, plan, keys, set, canRepeat, consume);
    return;
  }
  w.line(`const ${set} = new X.DistinctSet(x, ${canRepeat});`);
  w.block('do', () => {
    p.produce(plan.input, () => {
      w.line(`const ${key} = ${distinctKeySource(p, keys, keys.map((e) => p.e.value(e)))};`);
      w.block(`if (${set}.admit(${key}))`, consume);
    });
  }, ` while (${set}.again());`);
}

/** The same by codes of the keys: most rows are told apart without making a key or decoding a text. */
function produceCodedDistinct(p: Pipeline, plan: PlanOf<'distinct'>, keys: readonly BoundExpression[], set: string, canRepeat: boolean, consume: Consume): void {
  const { w, module } = p;
  const [codes, scratch, isNew] = [module.name('h'), module.name('v'), module.name('m')];
  // The table is written before the loop that shows which dictionaries it needs; an input that is known to be empty writes no loop.
  const head = w.reserve();
  const dictionaries: string[] = [];
  let arity = 1;
  w.block('do', () => {
    p.produce(plan.input, () => {
      const values = keys.map((e) => (isStoredText(p, e) ? undefined : inVariable(p, p.e.value(e))));
      const made = new KeyCodes();
      keys.forEach((e, i) => made.write(p, plan, [e], values[i] === undefined ? undefined : [values[i]]));
      const { suffix, args } = tableCall(made.codes, scratch);
      w.line(`let ${isNew} = ${codes}.find${suffix}(${args}) === 0;`);
      w.block(`if (${isNew})`, () => {
        w.line(`if (${set}.hasRoom()) ${codes}.add${suffix}(${args});`);
        w.block('else', () => w.line(`${isNew} = ${set}.admit(${distinctKeySource(p, keys, keys.map((e, i) => values[i] ?? inVariable(p, p.e.value(e))))});`));
      });
      arity = made.codes.length;
      for (const { name, source } of made.dictionaries) {
        head.line(`const ${name} = ${source};`);
        dictionaries.push(name);
      }
      w.block(`if (${isNew})`, consume);
    });
  }, ` while (${set}.again());`);
  head.line(`const ${scratch} = new Int32Array(${arity});`);
  head.line(`const ${set} = new X.DistinctSet(x, ${canRepeat}, ${arity}, [${dictionaries.join(', ')}]), ${codes} = ${set}.keys;`);
}
