/**
 * The abstract syntax tree: what a statement says, before anyone knows which tables exist. A node is a plain object with a
 * string `kind`; all fields are readonly and always present (`undefined` where the text is silent), so that a kind has one
 * shape. Names are already folded and unquoted, string literals already decoded.
 *
 * A1  Every node with an `offset` holds the 0-based UTF-16 position, in the text given to the parser, that an error about the node
 *     should point at: the operator for operators (as PostgreSQL does), the first token for everything else.
 * A2  A path from the root to a leaf has at most `maxDepth` nodes (parse.ts), not counting the steps through the `left` of
 *     `binary`, `setOperation` and `join` nodes: those chains are built iteratively, may be many thousands long and must be walked
 *     by a loop (`leftSpine` below). `and` and `or` are n-ary for the same reason. So recursion over anything else is safe.
 * A3  Names of built-in types written as keywords arrive resolved, as `pg_catalog.int4` for INTEGER; special call syntax
 *     arrives as a call of a `pg_catalog` function, as `pg_catalog.extract('year', x)`. The printer recognises them and writes the SQL form.
 *
 * Types alone, in the files of ast/ by the grammar's parts: nodes refer to each other in all directions. The grammar names them all as `ast.X`.
 *
 * Source. The grammar of PostgreSQL 15 (gram.y, parsenodes.h), which decides what a node must be able to hold.
 */
import type { Delete, Insert, Merge, Query, Update } from './ast/queries.js';
import type {
  AlterCompositeType, AlterDomain, AlterEnumAddValue, AlterFunction, AlterOwner, AlterSequence, AlterTable, Comment, CreateCompositeType, CreateDomain, CreateEnum,
  CreateExtension, CreateFunction, CreateIndex, CreateMaterializedView, CreateRangeType, CreateSchema, CreateSequence, CreateTable, CreateTableAs, CreateView, Drop,
  LockTable, RefreshMaterializedView, Rename, SetSchema, Truncate, UpdateExtension,
} from './ast/definitions.js';
import type {
  Analyze, Begin, Call, Checkpoint, CloseCursor, Cluster, Commit, Copy, Deallocate, DeclareCursor, Discard, Execute, Explain, Fetch, Prepare, Reindex,
  ReleaseSavepoint, ResetVariable, Rollback, RollbackToSavepoint, Savepoint, SetConstraints, SetTransaction, SetVariable, ShowVariable, UnsupportedStatement,
  Vacuum,
} from './ast/session.js';

export type * from './ast/expressions.js';
export type * from './ast/queries.js';
export type * from './ast/definitions.js';
export type * from './ast/session.js';

export type Statement =
  | Query | Insert | Update | Delete | Merge
  | CreateTable | CreateTableAs | AlterTable | Rename | SetSchema | AlterOwner
  | CreateIndex | CreateView | CreateMaterializedView | RefreshMaterializedView | CreateSequence | AlterSequence
  | CreateSchema | CreateExtension | UpdateExtension | CreateDomain | AlterDomain | CreateEnum | CreateCompositeType | CreateRangeType | AlterEnumAddValue | AlterCompositeType
  | CreateFunction | AlterFunction | Drop | Comment | Truncate | LockTable
  | Begin | Commit | Rollback | Savepoint | ReleaseSavepoint | RollbackToSavepoint
  | SetVariable | ResetVariable | ShowVariable | SetTransaction | SetConstraints | Discard
  | Prepare | Execute | Deallocate | DeclareCursor | Fetch | CloseCursor
  | Explain | Analyze | Vacuum | Reindex | Cluster | Checkpoint | Copy | Call
  | UnsupportedStatement;

/** One statement of a script, with where it stood: `text` is `sql.slice(start, end)`, without the semicolon. */
export interface ParsedStatement {
  readonly statement: Statement;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The highest `$n`, 0 when there is none. */
  readonly parameterCount: number;
  /** Distinct `:name`s in order of first appearance. */
  readonly parameterNames: readonly string[];
}

/**
 * The operands of a left-deep chain from the leftmost to the rightmost: for `a + b - c`, the nodes `a + b` and `a + b - c` in this
 * order, so that a caller folds over them in a loop instead of recursing down an unbounded `left` (A2).
 */
export function leftSpine<T extends { readonly kind: string }, K extends T & { readonly left: T }>(root: K, isLink: (node: T) => node is K): K[] {
  const links: K[] = [root];
  let node: T = root.left;
  while (isLink(node)) {
    links.push(node);
    node = node.left;
  }
  return links.reverse();
}
