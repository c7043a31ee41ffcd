/**
 * COLLATE in expressions. All collations here order by code point, so the name changes no result; what it must not do is contradict another one: the
 * collation of an explicit COLLATE goes up through calls, casts and conditionals to the first result that is not text, and where two of them meet
 * PostgreSQL refuses the statement (42P21).
 *
 * Source. parse_collate.c.
 */
import { DbError } from '../base/errors.js';
import { baseTypeOf, typeInfo, TypeOid, type SqlType, type TypeRegistry } from '../base/types.js';
import type { Binder } from './binder-context.js';
import { forEachChild } from './expression-tools.js';
import type { BoundExpression, ColumnId } from './expression.js';
import type { QueryLevel } from './scope.js';

/**
 * The collation of an expression by name: that of an explicit COLLATE, or of the columns that it is made of; 'default' for that of its type, undefined where two
 * columns do not agree or it has none.
 */
export function collationName(level: QueryLevel, e: BoundExpression): string | undefined {
  const explicit = level.binder.collated?.collationOf(e)?.name;
  if (explicit !== undefined) return explicit;
  const { types } = level.binder;
  if (!isCollatable(e.type, types)) return undefined;
  if (e.kind === 'column') return columnCollation(level, e.id) ?? ownCollation(e.type, types);
  const names = new Set<string>();
  let isOfInputs = false;
  forEachChild(e, (child) => {
    if (!isCollatable(child.type, types)) return;
    isOfInputs = true;
    const name = collationName(level, child);
    if (name !== undefined && name !== 'default') names.add(name);
  });
  if (!isOfInputs) return ownCollation(e.type, types);
  return names.size > 1 ? undefined : (names.values().next().value ?? 'default');
}

/** Whether values of a type are compared by a collation: texts, and arrays of them. */
function isCollatable(type: SqlType, types: TypeRegistry): boolean {
  const { category, elementOid } = typeInfo(type.oid, types);
  return category === 'S' || (elementOid !== 0 && typeInfo(elementOid, types).category === 'S');
}

/** The collation that a type brings along where nothing else says one. */
function ownCollation(type: SqlType, types: TypeRegistry): string {
  const { oid } = baseTypeOf(type, types);
  return oid === TypeOid.name || typeInfo(oid, types).elementOid === TypeOid.name ? 'C' : 'default';
}

function columnCollation(level: QueryLevel, id: ColumnId): string | undefined {
  for (let at: QueryLevel | undefined = level; at !== undefined; at = at.parent) {
    for (const { table, columns } of at.entries) {
      const position = columns.findIndex((column) => column.id === id);
      if (position >= 0 && table !== undefined) return table.columns.filter((column) => !column.isDropped)[position]?.collation;
    }
  }
  return undefined;
}

export interface Collation {
  readonly name: string;
  readonly offset: number;
}

/** Those of a select list. */
export const collationsOf = ({ collated }: Binder, shown: readonly BoundExpression[]): readonly (Collation | null)[] | undefined => (collated === undefined ? undefined : shown.map((e) => collated.collationOf(e)));

/** What two explicit collations come to. @throws DbError 42P21 */
export function agreed(one: Collation | null, other: Collation | null): Collation | null {
  if (one !== null && other !== null && one.name !== other.name) {
    throw new DbError('42P21', `collation mismatch between explicit collations "${one.name}" and "${other.name}"`, { offset: other.offset });
  }
  return other ?? one;
}

export class ExplicitCollations {
  readonly #types: TypeRegistry;
  /** What is known of an expression; null: no explicit collation. */
  readonly #known = new WeakMap<BoundExpression, Collation | null>();

  constructor(types: TypeRegistry) {
    this.#types = types;
  }

  /** `e` as the operand of COLLATE, an object of its own. */
  mark(e: BoundExpression, name: string, offset: number): BoundExpression {
    this.collationOf(e);
    const marked = { ...e };
    this.#known.set(marked, { name, offset });
    return marked;
  }

  /** `e` as the result of something over `inputs`, which it does not show: an aggregate, a window function, NULLIF. @throws DbError 42P21 */
  carry(e: BoundExpression, inputs: readonly BoundExpression[]): BoundExpression {
    this.#known.set(e, this.#passedOn(e.type, this.together(inputs)));
    return e;
  }

  /** The explicit collation of a result. @throws DbError 42P21 where two meet below */
  collationOf(e: BoundExpression): Collation | null {
    let found = this.#known.get(e);
    if (found === undefined) this.#known.set(e, (found = this.#compute(e)));
    return found;
  }

  #compute(e: BoundExpression): Collation | null {
    switch (e.kind) {
      case 'constant':
      case 'parameter':
      case 'column':
      case 'subquery':
        return null;
      case 'case': {
        for (const branch of e.branches) this.collationOf(branch.when);
        return this.#passedOn(e.type, this.together([...e.branches.map((branch) => branch.then), e.otherwise]));
      }
      case 'row':
        for (const field of e.fields) this.collationOf(field);
        return null;
      case 'rowCompare':
        e.left.forEach((left, i) => this.together([left, e.right[i]!]));
        return null;
      default: {
        const children: BoundExpression[] = [];
        forEachChild(e, (child) => children.push(child));
        return this.#passedOn(e.type, this.together(children));
      }
    }
  }

  /** The one collation of several inputs. @throws DbError 42P21 */
  together(inputs: readonly BoundExpression[]): Collation | null {
    let one: Collation | null = null;
    for (const input of inputs) one = agreed(one, this.collationOf(input));
    return one;
  }

  #passedOn(type: SqlType, collation: Collation | null): Collation | null {
    if (collation === null) return null;
    return isCollatable(type, this.#types) ? collation : null;
  }
}
