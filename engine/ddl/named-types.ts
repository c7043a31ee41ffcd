/**
 * Whether what the catalog keeps as text names a type. Such text names types with their schemas (stored-names.ts; W1 of view-definition.ts), so a walk over
 * what it parses to finds them; a name without a schema, as earlier versions kept it, stands for any.
 */
import type { Expression, FunctionCall, Query, TypeName } from '../../parser/ast.js';
import { parseExpression, parseQuery } from '../../parser/parse.js';
import type { Backend } from '../backend.js';
import type { CatalogRecord } from '../catalog/catalog-objects.js';

export function expressionNamesType(backend: Backend, text: string, record: CatalogRecord): boolean {
  const named = typeNamesOf(backend, record);
  return named !== undefined && mayName(text, named) && names(parseExpression(text), named);
}

export function queryNamesType(backend: Backend, text: string, record: CatalogRecord): boolean {
  const named = typeNamesOf(backend, record);
  return named !== undefined && mayName(text, named) && names(parseQuery(text), named);
}

interface TypeNames {
  readonly schema: string;
  readonly names: readonly string[];
  /** Its constructors have its names. */
  readonly isRange: boolean;
}

/** The names in the catalog of what types come with a record; undefined where none do. */
function typeNamesOf(backend: Backend, record: CatalogRecord): TypeNames | undefined {
  if (record.kind !== 'type' && record.kind !== 'table' && record.kind !== 'view') return undefined;
  const range = record.kind === 'type' && record.detail.kind === 'range' ? record.detail : undefined;
  return { schema: backend.definitions().schemaName(record.schema), names: range === undefined ? [record.name] : [record.name, range.multirangeName], isRange: range !== undefined };
}

/** Cheaper than a look at what the text parses to. */
const mayName = (text: string, named: TypeNames): boolean => named.names.some((name) => text.includes(name.replaceAll('"', '""')));

function names(tree: Expression | Query, { schema, names: own, isRange }: TypeNames): boolean {
  const isOwn = (inSchema: string | undefined, name: string): boolean => own.includes(name) && (inSchema === undefined || inSchema === schema);
  const walk = (node: unknown): boolean => {
    if (Array.isArray(node)) return node.some(walk);
    if (typeof node !== 'object' || node === null) return false;
    if ('kind' in node && node.kind === 'typeName') return isOwn((node as TypeName).names.at(-2), (node as TypeName).names.at(-1)!);
    if (isRange && 'kind' in node && node.kind === 'functionCall' && isOwn((node as FunctionCall).name.schema, (node as FunctionCall).name.name)) return true;
    return Object.values(node).some(walk);
  };
  return walk(tree);
}
