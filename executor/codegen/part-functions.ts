/**
 * Parts of a plan as functions of their own. A plan written as one function is large, and V8 compiles it whole: once while its first loop is hot and nothing is known of the
 * others, and again for each of those. Its parts are small, are known after the first batches, and are compiled once. The loop over the rows of one *batch* becomes a
 * function that is called batch after batch; the *loop* over all batches of a scan a generator in which nothing follows the loop, for V8 compiles it while it runs for the
 * first time, and code that was made when the rest had never run is thrown away as soon as that is reached; a *pipeline*, which takes in all rows of one input (a build side,
 * the rows of groups or of a sort), becomes a generator where it may give way.
 *
 * F1  A part does not leave the loop that it stands in: it has no `return` and no `break` to a label outside. A batch has no `yield`, the others have one. Others stay where they are.
 * F2  Names are unique within a plan. Those a part reads are its parameters; those it assigns it also leaves in `state`, from where the caller takes them at once,
 *     so that runs of one plan within each other or in turn do not meet. A loop leaves them at the end of each round, after which it either ends or runs another to its end;
 *     for one without a round the caller has put them there.
 * F3  Temporaries hold nothing from row to row (E1 of expressions.ts), so each function has its own. What is kept for the whole run is in cells (`Writer.cell`).
 */
import type { Part, Writer } from './scope.js';

/** Moves the parts that `w` has noted into functions of the module. To be called when all is written. `given`: names the plan's function has beside those it declares. */
export function extractParts(w: Writer, given: readonly string[]): void {
  if (w.parts.length === 0) return;
  const declared = new Set([...given, ...declaredNames(w.prologue.toString()), ...declaredNames(w.code.toString()), ...w.cells]);
  // Of batches within each other the outer one, with all that is in it; of loops and pipelines each by itself, the inner ones first.
  const gone = new Set<Part | undefined>();
  for (const part of w.parts) {
    if (!gone.has(part.within)) {
      if (part.kind !== 'batch') continue;
      const text = part.code.toString();
      if (!isClosed(text) || /\byield\b/.test(text)) continue;
      extract(w, part, text, declared);
    }
    gone.add(part);
  }
  for (const part of [...w.parts].reverse()) {
    if (part.kind === 'batch' || gone.has(part)) continue;
    const text = part.code.toString();
    if (isClosed(text) && /\byield\b/.test(text)) extract(w, part, text, declared);
  }
}

/** `declared`: the names of the whole plan, of which those that the part uses and does not declare are declared around it (F2). */
function extract(w: Writer, part: Part, text: string, declared: ReadonlySet<string>): void {
  const { module } = w;
  const names = new Set(identifiers(text));
  const own = declaredNames(text);
  const parameters = [...names].filter((name) => declared.has(name) && !own.has(name));
  const everAssigned = assignedNames(text);
  const assigned = parameters.filter((name) => everAssigned.has(name));
  const temps = w.temps.filter((name) => names.has(name));
  const name = module.name(part.kind);
  const state = module.name('z');
  const { code, roundEnd } = part;
  const leave = assigned.map((each) => `${state}.${each} = ${each};`).join(' ');
  if (assigned.length > 0) {
    module.prelude.line(`const ${state} = { ${assigned.map((each) => `${each}: undefined`).join(', ')} };`);
    (roundEnd ?? code).line(leave);
  }
  const body = code.toString();
  const isGenerator = part.kind !== 'batch';
  module.prelude.block(`function${isGenerator ? '*' : ''} ${name}(${parameters.join(', ')})`, () => {
    if (temps.length > 0) module.prelude.line(`let ${temps.join(', ')};`);
    module.prelude.line(body);
  });
  code.clear();
  if (roundEnd !== undefined) code.line(leave);
  code.line(`${isGenerator ? 'yield* ' : ''}${name}(${parameters.join(', ')});`);
  for (const each of assigned) code.line(`${each} = ${state}.${each};`);
}

/** F1. A `return` with a value is an arrow function's. */
function isClosed(text: string): boolean {
  if (/\breturn;/.test(text)) return false;
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

/** Names that generated source assigns something to, those that it declares among them. */
function assignedNames(text: string): Set<string> {
  const assignments = /(?<![\w$.])([A-Za-z_$][\w$]*)(?: (?:[-+*/%&|^]|\?\?)?=(?![=>])|\+\+|--)|(?:\+\+|--)([A-Za-z_$][\w$]*)/g;
  return new Set([...text.matchAll(assignments)].map(([, before, after]) => before ?? after!));
}
