/** Hash joins and nested loops, fused with what is above and below them. */
import type { BoundExpression, ColumnId } from '../../planner/expression.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { PlanOf } from '../operators/plan-of.js';
import { isVolatilePlan } from './repeatable.js';
import { baseTypeOf, sqlType, typeInfo, TypeOid } from '../../base/types.js';
import { smallIntegers } from './key-codes.js';
import { repeats } from './repeated-code.js';
import { groupKeySource } from './keys.js';
import { isSimple } from './module.js';
import { isPointLookup } from './scans.js';
import type { Consume, Pipeline } from './pipeline.js';

type Join = PlanOf<'nestedLoop'> | PlanOf<'hashJoin'>;

function typesOf(plan: PhysicalPlan, ids: readonly ColumnId[]): unknown[] {
  return ids.map((id) => plan.output.find((column) => column.id === id)!.type);
}

/** Decimals of fixed scale that are kept as their coefficients, and whether one may be NULL. */
type Coefficients = ReadonlyMap<ColumnId, { readonly scale: number; readonly nullable: boolean }>;

/** Binds columns kept in an array. `places`: of what operators above make of them. */
function bindTuple(p: Pipeline, ids: readonly ColumnId[], tuple: string, first: number, places?: Places, coefficients?: Coefficients): void {
  ids.forEach((id, i) => {
    const ofColumn = places?.get(id);
    const memo = ofColumn === undefined ? undefined : { tuple, places: new Map([...ofColumn].map(([plan, place]) => [plan, `${tuple}[${place}]`])) };
    const name = `${tuple}[${first + i}]`;
    const coefficient = coefficients?.get(id);
    if (coefficient === undefined) {
      p.w.scope.bind(id, { kind: 'pending', code: name, nullable: true, stored: undefined, memo });
      return;
    }
    const { scale, nullable } = coefficient;
    const source = { isNull: () => `${name} === null`, scaled: { scale, coefficient: () => name }, bytes: undefined };
    p.w.scope.bind(id, { kind: 'pending', code: keptDatum(name, scale, nullable), nullable, stored: { source, row: tuple, rename: (code) => code }, memo });
  });
}
const keptDatum = (name: string, scale: number, nullable: boolean): string => (nullable ? `(${name} === null ? null : R.scaledNumeric(${name}, ${scale}))` : `R.scaledNumeric(${name}, ${scale})`);

/** Places behind the columns of a row of the build side (Memo of scope.ts), by column and operator. */
type Places = ReadonlyMap<ColumnId, ReadonlyMap<PhysicalPlan, number>>;
function placesOf(p: Pipeline, ids: readonly ColumnId[]): { readonly places: Places; readonly count: number } {
  const places = new Map<ColumnId, Map<PhysicalPlan, number>>();
  let count = 0;
  for (const id of ids) {
    const plans = p.keyedBy(id);
    if (plans.length > 0) places.set(id, new Map(plans.map((plan) => [plan, 2 + ids.length + count++])));
  }
  return { places, count };
}
function bindNulls(p: Pipeline, ids: Iterable<ColumnId>): void {
  for (const id of ids) p.w.scope.bind(id, { kind: 'value', code: 'null', nullable: true, stored: undefined });
}

// ------------------------------------------------------------------------------------------------------------- hash join

export function produceHashJoin(p: Pipeline, plan: PlanOf<'hashJoin'>, consume: Consume): void {
  new HashJoin(p, plan, consume).produce();
}

/** The code of one hash join: a pipeline that fills the table with the rows of the right side, and for each pass over the table (one, unless it went to disk) one of the left side. */
class HashJoin {
  readonly #p: Pipeline;
  readonly #plan: PlanOf<'hashJoin'>;
  readonly #consume: Consume;
  readonly #rightIds: readonly ColumnId[];
  readonly #keepsUnmatched: boolean;
  readonly #canRepeat: boolean;
  /** The variable of the table. */
  readonly #table: string;
  readonly #places: Places;
  readonly #placeCount: number;
  readonly #arity: number;
  readonly #keyPlaces: readonly number[] | undefined;
  readonly #coefficients = new Map<ColumnId, { readonly scale: number; readonly nullable: boolean }>();

