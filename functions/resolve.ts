/**
 * Choosing among overloads, as PostgreSQL does: which casts are allowed where, which candidate fits best, what polymorphic types stand for, which
 * common type several expressions share. Pure functions over the catalogue and a type registry; the binder adds positions and messages.
 *
 * V1  An exact match wins. Otherwise candidates that implicit casts can reach; of these those with most exact matches, then with most exact or
 *     preferred types; untyped literals are taken for a string, or for the category all candidates agree on, or for the one known type.
 * V2  `unknown` (an untyped literal or parameter) can become anything.
 *
 * Source: PostgreSQL's parse_func.c (func_match_argtypes, func_select_candidate), parse_oper.c, parse_coerce.c.
 */
import { baseTypeOf, isPolymorphic, sqlType, typeInfo, TypeOid, type TypeRegistry } from '../base/types.js';
import { bindPolymorphic, type PolymorphicBinding } from './polymorphic.js';
import { multirangeCast } from './range.js';
import type { CastContext, CastDef, FunctionDef, OperatorDef } from './registry.js';

const contextRank: Readonly<Record<CastContext, number>> = { implicit: 0, assignment: 1, explicit: 2 };

/** How a value of one type becomes one of another. `array`: element by element with `element`. */
export type CastPath = { readonly kind: 'relabel' } | { readonly kind: 'cast'; readonly cast: CastDef } | { readonly kind: 'io' } | { readonly kind: 'array'; readonly element: CastPath };

export class Resolver {
  readonly types: TypeRegistry;
  readonly #castBetween: (source: number, target: number) => CastDef | undefined;

  constructor(castBetween: (source: number, target: number) => CastDef | undefined, types: TypeRegistry) {
    this.#castBetween = castBetween;
    this.types = types;
  }

