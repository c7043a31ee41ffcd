/** Statements that define, change and drop what a database has in it. What holds of all nodes: ast.ts. */
import type { Statement } from '../ast.js';
import type { Expression, Identifier, OperatorName, QualifiedName, TypeName } from './expressions.js';
import type { FunctionColumn, Persistence, Query } from './queries.js';
import type { Execute, SetVariable } from './session.js';

// -------------------------------------------------------------------------------------------------------------------- tables

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly ifNotExists: boolean;
  readonly elements: readonly TableElement[];
  readonly options: readonly DefinitionOption[];
  readonly onCommit: 'preserve rows' | 'delete rows' | 'drop' | undefined;
  readonly accessMethod: string | undefined;
  readonly tablespace: string | undefined;
  /** INHERITS, PARTITION BY, PARTITION OF or OF type: parsed, with the feature's name, to be refused with 0A000. */
  readonly unsupported: string | undefined;
  readonly offset: number;
}

export type TableElement = ColumnDefinition | TableConstraint | LikeClause;

export interface ColumnDefinition {
  readonly kind: 'columnDefinition';
  readonly name: string;
  readonly type: TypeName;
  readonly collation: QualifiedName | undefined;
  readonly compression: string | undefined;
  readonly constraints: readonly ColumnConstraint[];
  readonly offset: number;
}

export interface ConstraintAttributes {
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly notValid: boolean;
  readonly noInherit: boolean;
}

/** Index parameters of PRIMARY KEY, UNIQUE and EXCLUDE. */
export interface IndexParameters {
  readonly include: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly tablespace: string | undefined;
}

export type ReferentialAction = 'no action' | 'restrict' | 'cascade' | 'set null' | 'set default';

export interface References {
  readonly table: QualifiedName;
  /** Empty: the primary key. */
  readonly columns: readonly Identifier[];
  readonly match: 'simple' | 'full' | 'partial';
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  /** ON DELETE SET NULL (columns) and SET DEFAULT (columns); empty: all. */
  readonly onDeleteColumns: readonly Identifier[];
  readonly offset: number;
}

interface ConstraintBase {
  /** From CONSTRAINT name. */
  readonly name: string | undefined;
  readonly attributes: ConstraintAttributes;
  readonly offset: number;
}

/** Deferral clauses that follow a column constraint are already folded into its `attributes`. */
export type ColumnConstraint =
  | (ConstraintBase & { readonly kind: 'notNull' | 'nullable' })
  | (ConstraintBase & { readonly kind: 'default'; readonly expression: Expression })
  | (ConstraintBase & { readonly kind: 'generated'; readonly expression: Expression })
  | (ConstraintBase & { readonly kind: 'identity'; readonly always: boolean; readonly options: readonly SequenceOption[] })
  | (ConstraintBase & { readonly kind: 'check'; readonly expression: Expression })
  | (ConstraintBase & { readonly kind: 'primaryKey' | 'unique'; readonly nullsNotDistinct: boolean; readonly parameters: IndexParameters })
  | (ConstraintBase & { readonly kind: 'references'; readonly references: References });

export type TableConstraint =
  | (ConstraintBase & { readonly kind: 'checkConstraint'; readonly expression: Expression })
  | (ConstraintBase & {
      readonly kind: 'keyConstraint';
      readonly isPrimary: boolean;
      readonly columns: readonly Identifier[];
      readonly nullsNotDistinct: boolean;
      readonly parameters: IndexParameters;
      /** ALTER TABLE ADD ... USING INDEX name. */
      readonly usingIndex: string | undefined;
    })
  | (ConstraintBase & { readonly kind: 'foreignKeyConstraint'; readonly columns: readonly Identifier[]; readonly references: References })
  | (ConstraintBase & {
      readonly kind: 'excludeConstraint';
      readonly method: string | undefined;
      readonly elements: readonly { readonly element: IndexElement; readonly operator: OperatorName }[];
      readonly parameters: IndexParameters;
      readonly where: Expression | undefined;
    });

export type LikeFeature = 'comments' | 'compression' | 'constraints' | 'defaults' | 'generated' | 'identity' | 'indexes' | 'statistics' | 'storage' | 'all';

export interface LikeClause {
  readonly kind: 'likeTable';
  readonly table: QualifiedName;
  readonly options: readonly { readonly including: boolean; readonly feature: LikeFeature }[];
  readonly offset: number;
}