  constructor(p: Pipeline, plan: PlanOf<'hashJoin'>, consume: Consume) {
    this.#p = p;
    this.#plan = plan;
    this.#consume = consume;
    this.#rightIds = p.kept(plan.right, plan);
    this.#keepsUnmatched = plan.join === 'right' || plan.join === 'full';
    this.#canRepeat = !isVolatilePlan(plan.left);
    this.#table = p.module.name('h');
    const { places, count } = placesOf(p, this.#rightIds);
    this.#places = places;
    this.#placeCount = count;
    p.settle(plan, plan);
    this.#arity = intArity(p, plan);
    this.#keyPlaces = this.#arity > 0 ? placesInKey(plan, this.#rightIds) : undefined;
  }

  produce(): void {
    const { w, module } = this.#p;
    const table = this.#table;
    // How columns are kept shows when the rows are made, so the table is written then, before them.
    const head = w.reserve();
    this.#fill();
    const body = w.code;
    w.code = head;
    this.#makeTable();
    w.code = body;
    const pass = module.name('m');
    const passes = module.name('m');
    w.block(`while (${table}.finishStep())`, () => this.#p.tick());
    w.line(`const ${passes} = ${table}.finish();`);
    w.block(`for (let ${pass} = 0; ${pass} < ${passes}; ${pass}++)`, () => {
      w.line(`${table}.load(${pass});`);
      w.block(`while (${table}.loadStep())`, () => this.#p.tick());
      this.#probeWithLeft(passes);
      if (this.#keepsUnmatched) this.#giveUnmatched();
    });
    w.line(`x.release(${table});`);
  }

  /** The pipeline of the right side. */
  #fill(): void {
    const p = this.#p;
    const { w, module } = p;
    const { right, rightKeys } = this.#plan;
    const table = this.#table;
    const arity = this.#arity;
    const mayKeep = !repeats(right);
    const kept = (id: ColumnId): string => (mayKeep ? coefficientOf(p, id, this.#coefficients) : undefined) ?? w.use(id).code;
    const row = (): string => `[null, false${this.#rightIds.map((id) => `, ${kept(id)}`).join('')}${', undefined'.repeat(this.#placeCount)}]`;
    w.pipeline(() => {
      p.produce(right, () => {
        if (arity > 0) {
          const { names, notNull } = intKeys(p, rightKeys);
          const add = (): string => (this.#keyPlaces === undefined ? `${table}.add${arity}(${names.join(', ')}, ${row()});` : `${table}.putKey${arity}(${names.join(', ')});`);
          w.block(notNull === '' ? '' : `if (${notNull})`, () => w.line(add()));
          if (this.#keepsUnmatched && notNull !== '') w.block('else', () => w.line(`${table}.add(null, ${row()});`));
          return;
        }
        const key = module.name('v');
        w.line(`const ${key} = ${groupKeySource(p, rightKeys)};`);
        w.block(this.#keepsUnmatched ? '' : `if (${key} !== null)`, () => w.line(`${table}.add(${key}, ${row()});`));
      });
    });
  }

  /** The table with its functions over rows. A key of a row read back from a temporary file is computed again from its columns. */
  #makeTable(): void {
    const p = this.#p;
    const { w, module } = p;
    const { right, rightKeys } = this.#plan;
    const ids = this.#rightIds;
    const arity = this.#arity;
    const coefficients = this.#coefficients;
    const keyOf = overRow(p, ids, () => w.line(`return ${groupKeySource(p, rightKeys)};`), '', coefficients);
    const link = (row: string): void => {
      const { names } = intKeys(p, rightKeys);
      w.line(this.#keyPlaces === undefined ? `t.link${arity}(${names.join(', ')}, ${row});` : `t.linkKey${arity}(${names.join(', ')});`);
    };
    const linkName = arity === 0 ? 'undefined' : overRow(p, ids, link, 't, ', coefficients);
    const types = typesOf(right, ids).map((type, i) => (coefficients.has(ids[i]!) ? sqlType(TypeOid.float8) : type));
    const options = `${keyOf}, ${this.#keepsUnmatched}, ${this.#canRepeat}, ${arity}, ${linkName}, ${this.#keyPlaces === undefined ? 'undefined' : module.constant(this.#keyPlaces)}`;
    w.line(`const ${this.#table} = x.own(new X.JoinTable(x, ${module.constant(this.#plan)}, ${module.constant(types)}, ${options}));`);
  }

  /** The pipeline of the left side, which looks up each row's partners; of a table of several passes those of this one. */
  #probeWithLeft(passes: string): void {
    const p = this.#p;
    const { w, module } = p;
    const { join, left, leftKeys } = this.#plan;
    const table = this.#table;
    const arity = this.#arity;
    const map = module.name('h');
    const isFiltered = arity > 0 && hasFewPartners(this.#plan);
    if (isFiltered) w.block(`while (${table}.filterStep())`, () => p.tick());
    w.line(arity > 0 ? `const ${map} = ${table}.ints, ${map}_ = ${table}.heads${isFiltered ? `, ${map}f = ${table}.filter` : ''};` : `const ${map} = ${table}.map;`);
    /** The number of a key, 0 when there is none. */
    const find = (names: readonly string[]): string => {
      const key = names.join(', ');
      return `${isFiltered ? `${map}f !== undefined && !${map}f.has${arity}(${key}) ? 0 : ` : ''}${map}.find${arity}(${key})`;
    };
    if (arity > 0 && this.#canRepeat && (join === 'inner' || join === 'semi' || join === 'right')) filterGroups(p, this.#plan, find, `${passes} !== 1`);
    p.produce(left, () => {
      const found = module.name('v');
      if (arity > 0) {
        const { names, notNull } = intKeys(p, leftKeys);
        w.block(`if (${passes} === 1 || ${table}.accepts(${groupKeySource(p, leftKeys)}))`, () => {
          const lookup = this.#keyPlaces === undefined ? `${map}_[${find(names)}]` : `((${find(names)}) === 0 ? undefined : true)`;
          w.line(`const ${found} = ${notNull === '' ? lookup : `${notNull} ? ${lookup} : undefined`};`);
          this.#probe(found);
        });
        return;
      }
      const key = module.name('v');
      w.line(`const ${key} = ${groupKeySource(p, leftKeys)};`);
      w.block(`if (${passes} === 1 || ${table}.accepts(${key}))`, () => {
        w.line(`const ${found} = ${key} === null ? undefined : ${map}.get(${key});`);
        this.#probe(found);
      });
    });
  }

  #probe(found: string): void {
    const { join, residual } = this.#plan;
    probe(this.#p, this.#plan, join, found, this.#rightIds, residual, this.#consume, { places: this.#places, coefficients: this.#coefficients });
  }

  /** Rows of the right side that no left row has met. */
  #giveUnmatched(): void {
    const p = this.#p;
    const { w, module } = p;
    const outerCopies = p.copies;
    p.copies *= 2;
    const row = module.name('v');
    w.block(`for (const ${row} of ${this.#table}.rows)`, () => {
      w.block(`if (!${row}[1])`, () => {
        bindTuple(p, this.#rightIds, row, 2, undefined, this.#coefficients);
        bindNulls(p, this.#plan.left.output.map((column) => column.id));
        this.#consume();
      });
    });
    p.copies = outerCopies;
  }
}

/**
 * Where the probe side is made of groups whose keys are the join's, groups without a partner need not be made: rows are asked for it before they are put into one. (Sideways
 * information passing; Seshadri et al. 1996, magic sets by cost.) `isOpen`: the test that the table may not know all partners.
 */
function filterGroups(p: Pipeline, plan: PlanOf<'hashJoin'>, find: (names: readonly string[]) => string, isOpen: string): void {
  const keys: BoundExpression[] = [];
  let groups = plan.left;
  while (groups.kind === 'project' || groups.kind === 'filter' || groups.kind === 'materialize') groups = groups.input;
  if (groups.kind !== 'aggregate' || groups.strategy !== 'hash' || groups.groupingSets !== undefined) return;
  for (const key of plan.leftKeys) {
    const group = key.kind === 'column' ? groups.groupBy.find(({ id }) => id === key.id) : undefined;
    if (group === undefined) return;
    keys.push(group.expression);
  }
  p.groupFilters.set(groups, () => {
    const { names, notNull } = intKeys(p, keys);
    return `${isOpen} || (${notNull === '' ? '' : `${notNull} && `}(${find(names)}) !== 0)`;
  });
}

/** A function over a row of the build side whose columns `body` may read; the name of its last parameter is given to it. */
function overRow(p: Pipeline, ids: readonly ColumnId[], body: (row: string) => void, parameters: string, coefficients: Coefficients): string {
  const { w, module } = p;
  const name = module.name('q');
  const row = module.name('v');
  w.block(`const ${name} = (${parameters}${row}) =>`, () => {
    bindTuple(p, ids, row, 2, undefined, coefficients);
    body(row);
  }, ';');
  return name;
}

/** How many small integers the key is of, when it is of one or two and nothing else; otherwise 0. */
function intArity(p: Pipeline, { leftKeys, rightKeys }: PlanOf<'hashJoin'>): number {
  const isSmall = (e: BoundExpression): boolean => smallIntegers.has(typeInfo(baseTypeOf(e.type, p.types).oid, p.types).storage);
  return leftKeys.length <= 2 && [...leftKeys, ...rightKeys].every(isSmall) ? leftKeys.length : 0;
}

/** Whether most left rows are expected to have no partner: a filter before the table then spares most of the searches. */
function hasFewPartners({ join, left, estimate }: PlanOf<'hashJoin'>): boolean {
  const half = left.estimate.rows / 2;
  switch (join) {
    case 'inner':
    case 'semi':
    case 'right':
      return estimate.rows < half;
    case 'anti':
      return estimate.rows > half;
    case 'left':
    case 'full':
      return false;
  }
}

/** Where it is only asked whether there is a partner: which part of the key each column of the build side is; undefined where rows are wanted. */
function placesInKey({ join, residual, rightKeys }: PlanOf<'hashJoin'>, rightIds: readonly ColumnId[]): readonly number[] | undefined {
  if ((join !== 'semi' && join !== 'anti') || residual !== undefined) return undefined;
  const places = rightIds.map((id) => rightKeys.findIndex((key) => key.kind === 'column' && key.id === id));
  return places.length === rightKeys.length && !places.includes(-1) ? places : undefined;
}

/** The integers of a key in variables, and the test that none is NULL ('' when it needs none). */
function intKeys(p: Pipeline, keys: readonly BoundExpression[]): { readonly names: readonly string[]; readonly notNull: string } {
  const names: string[] = [];
  const tests: string[] = [];
  for (const key of keys) {
    const value = p.e.value(key);
    let name = value.code;
    if (!isSimple(name)) {
      name = p.module.name('v');
      p.w.line(`const ${name} = ${value.code};`);
    }
    names.push(name);
    if (value.nullable) tests.push(`${name} !== null`);
  }
  return { names, notNull: tests.join(' && ') };
}

/** How rows of the build side are kept. */
interface Kept {
  readonly places?: Places;
  readonly coefficients?: Coefficients;
}

/** The coefficient of a decimal of the present row, noted in `coefficients`; undefined for other columns, and where the value is there already. */
function coefficientOf(p: Pipeline, id: ColumnId, coefficients: Map<ColumnId, { readonly scale: number; readonly nullable: boolean }>): string | undefined {
  const binding = p.w.scope.find(id);
  if (binding?.kind !== 'pending' || binding.stored?.source.scaled === undefined) return undefined;
  const { source, row, rename } = binding.stored;
  const { scale, coefficient } = source.scaled!;
  coefficients.set(id, { scale, nullable: binding.nullable });
  const code = rename(coefficient(row));
  return binding.nullable ? `(${rename(source.isNull(row))} ? null : ${code})` : code;
}

/** The partners of one left row: a chain of rows from `first` (undefined: none). */
function probe(p: Pipeline, plan: Join, join: Join['join'], first: string, rightIds: readonly ColumnId[], residual: BoundExpression | undefined, consume: Consume, kept: Kept = {}, after = 'null'): void {
  const { w, module } = p;
  const { places, coefficients } = kept;
  const row = module.name('v');
  const next = after === 'null' ? `${row}[0]` : `${row}[0] ?? ${after}`;
  const condition = (): string => (residual === undefined ? 'true' : p.e.condition(residual));
  switch (join) {
    case 'semi':
    case 'anti': {
      if (residual === undefined) {
        w.block(`if (${first} ${join === 'semi' ? '!==' : '==='} undefined)`, consume);
        return;
      }
      p.settle(plan);
      const met = module.name('m');
      w.line(`let ${met} = false;`);
      w.block(`for (let ${row} = ${first} ?? null; ${row} !== null; ${row} = ${next})`, () => {
        bindTuple(p, rightIds, row, 2, undefined, coefficients);
        w.block(`if (${condition()})`, () => w.line(`${met} = true; break;`));
      });
      w.block(`if (${join === 'semi' ? '' : '!'}${met})`, () => {
        if (join === 'anti') bindNulls(p, rightIds);
        consume();
      });
      return;
    }
    case 'left':
    case 'full': {
      // One loop for both: when no partner was met, one more turn with NULLs.
      p.settle(plan);
      const met = module.name('m');
      const missing = module.name('m');
      w.line(`let ${row} = ${first} ?? null, ${met} = false;`);
      w.block('for (;;)', () => {
        w.line(`const ${missing} = ${row} === null;`);
        w.line(`if (${missing} && ${met}) break;`);
        for (const [i, id] of rightIds.entries()) {
          const coefficient = coefficients?.get(id);
          const name = `${row}[${2 + i}]`;
          w.define(id, `${missing} ? null : ${coefficient === undefined ? name : keptDatum(name, coefficient.scale, coefficient.nullable)}`, true);
        }
        w.block(residual === undefined ? '' : `if (${missing} || ${condition()})`, () => {
          w.line(`${met} = true;`);
          if (join === 'full') w.line(`if (!${missing}) ${row}[1] = true;`);
          consume();
        });
        w.line(`if (${missing}) break;`);
        w.line(`${row} = ${next};`);
      });
      return;
    }
    case 'inner':
    case 'right':
      // A left row without partners is read no further than its key.
      w.block(`if (${first} !== undefined)`, () => {
        p.settle(plan);
        w.block(`for (let ${row} = ${first}; ${row} !== null; ${row} = ${next})`, () => {
          bindTuple(p, rightIds, row, 2, places, coefficients);
          w.block(residual === undefined ? '' : `if (${condition()})`, () => {
            if (join === 'right') w.line(`${row}[1] = true;`);
            consume();
          });
        });
      });
  }
}

// ------------------------------------------------------------------------------------------------------------- nested loop

export function produceNestedLoop(p: Pipeline, plan: PlanOf<'nestedLoop'>, consume: Consume): void {
  const keepsUnmatched = plan.join === 'right' || plan.join === 'full';
  if (plan.isLateral || (!keepsUnmatched && givesOneRow(plan.left))) produceLateral(p, plan, consume);
  else produceMaterialized(p, plan, consume);
}
/** At most, so that nothing is read twice on the other side. */
function givesOneRow(plan: PhysicalPlan): boolean {
  if (plan.kind === 'filter' || plan.kind === 'project') return givesOneRow(plan.input);
  return plan.kind === 'indexScan' && isPointLookup(plan);
}

/** The right side is run for each left row, in place. */
function produceLateral(p: Pipeline, plan: PlanOf<'nestedLoop'>, consume: Consume): void {
  const { w, module } = p;
  const { join, left, right, condition } = plan;
  p.produce(left, () => {
    p.settle(plan, right);
    if (join === 'inner') {
      p.produce(right, () => p.when(condition, consume));
      return;
    }
    const rightIds = p.kept(right, plan);
    if (join === 'semi' || join === 'anti') {
      const met = module.name('m');
      const label = module.name('L');
      const depth = p.scans.length;
      w.line(`let ${met} = false;`);
      w.block(`${label}:`, () => {
        p.produce(right, () => {
          p.when(condition, () => {
            w.line(`${met} = true;`);
            p.exit(label, depth);
          });
        });
      });
      w.block(`if (${join === 'semi' ? '' : '!'}${met})`, () => {
        if (join === 'anti') bindNulls(p, rightIds);
        consume();
      });
      return;
    }
    // Left: the partners of one row are gathered, then one loop serves them or a row of NULLs.
    const list = module.name('v');
    w.line(`let ${list} = null;`);
    const single = right.kind === 'indexScan' && isPointLookup(right);
    w.block('', () => {
      p.produce(right, () => {
        p.when(condition, () => {
          const tuple = `[null, false${rightIds.map((id) => `, ${w.use(id).code}`).join('')}]`;
          if (single) w.line(`${list} = ${tuple};`);
          else w.line(`${list} = X.chain(${list}, ${tuple});`);
        });
      });
    });
    const first = module.name('v');
    w.line(`const ${first} = ${single ? list : `X.chainStart(${list})`};`);
    probe(p, plan, 'left', first, rightIds, undefined, consume);
  });
}

/**
 * The right side does not depend on the left row: its rows are kept. They are made when the first left row is there, so that over no left rows the right side is not
 * run; where the code for a left row stands several times (P3), or the right rows are wanted all the same, before.
 */
function produceMaterialized(p: Pipeline, plan: PlanOf<'nestedLoop'>, consume: Consume): void {
  const { w, module } = p;
  const { join, left, right, condition } = plan;
  const rightIds = p.kept(right, plan);
  const keepsUnmatched = join === 'right' || join === 'full';
  const rows = module.name('v');
  p.settle(plan, plan);
  w.line(`const ${rows} = new X.KeptChain(x, ${module.constant(typesOf(right, rightIds))});`);
  const fill = (): void => p.produce(right, () => w.line(`${rows}.push([null, false${rightIds.map((id) => `, ${w.use(id).code}`).join('')}]);`));
  const isEager = keepsUnmatched || repeats(left);
  const isFilled = module.name('m');
  if (isEager) w.block('', fill);
  else w.line(`let ${isFilled} = false;`);
  p.produce(left, () => {
    if (!isEager) {
      p.settle(plan, right);
      w.block(`if (!${isFilled})`, () => {
        fill();
        w.line(`${isFilled} = true;`);
      });
    }
    const first = module.name('v');
    w.line(`const ${first} = ${rows}.first();`);
    probe(p, plan, join, first, rightIds, condition, consume, {}, `${rows}.after()`);
    if (p.suspendable) w.block('if (o.tock())', () => p.yield(1));
  });
  if (keepsUnmatched) {
    const outerCopies = p.copies;
    p.copies *= 2;
    const unmatched = module.name('v');
    w.block(`for (let ${unmatched} = ${rows}.first() ?? null; ${unmatched} !== null; ${unmatched} = ${unmatched}[0] ?? ${rows}.after())`, () => {
      w.block(`if (!${unmatched}[1])`, () => {
        bindTuple(p, rightIds, unmatched, 2);
        bindNulls(p, left.output.map((column) => column.id));
        consume();
      });
    });
    p.copies = outerCopies;
  }
  w.line(`${rows}.close();`);
}

