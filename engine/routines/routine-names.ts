/** Functions by name, as regproc (`lower`) and regprocedure (`lower(text)`) write and read them. */
import { DbError } from '../../base/errors.js';
import { sqlType } from '../../base/types.js';
import type { FunctionDef } from '../../functions/registry.js';
import { quoteIdentifier as quoteName } from '../../parser/print-names.js';
import { splitName } from '../../parser/split-name.js';
import type { Backend } from '../backend.js';
import type { FunctionRecord } from '../catalog/catalog-objects.js';
import { SchemaOid } from '../catalog/catalog-objects.js';
import { inputParameters } from './routine-shape.js';
import { typeFunctionNames } from '../system-catalog/type-shape.js';
import { typeText } from '../type-text.js';

const inputTypes = (record: FunctionRecord): readonly number[] => inputParameters(record).map((p) => p.type);
const isSame = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((type, i) => type === b[i]);

/**
 * The function that `text` names, undefined when there is none; with arguments as regprocedure wants them, without as regproc does.
 * @throws DbError 42725 when a name without arguments stands for several, 42602 when it is no name
 */
export function routineOid(backend: Backend, text: string, withArguments: boolean): number | undefined {
  const open = text.indexOf('(');
  if (withArguments && (open < 0 || !text.trimEnd().endsWith(')'))) throw new DbError('22P02', open < 0 ? 'expected a left parenthesis' : 'expected a right parenthesis');
  const parts = splitName(withArguments ? text.slice(0, open) : text);
  const name = parts.at(-1)!;
  const wanted = withArguments ? argumentTypes(backend, text.slice(open + 1, text.lastIndexOf(')'))) : undefined;
  const catalog = backend.catalog();
  const schemas = parts.length > 1 ? [catalog.schemaOid(parts.at(-2)!)] : catalog.path;
  const found: { readonly oid: number; readonly types: readonly number[] }[] = [];
  for (const schema of schemas) {
    const here = schema === SchemaOid.pgCatalog
      ? backend.instance.system.builtinsNamed(name).map(({ oid, definition }) => ({ oid, types: definition.args }))
      : backend.draft.functionsNamed(name).filter((record) => record.schema === schema).map((record) => ({ oid: record.oid, types: inputTypes(record) }));
    // A function earlier in the path hides one of the same arguments.
    for (const candidate of here) if (!found.some((earlier) => isSame(earlier.types, candidate.types))) found.push(candidate);
  }
  if (wanted !== undefined) return found.find((candidate) => isSame(candidate.types, wanted))?.oid;
  if (found.length > 1) throw new DbError('42725', `more than one function named "${text}"`);
  return found[0]?.oid;
}

function argumentTypes(backend: Backend, list: string): number[] {
  if (list.trim() === '') return [];
  return list.split(/,(?![^(]*\))/).map((text) => {
    const oid = backend.system.typeOid(text.trim());
    if (oid === undefined) throw new DbError('42704', `type "${text.trim()}" does not exist`);
    return oid;
  });
}

/** Its name, with its schema unless the search path finds it; a number that is no function stays one. */
export function routineText(backend: Backend, oid: number, withArguments: boolean): string {
  if (oid === 0) return '-';
  const record = backend.draft.get(oid);
  const builtin = record === undefined ? backend.instance.system.builtin(oid) : undefined;
  if (builtin === undefined && record?.kind !== 'function') return typeFunctionNames.get(oid) ?? String(oid);
  const types = record?.kind === 'function' ? inputTypes(record) : builtin!.args;
  const name = record?.kind === 'function' ? record.name : builtin!.name;
  const schema = record?.kind === 'function' && isRoutineVisible(backend, oid) !== true ? `${quoteName(backend.definitions().schemaName(record.schema))}.` : '';
  return `${schema}${quoteName(name)}${withArguments ? `(${types.map((type) => typeText(backend, sqlType(type))).join(',')})` : ''}`;
}

/** Whether the search path finds it; null when it is no function. */
export function isRoutineVisible(backend: Backend, oid: number): boolean | null {
  const record = backend.draft.get(oid);
  if (record?.kind !== 'function') return backend.instance.system.builtin(oid) === undefined ? null : true;
  const types = inputTypes(record);
  for (const schema of backend.catalog().path) {
    if (schema === record.schema) return true;
    if (schema === SchemaOid.pgCatalog ? backend.instance.system.builtinsNamed(record.name).some(({ definition }) => isSame(definition.args, types)) : backend.draft.functionsNamed(record.name).some((other) => other.schema === schema && isSame(inputTypes(other), types))) return false;
  }
  return false;
}

/** What a function is called now. Those of the host have no record: their names do not change. */
export function functionName(backend: Backend, { oid, schema, name, constructs }: FunctionDef): { readonly schema: string; readonly name: string } {
  if (constructs !== undefined) return backend.definitions().types.lookup(constructs)!;
  const record = oid === undefined ? undefined : backend.draft.get(oid);
  return record?.kind === 'function' ? { schema: backend.definitions().schemaName(record.schema), name: record.name } : { schema, name };
}
