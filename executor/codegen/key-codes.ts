/**
 * Keys as 32-bit integers (int-table.ts): integers and days as they are, stored text by the dictionary of its bytes, everything else by the dictionary of its group
 * key. A nullable integer takes a second code that says whether it is NULL.
 */
import type { Storage } from '../../base/types.js';
import { baseTypeOf, typeInfo } from '../../base/types.js';
import type { BoundExpression } from '../../planner/expression.js';
import type { Source } from './expressions.js';
import { keyOf } from './keys.js';
import { isSimple } from './module.js';
import type { PhysicalPlan } from '../../planner/physical-plan.js';
import type { Pipeline } from './pipeline.js';

export const smallIntegers: ReadonlySet<Storage> = new Set<Storage>(['int2', 'int4']);

/** Writes the codes of a key and where they come from. */
export class KeyCodes {
  /** Names of variables that hold the codes of the present row. */
  readonly codes: string[] = [];
  /** Source of the dictionaries, one of each in the order of first use. */
  readonly dictionaries: { readonly name: string; readonly source: string }[] = [];

  /** `known`: names of dictionaries that an earlier copy of the same code has made; they are used again, in their order. */
  constructor(known: readonly string[] = []) {
    this.#known = known;
  }
  readonly #known: readonly string[];

  /** The codes of `expressions`, keys of `plan`, for the present row, in variables; without `plan` none is kept with its row (Memo of scope.ts). `given`: their values, where they are computed already. */
  write(p: Pipeline, plan: PhysicalPlan | undefined, expressions: readonly BoundExpression[], given: readonly Source[] | undefined): void {
    expressions.forEach((e, i) => this.#writeOne(p, plan, e, given?.[i]));
  }

  #writeOne(p: Pipeline, plan: PhysicalPlan | undefined, e: BoundExpression, given: Source | undefined): void {
    const { w, module } = p;
    const storage = typeInfo(baseTypeOf(e.type, p.types).oid, p.types).storage;
    const code = (source: string): void => {
      const name = module.name('q');
      w.line(`const ${name} = ${source};`);
      this.codes.push(name);
    };
    const binding = given === undefined && e.kind === 'column' ? w.scope.find(e.id) : undefined;
    if (binding?.kind === 'pending' && binding.stored?.source.bytes !== undefined && (storage === 'text' || storage === 'bpchar')) {
      const { source, row, rename } = binding.stored;
      const dictionary = this.#dictionary(p, 'ByteDictionary');
      const found = `${dictionary}.${storage === 'bpchar' ? 'codeOfUnpadded' : 'codeOf'}(${rename('u8')}, ${rename(source.bytes!.start(row))}, ${rename(source.bytes!.end(row))})`;
      const known = w.temp();
      const byCode = source.code === undefined ? found : `((${known} = ${dictionary}.ofTextCode[${source.code(row)}]) !== 0 ? ${known} - 1 : ${dictionary}.remember(${source.code(row)}, ${found}))`;
      code(binding.nullable ? `(${rename(source.isNull(row))} ? -1 : ${byCode})` : byCode);
      return;
    }
    const value = given ?? p.e.value(e);
    let name = value.code;
    if (!isSimple(name)) {
      name = module.name('v');
      w.line(`const ${name} = ${value.code};`);
    }
    if (storage === 'bool') code(value.nullable ? `(${name} === null ? 2 : ${name} ? 1 : 0)` : `(${name} ? 1 : 0)`);
    else if (smallIntegers.has(storage)) {
      code(value.nullable ? `(${name} === null ? 0 : ${name})` : name);
      if (value.nullable) code(`(${name} === null ? 1 : 0)`);
    } else if (storage === 'date') {
      // Infinite days stand at the ends of the 32 bits, where no other day is.
      const day = `(${name} === Infinity ? 2147483647 : ${name} === -Infinity ? -2147483648 : ${name})`;
      code(value.nullable ? `(${name} === null ? 0 : ${day})` : day);
      if (value.nullable) code(`(${name} === null ? 1 : 0)`);
    } else {
      const found = `${this.#dictionary(p, 'ValueDictionary')}.codeOf(${keyOf(p, e, name, value.nullable)})`;
      const place = plan !== undefined && e.kind === 'column' ? p.w.scope.find(e.id)?.memo?.places.get(plan) : undefined;
      code(place === undefined ? found : `${place} ?? (${place} = ${found})`);
    }
  }

  #dictionary(p: Pipeline, kind: 'ByteDictionary' | 'ValueDictionary'): string {
    const name = this.#known[this.dictionaries.length] ?? p.module.name('d');
    this.dictionaries.push({ name, source: `new X.${kind}()` });
    return name;
  }
}

/** The arguments by which an IntTable's methods take codes, after the method's name ending: `1(a)`, `2(a, b)`, `(key)` with the codes put into `scratch`. */
export function tableCall(codes: readonly string[], scratch: string): { readonly suffix: string; readonly args: string } {
  if (codes.length === 1 || codes.length === 2) return { suffix: `${codes.length}`, args: codes.join(', ') };
  return { suffix: '', args: `(${codes.map((code, i) => `${scratch}[${i}] = ${code}`).join(', ')}, ${scratch})` };
}
