/**
 * What SQL functions ask of the session and the catalog (`EvalContext.system`): sequences, names of objects to oids and back, definitions as text,
 * sizes, advisory locks, other sessions.
 *
 * Functions are synchronous, but two of them wait: an advisory lock that is held, and pg_sleep. They raise `SuspendStatement`; the driver
 * (execute.ts) waits for its promise and runs the statement again from its start, where the calls made so far find their answers in `#answers`, in
 * the order in which they were made: the same plan over the same snapshot makes the same calls.
 */
import { SqlArray, type Datum } from '../base/datum.js';
import { MicrosPerDay, MicrosPerSecond, type Interval } from '../base/interval.js';
import { DbError, notSupported } from '../base/errors.js';
import { SeededRandom } from '../base/seeded-random.js';
import { TypeOid, builtinTypeByName, builtinTypes, sqlType, sqlTypeNames } from '../base/types.js';
import { canonicalJsonPath } from '../functions/json/jsonpath-print.js';
import type { SystemCalls } from '../functions/registry.js';
import { keywords } from '../parser/keywords.js';
import { parseTypeName } from '../parser/parse.js';
import type { Backend } from './backend.js';
import type { IndexRecord, RelationRecord, SequenceRecord, TableRecord } from './catalog/catalog-objects.js';
import { SchemaOid } from './catalog/catalog-objects.js';
import { constraintDefinition, functionArguments, functionBody, functionDefinition, functionResult, indexColumnDefinition, indexDefinition } from './catalog/definitions.js';
import { viewDefinition } from './catalog/view-definition.js';
import { isRoutineVisible, routineOid, routineText } from './routines/routine-names.js';
import { isTemporarySchema } from './ddl/temporary.js';
import { bindTypeName } from './ddl/types.js';
import { storedText } from './catalog/stored-text.js';
import { toTimestamp } from './eval-context.js';
import { int8Datum } from './sequences.js';
import { quoteIdentifier as quoteName } from '../parser/print-names.js';
import { splitName } from '../parser/split-name.js';
import { SuspendStatement } from './suspend-statement.js';
import { isTypeHidden, typeText } from './type-text.js';

/** What current_database() gives: the file's name without its ending. */
export function databaseName(path: string): string {
  return path === ':memory:' ? 'memory' : (path.split(/[/\\]/).at(-1) ?? path).replace(/\.[^.]*$/, '') || 'serialite';
}

/** What to_reg* gives where the reading function fails. */
function orNull(find: () => number | undefined): number | null {
  try {
    return find() ?? null;
  } catch (error) {
    if (error instanceof DbError) return null;
    throw error;
  }
}

type Handler = (args: readonly Datum[]) => Datum;

