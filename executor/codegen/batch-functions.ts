/**
 * The loop over the rows of one batch as a function of its own. A plan written as one function is large, and V8 compiles it whole: once while its first loop is
 * hot and nothing is known of the others, and again for each of those. Its parts are small, are known after the first batches, and are compiled once; what is left
 * of the plan opens scans, calls them batch after batch and gives way between two.
 *
 * F1  A part neither gives way nor leaves the loop that it stands in: it has no `yield`, no `return` and no `break` to a label outside. Others stay where they are.
 * F2  Names are unique within a plan. Those a part reads are its parameters; those it assigns it also leaves in `state`, from where the caller takes them at once,
 *     so that runs of one plan within each other do not meet.
 * F3  Temporaries hold nothing from row to row (E1 of expressions.ts), so each function has its own. What is kept for the whole run is in cells (`Writer.cell`).
 */
import type { Code } from './module.js';
import type { BatchCode, Writer } from './scope.js';

/** Moves the parts that `w` has noted into functions of the module. To be called when all is written. `given`: names the plan's function has beside those it declares. */
export function extractBatches(w: Writer, given: readonly string[]): void {
  const extracted = new Set<BatchCode | undefined>();
  for (const batch of w.batches) {
    const text = batch.code.toString();
    if (!extracted.has(batch.within)) {
      if (!isClosed(text)) continue;
      extract(w, batch.code, text, given);
    }
    extracted.add(batch);
  }
}

function extract(w: Writer, part: Code, text: string, given: readonly string[]): void {
  part.clear();
  const { module } = w;
  const names = new Set(identifiers(text));
  const own = declaredNames(text);
  const outer = new Set([...given, ...declaredNames(w.prologue.toString()), ...declaredNames(w.code.toString()), ...w.cells]);
  const parameters = [...names].filter((name) => outer.has(name) && !own.has(name));
  const assigned = parameters.filter((name) => isAssigned(name, text));
  const temps = w.temps.filter((name) => names.has(name));
  const name = module.name('batch');
  const state = module.name('z');
  if (assigned.length > 0) module.prelude.line(`const ${state} = { ${assigned.map((each) => `${each}: undefined`).join(', ')} };`);
  module.prelude.block(`function ${name}(${parameters.join(', ')})`, () => {
    if (temps.length > 0) module.prelude.line(`let ${temps.join(', ')};`);
    module.prelude.line(text);
    for (const each of assigned) module.prelude.line(`${state}.${each} = ${each};`);
  });
  part.line(`${name}(${parameters.join(', ')});`);
  for (const each of assigned) part.line(`${each} = ${state}.${each};`);
}

/** F1 */
function isClosed(text: string): boolean {
  if (/\b(?:yield|return)\b/.test(text)) return false;
  return [...text.matchAll(/\bbreak (\w+)/g)].every(([, label]) => new RegExp(`\\b${label}:`).test(text));
}

const withoutStrings = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"/g, '""');

/** Identifiers that are no properties of something, nor names of those in a literal, which stand right before a colon as labels do. */
function identifiers(text: string): string[] {
  return withoutStrings(text).match(/(?<![\w$.])[A-Za-z_$][\w$]*(?![\w$:])/g) ?? [];
}

/** Names that declarations in generated source introduce: `const a = ..., b = ...;`, also at the head of a loop. */
export function declaredNames(text: string): Set<string> {
  const names = new Set<string>();
  for (const [, list] of withoutStrings(text).matchAll(/\b(?:const|let) (.*)/g)) {
    // Commas within parentheses of any kind separate no declarations.
    let depth = 0;
    let isName = true;
    for (const [token] of list!.matchAll(/[A-Za-z_$][\w$]*|[^\s\w$]/g)) {
      if (isName) names.add(token);
      isName = token === ',' && depth === 0;
      if ('([{'.includes(token)) depth++;
      else if (')]}'.includes(token) && --depth < 0) break;
      else if (token === ';') break;
    }
  }
  return names;
}

function isAssigned(name: string, text: string): boolean {
  const plain = name.replaceAll('$', '\\$');
  return new RegExp(`(?<![\\w$.])${plain}(?: (?:[-+*/%&|^]|\\?\\?)?=(?![=>])|\\+\\+|--)|(?:\\+\\+|--)${plain}\\b`).test(text);
}