  #base(oid: number): number {
    return baseTypeOf(sqlType(oid), this.types).oid;
  }
  #category(oid: number): string {
    return typeInfo(oid, this.types).category;
  }
  #isPreferred(category: string, oid: number): boolean {
    const info = typeInfo(oid, this.types);
    return info.category === category && info.isPreferred;
  }

  /** The way from `source` to `target` in `context`, undefined when there is none. Domains count as their base types. */
  castPath(source: number, target: number, context: CastContext): CastPath | undefined {
    const from = this.#base(source);
    const to = this.#base(target);
    if (from === to) return { kind: 'relabel' };
    const cast = this.#castBetween(from, to);
    if (cast !== undefined) {
      if (contextRank[context] < contextRank[cast.context]) return undefined;
      return cast.method === 'binary' ? { kind: 'relabel' } : { kind: 'cast', cast };
    }
    const fromInfo = typeInfo(from, this.types);
    const toInfo = typeInfo(to, this.types);
    if (fromInfo.elementOid !== 0 && toInfo.elementOid !== 0 && fromInfo.storage === 'array' && toInfo.storage === 'array') {
      const element = this.castPath(fromInfo.elementOid, toInfo.elementOid, context);
      return element === undefined ? undefined : element.kind === 'relabel' ? { kind: 'relabel' } : { kind: 'array', element };
    }
    if (to === TypeOid.record) return undefined;
    // Of a range type of the user, which the catalogue does not have.
    if (fromInfo.multirangeOid === to && context === 'explicit') return { kind: 'cast', cast: multirangeCast(from, to) };
    if (contextRank[context] >= contextRank.assignment && toInfo.category === 'S') return { kind: 'io' };
    if (contextRank[context] >= contextRank.explicit && fromInfo.category === 'S') return { kind: 'io' };
    return undefined;
  }

  /** Whether arguments of `sources` may be given where `targets` are declared. Polymorphic targets are checked for consistency. */
  canCoerce(sources: readonly number[], targets: readonly number[], context: CastContext): boolean {
    let hasPolymorphic = false;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      const target = targets[i]!;
      if (source === target || target === TypeOid.any) continue;
      if (isPolymorphic(target)) {
        hasPolymorphic = true;
        continue;
      }
      if (source === TypeOid.unknown) continue;
      if (this.castPath(source, target, context) !== undefined) continue;
      const targetInfo = typeInfo(target, this.types);
      if (source === TypeOid.record && typeInfo(this.#base(target), this.types).kind === 'composite') continue;
      if (target === TypeOid.record && typeInfo(this.#base(source), this.types).storage === 'record') continue;
      if (target === TypeOid.recordArray && targetInfo.elementOid !== 0 && typeInfo(this.#base(source), this.types).storage === 'array') continue;
      return false;
    }
    return !hasPolymorphic || this.bindPolymorphic(sources, targets) !== undefined;
  }

  /**
   * What the polymorphic ones among `declared` stand for, given actual arguments: the concrete argument types, and `resolve` for the return type.
   * Undefined when they contradict one another, or nothing is known of an enum.
   */
  bindPolymorphic(actual: readonly number[], declared: readonly number[]): PolymorphicBinding | undefined {
    return bindPolymorphic(this.types, (given) => this.commonType(given), actual, declared);
  }

  /**
   * The type of UNION columns, CASE branches, array elements, COALESCE: the first that all others reach implicitly, within one category and preferring
   * its preferred type; `text` when all are unknown. Undefined: the types cannot be matched.
   */
  commonType(given: readonly number[]): number | undefined {
    const known = given.filter((oid) => oid !== TypeOid.unknown);
    if (known.length === 0) return TypeOid.text;
    if (known.every((oid) => oid === known[0])) return known[0];
    let chosen = this.#base(known[0]!);
    let category = this.#category(chosen);
    let isPreferred = typeInfo(chosen, this.types).isPreferred;
    for (const oid of known.slice(1)) {
      const next = this.#base(oid);
      if (next === chosen) continue;
      if (this.#category(next) !== category) return undefined;
      if (!isPreferred && this.canCoerce([chosen], [next], 'implicit') && !this.canCoerce([next], [chosen], 'implicit')) {
        chosen = next;
        category = this.#category(chosen);
        isPreferred = typeInfo(chosen, this.types).isPreferred;
      }
    }
    return known.every((oid) => this.canCoerce([this.#base(oid)], [chosen], 'implicit')) ? chosen : undefined;
  }

  /** Chooses the function for a call. `candidates` have the name asked for. */
  resolveFunction(candidates: readonly FunctionDef[], args: readonly number[], options: { readonly isVariadicCall?: boolean; readonly argNames?: readonly (string | undefined)[] } = {}): FunctionMatch | 'none' | 'ambiguous' {
    const shapes: FunctionMatch[] = [];
    for (const definition of candidates) {
      const shape = this.#shape(definition, args, options.isVariadicCall === true, options.argNames);
      if (shape !== undefined) shapes.push(shape);
    }
    // Of the same actual signature the one without VARIADIC expansion and with fewer defaults is meant.
    const distinct = dropShadowed(shapes);
    const chosen = this.#choose(distinct, (shape) => shape.declared, args);
    if (typeof chosen === 'string') return chosen;
    return this.#concrete(chosen, args);
  }

  #shape(definition: FunctionDef, args: readonly number[], isVariadicCall: boolean, names: readonly (string | undefined)[] | undefined): FunctionMatch | undefined {
    const { args: declared, variadic, defaultCount } = definition;
    const count = args.length;
    const order = names !== undefined && names.some((name) => name !== undefined) ? argumentOrder(definition, names) : undefined;
    if (names !== undefined && names.some((name) => name !== undefined) && order === undefined) return undefined;
    // The elements of an array that is made have no names.
    if (order !== undefined && variadic && !isVariadicCall) return undefined;
    const base = { function: definition, order, returnType: definition.returns, expandedFrom: -1, isUndetermined: false };
    if (order !== undefined) {
      // Positions that no argument fills must have defaults.
      const filled = new Set(order);
      for (let i = 0; i < declared.length - defaultCount; i++) if (!filled.has(i)) return undefined;
      return { ...base, declared: order.map((i) => declared[i]!) };
    }
    if (variadic && !isVariadicCall) {
      const fixed = declared.length - 1;
      if (count > fixed || (count === fixed && defaultCount === 0 && declared[fixed] === TypeOid.any)) {
        const last = declared[fixed]!;
        const element = last === TypeOid.any ? TypeOid.any : last === TypeOid.anyarray ? TypeOid.anyelement : last === TypeOid.anycompatiblearray ? TypeOid.anycompatible : typeInfo(last, this.types).elementOid;
        if (count < fixed) return undefined;
        return { ...base, declared: [...declared.slice(0, fixed), ...Array.from({ length: count - fixed }, () => element)], expandedFrom: fixed };
      }
    }
    if (count > declared.length || count < declared.length - defaultCount) return undefined;
    return { ...base, declared: declared.slice(0, count) };
  }

  #concrete(match: FunctionMatch, args: readonly number[]): FunctionMatch {
    if (!match.declared.some(isPolymorphic)) return match;
    const binding = this.bindPolymorphic(args, match.declared);
    if (binding === undefined) return match;
    return { ...match, declared: binding.args, returnType: binding.resolve(match.function.returns), isUndetermined: binding.isUndetermined };
  }

  /** Chooses the operator; `left` undefined for a prefix operator. */
  resolveOperator(candidates: readonly OperatorDef[], left: number | undefined, right: number): OperatorMatch | 'none' | 'ambiguous' {
    const given = left === undefined ? [right] : [left, right];
    const fitting = candidates.filter((op) => (op.left === undefined) === (left === undefined));
    const declaredOf = (op: OperatorDef): number[] => (op.left === undefined ? [op.right] : [op.left, op.right]);
    const exact = (types: readonly number[]): OperatorDef | undefined => fitting.find((op) => declaredOf(op).every((oid, i) => oid === types[i]));
    let chosen = exact(given);
    if (chosen === undefined && left !== undefined) {
      // An untyped operand is first taken for the other one's type.
      const known = left === TypeOid.unknown ? right : right === TypeOid.unknown ? left : undefined;
      if (known !== undefined) chosen = exact([known, known]) ?? exact([this.#base(known), this.#base(known)]);
    }
    if (chosen === undefined) {
      const found = this.#choose(fitting, declaredOf, given);
      if (typeof found === 'string') return found;
      chosen = found;
    }
    const declared = declaredOf(chosen);
    if (!declared.some(isPolymorphic)) return { operator: chosen, declared, resultType: chosen.result };
    const binding = this.bindPolymorphic(given, declared);
    if (binding === undefined) return 'none';
    return { operator: chosen, declared: binding.args, resultType: binding.resolve(chosen.result) };
  }

  /** func_match_argtypes and func_select_candidate (V1). */
  #choose<T>(candidates: readonly T[], declaredOf: (candidate: T) => readonly number[], given: readonly number[]): T | 'none' | 'ambiguous' {
    const exact = candidates.filter((candidate) => declaredOf(candidate).every((oid, i) => oid === given[i]));
    if (exact.length === 1) return exact[0]!;
    let left = candidates.filter((candidate) => this.canCoerce(given, declaredOf(candidate), 'implicit'));
    if (left.length === 0) return 'none';
    if (left.length === 1) return left[0]!;

    const bases = given.map((oid) => (oid === TypeOid.unknown ? oid : this.#base(oid)));
    const isKnown = (i: number): boolean => bases[i] !== TypeOid.unknown;
    const best = (score: (candidate: T) => number): void => {
      const scores = left.map(score);
      const top = Math.max(...scores);
      left = left.filter((_, i) => scores[i] === top);
    };
    const count = (candidate: T, holds: (oid: number, i: number) => boolean): number => declaredOf(candidate).reduce((sum, oid, i) => sum + (isKnown(i) && holds(oid, i) ? 1 : 0), 0);
    best((candidate) => count(candidate, (oid, i) => oid === bases[i]));
    if (left.length === 1) return left[0]!;
    best((candidate) => count(candidate, (oid, i) => oid === bases[i] || this.#isPreferred(this.#category(bases[i]!), oid)));
    if (left.length === 1) return left[0]!;
    const unknowns = bases.flatMap((oid, i) => (oid === TypeOid.unknown ? [i] : []));
    if (unknowns.length === 0) return 'ambiguous';

    const slots = unknowns.map((i) => this.#unknownCategory(left.map((candidate) => declaredOf(candidate)[i]!)));
    if (slots.every((slot) => slot !== undefined)) {
      const kept = left.filter((candidate) =>
        unknowns.every((i, s) => {
          const oid = declaredOf(candidate)[i]!;
          const slot = slots[s]!;
          return this.#category(oid) === slot.category && (!slot.hasPreferred || typeInfo(oid, this.types).isPreferred);
        }),
      );
      if (kept.length > 0) left = kept;
      if (left.length === 1) return left[0]!;
    }

    const known = new Set(bases.filter((oid) => oid !== TypeOid.unknown));
    if (known.size === 1) {
      const only = [...known][0]!;
      const assumed = bases.map(() => only);
      const fitting = left.filter((candidate) => this.canCoerce(assumed, declaredOf(candidate), 'implicit'));
      if (fitting.length === 1) return fitting[0]!;
    }
    return 'ambiguous';
  }

  /** The category an untyped argument is taken for: string if any candidate takes one, else the one they agree on; undefined when they differ. */
  #unknownCategory(declared: readonly number[]): { readonly category: string; readonly hasPreferred: boolean } | undefined {
    let category: string | undefined;
    let hasPreferred = false;
    let isConflict = false;
    for (const oid of declared) {
      const info = typeInfo(oid, this.types);
      if (category === undefined) {
        category = info.category;
        hasPreferred = info.isPreferred;
      } else if (info.category === category) hasPreferred = hasPreferred || info.isPreferred;
      else if (info.category === 'S') {
        category = 'S';
        hasPreferred = info.isPreferred;
        isConflict = false;
      } else if (category !== 'S') isConflict = true;
    }
    return category === undefined || (isConflict && category !== 'S') ? undefined : { category, hasPreferred };
  }
}


export interface FunctionMatch {
  readonly function: FunctionDef;
  /** Type each given argument must be coerced to (`any`: leave it). */
  readonly declared: readonly number[];
  readonly returnType: number;
  /** With named arguments: the parameter position of each argument. */
  readonly order: readonly number[] | undefined;
  /** Arguments from here on are elements of the VARIADIC array; -1 when not expanded. */
  readonly expandedFrom: number;
  /** Nothing says what anyelement is. */
  readonly isUndetermined: boolean;
}

export interface OperatorMatch {
  readonly operator: OperatorDef;
  readonly declared: readonly number[];
  readonly resultType: number;
}

/** One number for a pair of oids. */
export function castKey(source: number, target: number): number {
  return source * 4294967296 + target;
}

/** Parameter position of each argument, positional ones first; undefined when a name is not there or given twice. */
function argumentOrder(definition: FunctionDef, names: readonly (string | undefined)[]): number[] | undefined {
  const order: number[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const position = name === undefined ? i : (definition.argNames?.indexOf(name) ?? -1);
    if (position < 0 || position >= definition.args.length || order.includes(position)) return undefined;
    order.push(position);
  }
  return order;
}

function dropShadowed(shapes: readonly FunctionMatch[]): FunctionMatch[] {
  return shapes.filter((shape, i) => {
    const rank = (match: FunctionMatch): number => (match.expandedFrom >= 0 ? 1000 : 0) + (match.function.args.length - match.declared.length);
    return !shapes.some((other, j) => j !== i && other.declared.length === shape.declared.length && other.declared.every((oid, k) => oid === shape.declared[k]) && (rank(other) < rank(shape) || (rank(other) === rank(shape) && j < i)));
  });
}