export class SystemFunctions implements SystemCalls {
  readonly #backend: Backend;
  /** Values of nextval in this session, by sequence. */
  readonly #current = new Map<number, bigint>();
  #lastSequence: number | undefined;
  /** What random() gives since setseed(). */
  #seeded: SeededRandom | undefined;
  /** Session-level advisory locks held, for `isPristine`. */
  #heldLocks = 0;
  /** What the running statement's lock functions and sleeps have answered, and how far a restarted statement has asked for them again. */
  readonly #answers: Datum[] = [];
  #answerAt = 0;
  /** Made when the session first calls one: 13 KB, and most sessions never do. */
  #handlers: ReadonlyMap<string, Handler> | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  random(): number {
    return this.#seeded?.next() ?? this.#backend.prng.unit();
  }
  get isSeeded(): boolean {
    return this.#seeded !== undefined;
  }
  get holdsLocks(): boolean {
    return this.#heldLocks > 0;
  }

  call(name: string, args: readonly Datum[]): Datum {
    this.#handlers ??= new Map([...this.#catalogHandlers(), ...this.#lockHandlers(), ...this.#sessionHandlers()]);
    const handler = this.#handlers.get(name);
    if (handler === undefined) throw notSupported(`function ${name}`);
    return handler(args);
  }

  currentDatabase(): string {
    return databaseName(this.#backend.instance.path);
  }
  currentSchemas(includeImplicit: boolean): readonly string[] {
    const catalog = this.#backend.catalog();
    return catalog.path
      .filter((oid) => includeImplicit || ((oid !== SchemaOid.pgCatalog || catalog.namesSystemSchema) && oid !== catalog.tempSchema))
      .map((oid) => this.#backend.definitions().schemaName(oid));
  }
  currentUser(): string {
    return this.#backend.user;
  }
  backendPid(): number {
    return this.#backend.id;
  }
  transactionId(): number {
    return this.#backend.block.ensureTransaction().id;
  }

  // ------------------------------------------------------------------------------------------------------------ sequences

  #sequence(oid: Datum): SequenceRecord {
    const record = this.#backend.draft.get(oid as number);
    if (record === undefined) throw new DbError('42P01', `relation with OID ${String(oid)} does not exist`);
    if (record.kind !== 'sequence') throw new DbError('42809', `"${'name' in record ? record.name : ''}" is not a sequence`);
    return record;
  }
  nextval(sequence: Datum): Datum {
    const record = this.#sequence(sequence);
    if (this.#backend.block.modes.readOnly && record.persistence !== 'temporary') throw new DbError('25006', 'cannot execute nextval() in a read-only transaction');
    const value = this.#backend.instance.sequences.nextval(record);
    this.#backend.usedSequence = true;
    this.#current.set(record.oid, value);
    this.#lastSequence = record.oid;
    return int8Datum(value);
  }
  currval(sequence: Datum): Datum {
    const record = this.#sequence(sequence);
    const value = this.#current.get(record.oid);
    if (value === undefined) throw new DbError('55000', `currval of sequence "${record.name}" is not yet defined in this session`);
    return int8Datum(value);
  }
  lastval(): Datum {
    const value = this.#lastSequence === undefined ? undefined : this.#current.get(this.#lastSequence);
    if (value === undefined || this.#backend.draft.get(this.#lastSequence!) === undefined) throw new DbError('55000', 'lastval is not yet defined in this session');
    return int8Datum(value);
  }
  setval(sequence: Datum, value: Datum, isCalled: boolean): Datum {
    const record = this.#sequence(sequence);
    if (this.#backend.block.modes.readOnly) throw new DbError('25006', 'cannot execute setval() in a read-only transaction');
    const wanted = BigInt(value as number | bigint);
    this.#backend.instance.sequences.setval(record, wanted, isCalled);
    this.#backend.usedSequence = true;
    if (isCalled) this.#current.set(record.oid, wanted);
    return value;
  }
  discardSequences(): void {
    this.#current.clear();
    this.#lastSequence = undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ names

  /** Oid of a relation by name as regclass reads it, undefined when there is none. */
  relationOid(text: string): number | undefined {
    const parts = splitName(text);
    const catalog = this.#backend.catalog();
    return catalog.relation(parts.at(-2), parts.at(-1)!)?.oid ?? catalog.compositeRecord(parts.at(-2), parts.at(-1)!)?.oid;
  }

  /** A type without its length: `character`, where one cast to without it is `bpchar`. */
  #typeName(oid: number): string {
    return this.#backend.definitions().types.lookup(oid) === undefined ? String(oid) : typeText(this.#backend, sqlType(oid));
  }

  #relationName(oid: number): string {
    const record = this.#backend.draft.get(oid);
    const system = record === undefined ? this.#backend.instance.system.tableByOid(oid) : undefined;
    if (system !== undefined) return system.schema === 'pg_catalog' ? quoteName(system.name) : `${quoteName(system.schema)}.${quoteName(system.name)}`;
    if (record === undefined || !('schema' in record) || record.kind === 'function' || (record.kind === 'type' && record.detail.kind !== 'composite')) return String(oid);
    return this.qualified(record);
  }
  /** Quoted name, with its schema unless the search path finds it without. */
  qualified(record: { readonly oid: number; readonly schema: number; readonly name: string; readonly kind: string }): string {
    const catalog = this.#backend.catalog();
    const space = record.kind === 'type' ? 'type' : 'relation';
    for (const schema of catalog.path) {
      const found = this.#backend.draft.find(space, schema, record.name);
      if (found === record.oid) return quoteName(record.name);
      if (found !== undefined) break;
    }
    return `${quoteName(this.#backend.definitions().schemaName(record.schema))}.${quoteName(record.name)}`;
  }

  typeOid(text: string): number | undefined {
    const plain = text.trim().toLowerCase();
    const known = builtinTypeByName(sqlTypeNames.get(plain) ?? plain);
    if (known !== undefined) return known.oid;
    try {
      return bindTypeName(this.#backend, parseTypeName(text)).oid;
    } catch (error) {
      if (error instanceof DbError && (error.code === '42704' || error.code === '42601' || error.code === '3F000')) return undefined;
      throw error;
    }
  }

  #relation(oid: Datum): RelationRecord | undefined {
    const record = this.#backend.draft.get(oid as number);
    return record?.kind === 'table' || record?.kind === 'view' || record?.kind === 'index' || record?.kind === 'sequence' ? record : undefined;
  }

  // ------------------------------------------------------------------------------------------------------------ handlers

  *#catalogHandlers(): Iterable<readonly [string, Handler]> {
    const number = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);
    const missing = (what: string, text: Datum, code = '42704'): DbError => new DbError(code, `${what} "${text as string}" does not exist`);
    const reader = (find: (text: string) => number | undefined, what: string, code = '42704'): Handler => ([text]) => {
      const oid = number(text as string) ?? find(text as string);
      if (oid === undefined) throw missing(what, text!, code);
      return oid;
    };
    const types = () => this.#backend.definitions().types;
    yield ['regclassin', reader((text) => this.relationOid(text), 'relation', '42P01')];
    yield ['regclassout', ([oid]) => this.#relationName(oid as number)];
    yield ['to_regclass', ([text]) => this.relationOid(text as string) ?? null];
    yield ['regtypein', reader((text) => this.typeOid(text), 'type')];
    yield ['regtypeout', ([oid]) => this.#typeName(oid as number)];
    yield ['type_text', ([oid, typmod]) => typeText(this.#backend, sqlType(oid as number, typmod as number))];
    yield ['to_regtype', ([text]) => this.typeOid(text as string) ?? null];
    const schemaOid = (text: string): number | undefined => this.#backend.catalog().schemaOid(splitName(text).at(-1)!);
    yield ['regnamespacein', reader(schemaOid, 'schema', '3F000')];
    yield ['regnamespaceout', ([oid]) => {
      const record = this.#backend.draft.get(oid as number);
      return record?.kind === 'schema' ? quoteName(record.name) : String(oid);
    }];
    yield ['to_regnamespace', ([text]) => schemaOid(text as string) ?? null];
    const roleOid = (text: string): number | undefined => (text.replaceAll('"', '') === this.#backend.user ? 10 : undefined);
    yield ['regrolein', reader(roleOid, 'role')];
    yield ['regroleout', ([oid]) => (oid === 10 ? this.#backend.user : String(oid))];
    yield ['to_regrole', ([text]) => roleOid(text as string) ?? null];
    const { system } = this.#backend.instance;
    for (const type of ['regproc', 'regprocedure'] as const) {
      const withArguments = type === 'regprocedure';
      const find = (text: string): number | undefined => routineOid(this.#backend, text, withArguments);
      yield [`${type}in`, ([text]) => {
        const oid = text === '-' ? 0 : (number(text as string) ?? find(text as string));
        if (oid === undefined) throw new DbError('42883', `function "${text as string}" does not exist`);
        return oid;
      }];
      yield [`${type}out`, ([oid]) => routineText(this.#backend, oid as number, withArguments)];
      yield [`to_${type}`, ([text]) => orNull(() => find(text as string))];
    }
    for (const type of ['regoper', 'regoperator', 'regcollation', 'regconfig', 'regdictionary']) {
      yield [`${type}in`, reader(() => undefined, type.slice(3))];
      yield [`${type}out`, ([oid]) => String(oid)];
      yield [`to_${type}`, () => null];
    }
    yield ['current_schemas', ([implicit]) => SqlArray.of(TypeOid.name, [...this.currentSchemas(implicit as boolean)])];
    yield ['pg_my_temp_schema', () => this.#backend.tempSchema ?? 0];
    yield ['pg_is_other_temp_schema', ([schema]) => schema !== this.#backend.tempSchema && isTemporarySchema(this.#backend.draft.get(schema as number))];
    yield ['pg_get_keywords', () => [...keywords.values()].map(({ word, category, isBareLabel }) => `${word} ${category} ${isBareLabel}`).sort().join('\n')];
    yield ['pg_get_viewdef', ([view, pretty]) => {
      const oid = typeof view === 'string' ? this.relationOid(view) : view!;
      if (oid === undefined) throw new DbError('42P01', `relation "${view as string}" does not exist`);
      const record = this.#relation(oid);
      // With a width to wrap lines at, it is pretty too.
      return record === undefined ? null : viewDefinition(record, this.#backend, pretty === true || typeof pretty === 'number');
    }];
    yield ['pg_get_indexdef', ([oid, column, pretty]) => {
      const record = this.#relation(oid!);
      if (record?.kind !== 'index') return null;
      return column === undefined || column === 0 ? indexDefinition(this.#backend, record, pretty === true) : indexColumnDefinition(this.#backend, record, (column as number) - 1, pretty === true);
    }];
    yield ['pg_get_constraintdef', ([oid, pretty]) => constraintDefinition(this.#backend, oid as number, pretty === true) ?? null];
    yield ['pg_get_expr', ([text, relation, pretty]) => {
      if (pretty !== true) return text!;
      const record = this.#relation(relation!);
      return storedText(this.#backend, text as string, { columns: record?.kind === 'table' ? record.columns : undefined, isPretty: true });
    }];
    yield ['pg_get_functiondef', ([oid]) => functionDefinition(this.#backend, oid as number) ?? null];
    yield ['pg_get_function_arguments', ([oid]) => functionArguments(this.#backend, oid as number) ?? null];
    yield ['pg_get_function_identity_arguments', ([oid]) => functionArguments(this.#backend, oid as number, false) ?? null];
    yield ['pg_get_function_sqlbody', ([oid]) => {
      const record = this.#backend.draft.get(oid as number);
      return record?.kind === 'function' && record.standard !== undefined ? functionBody(record) : null;
    }];
    yield ['pg_get_function_result', ([oid]) => functionResult(this.#backend, oid as number) ?? null];
    for (const name of ['pg_get_triggerdef', 'pg_get_ruledef', 'pg_get_partkeydef', 'pg_get_statisticsobjdef_columns', 'shobj_description']) yield [name, () => null];
    yield ['pg_get_userbyid', ([oid]) => (oid === 10 ? this.#backend.user : `unknown (OID=${String(oid)})`)];
    yield ['pg_get_serial_sequence', ([table, column]) => this.#serialSequence(table as string, column as string)];
    yield ['pg_sequence_last_value', ([oid]) => {
      const { last, isCalled } = this.#backend.instance.sequences.peek(this.#sequence(oid!));
      return isCalled ? int8Datum(last) : null;
    }];
    yield ['obj_description', ([oid]) => {
      const record = this.#backend.draft.get(oid as number);
      return record !== undefined && 'comment' in record ? (record.comment ?? null) : null;
    }];
    yield ['col_description', ([oid, column]) => {
      const record = this.#backend.draft.get(oid as number);
      return (record?.kind === 'table' ? record.columns[(column as number) - 1]?.comment : record?.kind === 'view' ? record.columns[(column as number) - 1]?.comment : undefined) ?? null;
    }];
    yield ['pg_table_is_visible', ([oid]) => {
      const record = this.#relation(oid!);
      const type = record === undefined ? this.#backend.draft.get(oid as number) : undefined;
      if (type?.kind === 'type') return !isTypeHidden(this.#backend, type.oid);
      if (record === undefined) return system.tableByOid(oid as number) === undefined ? null : system.tableByOid(oid as number)!.schema === 'pg_catalog';
      return this.#backend.catalog().relationRecord(undefined, record.name)?.oid === oid;
    }];
    yield ['pg_type_is_visible', ([oid]) => (builtinTypes.lookup(oid as number) !== undefined ? true : types().lookup(oid as number) === undefined ? null : !isTypeHidden(this.#backend, oid as number))];
    yield ['pg_function_is_visible', ([oid]) => isRoutineVisible(this.#backend, oid as number)];
    for (const kind of ['operator', 'opclass', 'opfamily', 'collation', 'conversion', 'statistics_obj', 'ts_config', 'ts_dict', 'ts_parser', 'ts_template']) yield [`pg_${kind}_is_visible`, () => true];
    yield ['pg_tablespace_size', () => this.#backend.instance.store.fileSizeBytes];
    yield ['pg_tablespace_location', () => ''];
    yield ['pg_encoding_to_char', ([encoding]) => (encoding === 6 ? 'UTF8' : '')];
    yield ['getdatabaseencoding', () => 'UTF8'];
    yield ['pg_client_encoding', () => 'UTF8'];
    yield ['pg_relation_is_publishable', ([oid]) => this.#relation(oid!)?.kind === 'table'];
    yield ['pg_index_column_has_property', ([oid, column, property]) => {
      const record = this.#relation(oid!);
      const key = record?.kind === 'index' ? record.columns[(column as number) - 1] : undefined;
      if (key === undefined) return null;
      const answers: Readonly<Record<string, boolean>> = { asc: !key.descending, desc: key.descending, nulls_first: key.nullsFirst, nulls_last: !key.nullsFirst, orderable: true, distance_orderable: false, returnable: true, search_array: true, search_nulls: true };
      return answers[property as string] ?? null;
    }];
    yield ['pg_describe_object', ([, oid]) => {
      const record = this.#backend.draft.get(oid as number);
      return record === undefined ? null : `${record.kind} ${'name' in record ? record.name : ''}`;
    }];
    for (const name of ['pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size']) yield [name, ([oid]) => this.#relationSize(name, oid!)];
    yield ['pg_database_size', () => this.#backend.instance.store.fileSizeBytes];
    yield ['pg_relation_filenode', ([oid]) => {
      const record = this.#relation(oid!);
      return record?.kind === 'table' || record?.kind === 'index' ? record.tree : null;
    }];
    for (const kind of ['table', 'column', 'schema', 'database', 'sequence', 'function', 'type', 'any_column', 'language', 'tablespace']) {
      yield [`has_${kind}_privilege`, (args) => {
        const object = args[args.length - (kind === 'column' ? 3 : 2)]!;
        if (typeof object === 'string' && (kind === 'table' || kind === 'sequence') && this.relationOid(object) === undefined) throw new DbError('42P01', `relation "${object}" does not exist`);
        if (typeof object === 'string' && kind === 'schema' && schemaOid(object) === undefined) throw new DbError('3F000', `schema "${object}" does not exist`);
        return true;
      }];
    }
  }

  #serialSequence(table: string, column: string): Datum {
    const oid = this.relationOid(table);
    const record = oid === undefined ? undefined : this.#backend.draft.get(oid);
    if (record?.kind === 'view') {
      // A view's column has no sequence, but it must be there: introspection asks of every relation.
      if (!record.columns.some((candidate) => candidate.name === column)) throw new DbError('42703', `column "${column}" of relation "${record.name}" does not exist`);
      return null;
    }
    if (record?.kind !== 'table') throw new DbError('42P01', `relation "${table}" does not exist`);
    const position = record.columns.findIndex((candidate) => candidate.name === column && !candidate.isDropped);
    if (position < 0) throw new DbError('42703', `column "${column}" of relation "${record.name}" does not exist`);
    for (const other of this.#backend.draft.all()) {
      if (other.kind === 'sequence' && other.owner !== undefined && other.owner.table === oid && other.owner.column === position) return `${quoteName(this.#backend.definitions().schemaName(other.schema))}.${quoteName(other.name)}`;
    }
    return null;
  }

  #relationSize(name: string, oid: Datum): Datum {
    const record = this.#relation(oid);
    if (record === undefined) return null;
    const { store } = this.#backend.instance;
    const sizeOf = (tree: number): number => (store.hasTree(tree as never) ? store.tree(tree as never).leafCountEstimate() * store.pageSizeBytes : 0);
    if (record.kind === 'index') return sizeOf(record.tree);
    if (record.kind !== 'table') return 0;
    const indexes = this.#backend.draft.indexesOf(record.oid).filter((index: IndexRecord) => index.oid !== (record as TableRecord).clusteredBy).reduce((sum, index) => sum + sizeOf(index.tree), 0);
    return name === 'pg_indexes_size' ? indexes : name === 'pg_total_relation_size' ? sizeOf(record.tree) + indexes : sizeOf(record.tree);
  }

  // ------------------------------------------------------------------------------------------------------------ advisory locks

  *#lockHandlers(): Iterable<readonly [string, Handler]> {
    for (const shared of [false, true]) {
      const suffix = shared ? '_shared' : '';
      yield [`pg_advisory_lock${suffix}`, (args) => this.#lock(args, shared, true, false)];
      yield [`pg_advisory_xact_lock${suffix}`, (args) => this.#lock(args, shared, false, false)];
      yield [`pg_try_advisory_lock${suffix}`, (args) => this.#lock(args, shared, true, true)];
      yield [`pg_try_advisory_xact_lock${suffix}`, (args) => this.#lock(args, shared, false, true)];
      yield [`pg_advisory_unlock${suffix}`, (args) => this.#once(() => {
        const wasHeld = this.#backend.block.ensureTransaction().unlockAdvisory(advisoryKey(args), shared);
        if (wasHeld) this.#heldLocks--;
        else this.#backend.say('WARNING', '01000', `you don't own a lock of type ${shared ? 'ShareLock' : 'ExclusiveLock'}`);
        return wasHeld;
      })];
    }
    yield ['pg_advisory_unlock_all', () => this.#once(() => {
      this.discardLocks();
      return '';
    })];
  }

  /** The call's answer of before the restart, or a new one. A call that waits leaves its answer for the restart. */
  #once(call: () => Datum): Datum {
    if (this.#answerAt < this.#answers.length) return this.#answers[this.#answerAt++]!;
    const answer = call();
    this.#answers.push(answer);
    this.#answerAt++;
    return answer;
  }
  #suspend(waitFor: Promise<unknown>, whenThere: () => Datum): never {
    throw new SuspendStatement(waitFor.then(() => void this.#answers.push(whenThere())), this.#backend);
  }
  /** The statement starts over. */
  answerAgain(): void {
    this.#answerAt = 0;
  }
  get hasAnswers(): boolean {
    return this.#answers.length > 0;
  }
  /** Another statement begins. */
  forgetAnswers(): void {
    this.#answers.length = 0;
    this.#answerAt = 0;
  }

  #lock(args: readonly Datum[], shared: boolean, session: boolean, attempt: boolean): Datum {
    return this.#once(() => {
      const key = advisoryKey(args);
      const taken = (): Datum => {
        if (session) this.#heldLocks++;
        return attempt ? true : '';
      };
      const got = this.#backend.block.ensureTransaction().lockAdvisory(key, { shared, session, try: attempt });
      if (got instanceof Promise) this.#suspend(got, taken);
      return got ? taken() : false;
    });
  }
  discardLocks(): void {
    if (this.#heldLocks === 0) return;
    this.#backend.block.ensureTransaction().unlockAllAdvisory();
    this.#heldLocks = 0;
  }

  // ------------------------------------------------------------------------------------------------------------ sessions

  *#sessionHandlers(): Iterable<readonly [string, Handler]> {
    const { instance } = this.#backend;
    yield ['pg_postmaster_start_time', () => toTimestamp(instance.startedAtMs)];
    const blockers = (pid: Datum): number[] => {
      const waits = instance.backends.get(pid as number)?.block.tx?.waitsFor ?? [];
      return instance.manager.activity().filter((a) => waits.includes(a.transaction)).map((a) => a.session);
    };
    yield ['pg_blocking_pids', ([pid]) => SqlArray.of(TypeOid.int4, blockers(pid!))];
    yield ['pg_isolation_test_session_is_blocked', ([pid, interesting]) => blockers(pid!).some((blocker) => (interesting as SqlArray).elements.includes(blocker))];
    yield ['pg_cancel_backend', ([pid]) => instance.backends.get(pid as number)?.cancel() ?? false];
    yield ['pg_terminate_backend', ([pid]) => {
      const other = instance.backends.get(pid as number);
      if (other === undefined) return false;
      void other.close();
      return true;
    }];
    const sleep = (seconds: number): Datum => this.#once(() => this.#suspend(this.#backend.sleep(Math.max(0, seconds * 1000)), () => ''));
    yield ['pg_sleep', ([seconds]) => sleep(seconds as number)];
    yield ['pg_sleep_for', ([time]) => sleep(secondsOf(time as Interval))];
    const secondsUntil = (moment: number | bigint): number =>
      Math.abs(Number(moment)) === Infinity ? Number(moment) : Number(BigInt(moment) - BigInt(this.#backend.context(Infinity).clockTimestamp())) / MicrosPerSecond;
    yield ['pg_sleep_until', ([moment]) => sleep(secondsUntil(moment as number | bigint))];
    yield ['setseed', ([seed]) => {
      if (!((seed as number) >= -1 && (seed as number) <= 1)) throw new DbError('22023', `setseed parameter ${seed as number} is out of allowed range [-1,1]`);
      this.#seeded = new SeededRandom(seed as number);
      return '';
    }];
    yield ['current_of', ([cursor, table]) => {
      const record = this.#backend.draft.get(table as number) as TableRecord;
      return this.#backend.portals.get(cursor as string).currentKey(record);
    }];
    yield ['domain_check', ([type, value]) => this.#backend.catalog().domainCheck(type as number)?.(value, -1, false, this.#backend.context(Infinity)) ?? value!];
    yield ['jsonpathin', ([text]) => canonicalJsonPath(text as string)];
  }
}

/** One bigint, or two integers as its halves. */
function advisoryKey(args: readonly Datum[]): bigint {
  if (args.length === 1) return BigInt.asIntN(64, BigInt(args[0] as number | bigint));
  return BigInt.asIntN(64, (BigInt(args[0] as number) << 32n) | BigInt.asUintN(32, BigInt(args[1] as number)));
}

/** A month is 30 days, a day 24 hours. */
const secondsOf = ({ months, days, micros }: Interval): number => ((months * 30 + days) * MicrosPerDay + Number(micros)) / MicrosPerSecond;
