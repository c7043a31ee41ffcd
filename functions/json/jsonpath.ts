/** The functions and operators of jsonpath: jsonb_path_exists, _match, _query, _query_array, _query_first, each with a _tz twin that may use the session's zone; @? and @@. */
import type { Datum } from '../../base/datum.js';
import { DbError } from '../../base/errors.js';
import { Jsonb, JsonbObject, type JsonbValue } from '../../base/jsonb.js';
import { operator, scalar, setReturning } from '../define.js';
import { PathDatetime } from './jsonpath-datetime.js';
import { PathError, PathRun, type PathItem } from './jsonpath-execute.js';
import { parseJsonPath } from './jsonpath-parse.js';
import type { EvalContext, FunctionDef, OperatorDef } from '../registry.js';

const noVariables = new JsonbObject([], []);

function runOf(document: Jsonb, path: string, variables: Jsonb | undefined, zoneContext: EvalContext | undefined): PathRun {
  const given = variables?.value ?? noVariables;
  if (!(given instanceof JsonbObject)) {
    throw new DbError('22023', '"vars" argument is not an object', { detail: 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.' });
  }
  return new PathRun(parseJsonPath(path), document.value, given, zoneContext);
}

const treeOf = (item: PathItem): JsonbValue => (item instanceof PathDatetime ? item.toString() : item);

function exists(document: Jsonb, path: string, variables: Jsonb | undefined, isSilent: boolean, zoneContext: EvalContext | undefined): boolean | null {
  const run = runOf(document, path, variables, zoneContext);
  try {
    return run.exists();
  } catch (error) {
    if (isSilent && error instanceof PathError) return null;
    throw error;
  }
}

function match(document: Jsonb, path: string, variables: Jsonb | undefined, isSilent: boolean, zoneContext: EvalContext | undefined): boolean | null {
  const run = runOf(document, path, variables, zoneContext);
  const { found, hasFailed } = run.items(isSilent);
  if (hasFailed) return null;
  if (found.length === 1 && (typeof found[0] === 'boolean' || found[0] === null)) return found[0];
  if (!isSilent) throw new DbError('22038', 'single boolean result is expected');
  return null;
}

function query(document: Jsonb, path: string, variables: Jsonb | undefined, isSilent: boolean, zoneContext: EvalContext | undefined): JsonbValue[] {
  return runOf(document, path, variables, zoneContext).items(isSilent).found.map(treeOf);
}

type Query<T> = (document: Jsonb, path: string, variables: Jsonb | undefined, isSilent: boolean, zoneContext: EvalContext | undefined) => T;

const names = ['target', 'path', 'vars', 'silent'];

/** `name` and `name_tz`. */
function twins(name: string, returns: string, run: Query<Datum>): FunctionDef[] {
  return [false, true].map((usesZone) =>
    scalar(usesZone ? `${name}_tz` : name, 'jsonb jsonpath jsonb bool', returns,
      (document: Jsonb, path: string, variables: Jsonb | undefined, isSilent: boolean | undefined, ctx: EvalContext) => run(document, path, variables, isSilent === true, usesZone ? ctx : undefined),
      { defaultCount: 2, names, volatility: usesZone ? 'stable' : 'immutable' }));
}

const first: Query<Datum> = (...args) => {
  const [value] = query(...args);
  return value === undefined ? null : new Jsonb(value);
};

export const jsonPathFunctions = (): readonly FunctionDef[] => [
  ...twins('jsonb_path_exists', 'bool', exists),
  ...twins('jsonb_path_match', 'bool', match),
  ...twins('jsonb_path_query_array', 'jsonb', (...args) => new Jsonb(query(...args))),
  ...twins('jsonb_path_query_first', 'jsonb', first),
  ...[false, true].map((usesZone) =>
    setReturning(usesZone ? 'jsonb_path_query_tz' : 'jsonb_path_query', 'jsonb jsonpath jsonb bool', 'jsonb',
      ([document, path, variables, isSilent], ctx) => query(document as Jsonb, path as string, variables as Jsonb | undefined, isSilent === true, usesZone ? ctx : undefined).map((value) => new Jsonb(value)),
      { defaultCount: 2, names, volatility: usesZone ? 'stable' : 'immutable' })),
];

export const jsonPathOperators = (): readonly OperatorDef[] => [
  operator('@?', 'jsonb', 'jsonpath', 'bool', (document: Jsonb, path: string) => exists(document, path, undefined, true, undefined), { functionName: 'jsonb_path_exists_opr' }),
  operator('@@', 'jsonb', 'jsonpath', 'bool', (document: Jsonb, path: string) => match(document, path, undefined, true, undefined), { functionName: 'jsonb_path_match_opr' }),
];