/** `name`, `name = value`; `namespace.name = value`. A word value arrives as a string, lower-cased as identifiers are. */
export interface DefinitionOption {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly value: OptionValue;
  readonly offset: number;
}

/** undefined: no value written. A list only where the option takes one (COPY ... FORCE_QUOTE (a, b)). */
export type OptionValue = string | number | boolean | readonly string[] | undefined;

export interface CreateTableAs {
  readonly kind: 'createTableAs';
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly ifNotExists: boolean;
  readonly columns: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly onCommit: 'preserve rows' | 'delete rows' | 'drop' | undefined;
  readonly accessMethod: string | undefined;
  readonly tablespace: string | undefined;
  readonly query: Query | Execute;
  readonly withData: boolean;
  readonly offset: number;
}

/** ALTER TABLE, INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW with actions that PostgreSQL's grammar shares among them. */
export interface AlterTable {
  readonly kind: 'alterTable';
  readonly objectType: 'table' | 'index' | 'view' | 'materialized view' | 'sequence';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly only: boolean;
  readonly actions: readonly AlterTableAction[];
  readonly offset: number;
}

export type DropBehavior = 'cascade' | 'restrict';

export type AlterTableAction =
  | { readonly kind: 'addColumn'; readonly column: ColumnDefinition; readonly ifNotExists: boolean; readonly offset: number }
  | { readonly kind: 'dropColumn'; readonly column: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
  | { readonly kind: 'alterColumnType'; readonly column: string; readonly type: TypeName; readonly collation: QualifiedName | undefined; readonly using: Expression | undefined; readonly offset: number }
  /** `expression` undefined: DROP DEFAULT. */
  | { readonly kind: 'setColumnDefault'; readonly column: string; readonly expression: Expression | undefined; readonly offset: number }
  | { readonly kind: 'setColumnNotNull'; readonly column: string; readonly notNull: boolean; readonly offset: number }
  | { readonly kind: 'dropColumnExpression'; readonly column: string; readonly ifExists: boolean; readonly offset: number }
  | { readonly kind: 'addColumnIdentity'; readonly column: string; readonly always: boolean; readonly options: readonly SequenceOption[]; readonly offset: number }
  | { readonly kind: 'setColumnIdentity'; readonly column: string; readonly always: boolean | undefined; readonly options: readonly SequenceOption[]; readonly offset: number }
  | { readonly kind: 'dropColumnIdentity'; readonly column: string; readonly ifExists: boolean; readonly offset: number }
  /** `column` is a number for ALTER INDEX ... ALTER COLUMN n. */
  | { readonly kind: 'setColumnStatistics'; readonly column: string | number; readonly target: number; readonly offset: number }
  | { readonly kind: 'setColumnStorage'; readonly column: string; readonly storage: string; readonly offset: number }
  | { readonly kind: 'setColumnCompression'; readonly column: string; readonly compression: string; readonly offset: number }
  | { readonly kind: 'setColumnOptions'; readonly column: string; readonly options: readonly DefinitionOption[]; readonly reset: boolean; readonly offset: number }
  | { readonly kind: 'addConstraint'; readonly constraint: TableConstraint; readonly offset: number }
  | { readonly kind: 'alterConstraint'; readonly name: string; readonly attributes: ConstraintAttributes; readonly offset: number }
  | { readonly kind: 'validateConstraint'; readonly name: string; readonly offset: number }
  | { readonly kind: 'dropConstraint'; readonly name: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
  | { readonly kind: 'setOptions'; readonly options: readonly DefinitionOption[]; readonly reset: boolean; readonly offset: number }
  | { readonly kind: 'setLogged'; readonly logged: boolean; readonly offset: number }
  | { readonly kind: 'clusterOn'; readonly index: string | undefined; readonly offset: number }
  | { readonly kind: 'ownerTo'; readonly role: string; readonly offset: number }
  | { readonly kind: 'setTablespace'; readonly tablespace: string; readonly offset: number }
  /** Triggers, rules, inheritance, partitions, row security, ...: refused with 0A000 by name. */
  | { readonly kind: 'unsupportedAction'; readonly feature: string; readonly offset: number };

/** ALTER ... RENAME in all its forms. */
export interface Rename {
  readonly kind: 'rename';
  readonly objectType: ObjectType | 'column' | 'constraint' | 'domain constraint' | 'attribute' | 'enum value';
  /** The object, or for a column, constraint or attribute the one it belongs to. */
  readonly name: QualifiedName;
  /** What the container is when `part` is given (`table`, `view`, `index`, `type`, ...). */
  readonly containerType: ObjectType | undefined;
  /** The column, constraint, attribute or enum value that is renamed. */
  readonly part: string | undefined;
  readonly newName: string;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly ifExists: boolean;
  readonly behavior: DropBehavior;
  readonly offset: number;
}

/** ALTER ... SET SCHEMA. */
export interface SetSchema {
  readonly kind: 'setSchema';
  readonly objectType: ObjectType;
  readonly name: QualifiedName;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly schema: string;
  readonly ifExists: boolean;
  readonly offset: number;
}

/** ALTER ... OWNER TO for anything but tables (there it is an action). */
export interface AlterOwner {
  readonly kind: 'alterOwner';
  readonly objectType: ObjectType;
  readonly name: QualifiedName;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly role: string;
  readonly offset: number;
}

// -------------------------------------------------------------------------------------------------- indexes, views, sequences

export interface CreateIndex {
  readonly kind: 'createIndex';
  /** undefined: a name is to be chosen. */
  readonly name: string | undefined;
  readonly isUnique: boolean;
  readonly concurrently: boolean;
  readonly ifNotExists: boolean;
  readonly table: QualifiedName;
  readonly only: boolean;
  readonly method: string | undefined;
  readonly elements: readonly IndexElement[];
  readonly include: readonly IndexElement[];
  readonly nullsNotDistinct: boolean;
  readonly options: readonly DefinitionOption[];
  readonly tablespace: string | undefined;
  readonly where: Expression | undefined;
  readonly offset: number;
}

/** A plain column arrives as an unqualified `columnRef`. */
export interface IndexElement {
  readonly expression: Expression;
  readonly collation: QualifiedName | undefined;
  readonly operatorClass: QualifiedName | undefined;
  readonly operatorClassOptions: readonly DefinitionOption[];
  readonly direction: 'asc' | 'desc' | undefined;
  readonly nulls: 'first' | 'last' | undefined;
  readonly offset: number;
}

export interface CreateView {
  readonly kind: 'createView';
  readonly name: QualifiedName;
  readonly orReplace: boolean;
  readonly persistence: Persistence;
  readonly isRecursive: boolean;
  readonly columns: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly query: Query;
  /** The text of `query` as written, for storage and display. */
  readonly queryText: string;
  readonly checkOption: 'local' | 'cascaded' | undefined;
  readonly offset: number;
}

export interface CreateMaterializedView {
  readonly kind: 'createMaterializedView';
  readonly name: QualifiedName;
  readonly ifNotExists: boolean;
  readonly persistence: Persistence;
  readonly columns: readonly Identifier[];
  readonly options: readonly DefinitionOption[];
  readonly accessMethod: string | undefined;
  readonly tablespace: string | undefined;
  readonly query: Query;
  readonly queryText: string;
  readonly withData: boolean;
  readonly offset: number;
}

export interface RefreshMaterializedView {
  readonly kind: 'refreshMaterializedView';
  readonly name: QualifiedName;
  readonly concurrently: boolean;
  readonly withData: boolean;
  readonly offset: number;
}

export interface CreateSequence {
  readonly kind: 'createSequence';
  readonly name: QualifiedName;
  readonly persistence: Persistence;
  readonly ifNotExists: boolean;
  readonly options: readonly SequenceOption[];
  readonly offset: number;
}

export interface AlterSequence {
  readonly kind: 'alterSequence';
  readonly name: QualifiedName;
  readonly ifExists: boolean;
  readonly options: readonly SequenceOption[];
  readonly offset: number;
}

/** Numbers are kept as text (a sequence reaches all of int8); `value` undefined for NO MINVALUE, NO MAXVALUE and bare RESTART. */
export type SequenceOption =
  | { readonly kind: 'as'; readonly type: TypeName; readonly offset: number }
  | { readonly kind: 'increment' | 'start' | 'cache'; readonly value: string; readonly offset: number }
  | { readonly kind: 'minValue' | 'maxValue' | 'restart'; readonly value: string | undefined; readonly offset: number }
  | { readonly kind: 'cycle'; readonly value: boolean; readonly offset: number }
  /** OWNED BY table.column, or NONE (`column` empty). */
  | { readonly kind: 'ownedBy'; readonly column: readonly string[]; readonly offset: number }
  | { readonly kind: 'sequenceName'; readonly name: QualifiedName; readonly offset: number };

// ------------------------------------------------------------------------------------------- schemas, types, functions, others

export interface CreateSchema {
  readonly kind: 'createSchema';
  /** undefined: named after the role. */
  readonly name: string | undefined;
  readonly authorization: string | undefined;
  readonly ifNotExists: boolean;
  readonly elements: readonly Statement[];
  readonly offset: number;
}

export interface CreateDomain {
  readonly kind: 'createDomain';
  readonly name: QualifiedName;
  readonly type: TypeName;
  readonly collation: QualifiedName | undefined;
  readonly constraints: readonly ColumnConstraint[];
  readonly offset: number;
}

export interface AlterDomain {
  readonly kind: 'alterDomain';
  readonly name: QualifiedName;
  readonly action:
    | { readonly kind: 'setDefault'; readonly expression: Expression | undefined; readonly offset: number }
    | { readonly kind: 'setNotNull'; readonly notNull: boolean; readonly offset: number }
    | { readonly kind: 'addDomainConstraint'; readonly constraint: ColumnConstraint; readonly offset: number }
    | { readonly kind: 'dropDomainConstraint'; readonly name: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
    | { readonly kind: 'validateDomainConstraint'; readonly name: string; readonly offset: number };
  readonly offset: number;
}

export interface CreateEnum {
  readonly kind: 'createEnum';
  readonly name: QualifiedName;
  readonly labels: readonly string[];
  readonly offset: number;
}

export interface CreateCompositeType {
  readonly kind: 'createCompositeType';
  readonly name: QualifiedName;
  readonly attributes: readonly FunctionColumn[];
  readonly offset: number;
}

/** CREATE TYPE name AS RANGE (options). */
export interface CreateRangeType {
  readonly kind: 'createRangeType';
  readonly name: QualifiedName;
  readonly options: readonly DefinitionOption[];
  readonly offset: number;
}

/** ALTER TYPE ... ADD VALUE. */
export interface AlterEnumAddValue {
  readonly kind: 'alterEnumAddValue';
  readonly name: QualifiedName;
  readonly value: string;
  readonly ifNotExists: boolean;
  readonly neighbour: string | undefined;
  readonly placement: 'before' | 'after' | undefined;
  readonly offset: number;
}

/** ALTER TYPE ... ADD, DROP, ALTER ATTRIBUTE. */
export interface AlterCompositeType {
  readonly kind: 'alterCompositeType';
  readonly name: QualifiedName;
  readonly actions: readonly (
    | { readonly kind: 'addAttribute'; readonly attribute: FunctionColumn; readonly behavior: DropBehavior; readonly offset: number }
    | { readonly kind: 'dropAttribute'; readonly attribute: string; readonly ifExists: boolean; readonly behavior: DropBehavior; readonly offset: number }
    | { readonly kind: 'alterAttribute'; readonly attribute: string; readonly type: TypeName; readonly collation: QualifiedName | undefined; readonly behavior: DropBehavior; readonly offset: number }
  )[];
  readonly offset: number;
}

export interface FunctionParameter {
  readonly mode: 'in' | 'out' | 'inout' | 'variadic' | undefined;
  readonly name: string | undefined;
  readonly type: TypeName;
  readonly default: Expression | undefined;
  readonly offset: number;
}

export interface CreateFunction {
  readonly kind: 'createFunction';
  readonly isProcedure: boolean;
  readonly name: QualifiedName;
  readonly orReplace: boolean;
  readonly parameters: readonly FunctionParameter[];
  readonly returns: TypeName | undefined;
  /** RETURNS TABLE (...). */
  readonly returnsTable: readonly FunctionColumn[] | undefined;
  /** As written, lower-cased; undefined means sql when the body is not a string. */
  readonly language: string | undefined;
  readonly body: FunctionBody | undefined;
  readonly volatility: 'immutable' | 'stable' | 'volatile' | undefined;
  readonly nullInput: 'called' | 'strict' | undefined;
  readonly leakproof: boolean | undefined;
  readonly parallel: string | undefined;
  readonly securityDefiner: boolean | undefined;
  readonly isWindow: boolean;
  readonly cost: number | undefined;
  readonly rows: number | undefined;
  readonly settings: readonly SetVariable[];
  readonly support: QualifiedName | undefined;
  readonly offset: number;
}

export type FunctionBody =
  /** AS 'text'; for C functions a second string, the link symbol. */
  | { readonly kind: 'bodyText'; readonly text: string; readonly symbol: string | undefined; readonly offset: number }
  /** RETURN expression. */
  | { readonly kind: 'bodyReturn'; readonly expression: Expression; readonly offset: number }
  /** BEGIN ATOMIC ... END. */
  | { readonly kind: 'bodyAtomic'; readonly statements: readonly Statement[]; readonly offset: number };

export interface CreateExtension {
  readonly kind: 'createExtension';
  readonly name: string;
  /** Of its functions; undefined: the one where things are created. */
  readonly schema: string | undefined;
  readonly version: string | undefined;
  readonly ifNotExists: boolean;
  readonly offset: number;
}

/** ALTER EXTENSION name UPDATE [TO version]. */
export interface UpdateExtension {
  readonly kind: 'updateExtension';
  readonly name: string;
  readonly version: string | undefined;
  readonly offset: number;
}

/** ALTER FUNCTION or PROCEDURE with options. */
export interface AlterFunction {
  readonly kind: 'alterFunction';
  readonly isProcedure: boolean;
  readonly name: QualifiedName;
  readonly args: readonly FunctionParameter[] | undefined;
  readonly volatility: 'immutable' | 'stable' | 'volatile' | undefined;
  readonly nullInput: 'called' | 'strict' | undefined;
  readonly leakproof: boolean | undefined;
  readonly parallel: string | undefined;
  readonly securityDefiner: boolean | undefined;
  readonly cost: number | undefined;
  readonly rows: number | undefined;
  readonly settings: readonly SetVariable[];
  readonly offset: number;
}

export type ObjectType =
  | 'table' | 'view' | 'materialized view' | 'index' | 'sequence' | 'schema' | 'type' | 'domain' | 'function' | 'procedure' | 'routine'
  | 'aggregate' | 'collation' | 'conversion' | 'statistics' | 'foreign table' | 'database' | 'role' | 'extension' | 'trigger' | 'rule'
  | 'policy' | 'cast' | 'operator' | 'operator class' | 'operator family' | 'language' | 'event trigger' | 'foreign data wrapper' | 'server'
  | 'publication' | 'subscription' | 'tablespace' | 'access method' | 'transform' | 'text search configuration' | 'text search dictionary'
  | 'text search parser' | 'text search template' | 'user mapping' | 'large object';

export interface DroppedObject {
  readonly name: QualifiedName;
  /** Argument types of a function; undefined when none were written. */
  readonly args: readonly FunctionParameter[] | undefined;
}

/** DROP of anything named by a list: tables, views, indexes, sequences, schemas, types, domains, functions, ... */
export interface Drop {
  readonly kind: 'drop';
  readonly objectType: ObjectType;
  readonly objects: readonly DroppedObject[];
  readonly ifExists: boolean;
  readonly concurrently: boolean;
  readonly behavior: DropBehavior;
  readonly offset: number;
}

export interface Comment {
  readonly kind: 'comment';
  readonly objectType: ObjectType | 'column' | 'constraint' | 'domain constraint';
  /** The object, or the table (domain) of a column or constraint. */
  readonly name: QualifiedName;
  readonly part: string | undefined;
  readonly args: readonly FunctionParameter[] | undefined;
  /** undefined: IS NULL. */
  readonly text: string | undefined;
  readonly offset: number;
}

export interface Truncate {
  readonly kind: 'truncate';
  readonly tables: readonly { readonly name: QualifiedName; readonly only: boolean }[];
  readonly restartIdentity: boolean;
  readonly behavior: DropBehavior;
  readonly offset: number;
}

export type TableLockMode =
  | 'access share' | 'row share' | 'row exclusive' | 'share update exclusive' | 'share' | 'share row exclusive' | 'exclusive' | 'access exclusive';

export interface LockTable {
  readonly kind: 'lockTable';
  readonly tables: readonly { readonly name: QualifiedName; readonly only: boolean }[];
  readonly mode: TableLockMode;
  readonly nowait: boolean;
  readonly offset: number;
}
