/**
 * What Prisma learns of a database, and the tables it makes from a data model: its schema engine, in the form that takes a driver, over Prisma's own driver for
 * node-postgres. Both sides are asked through a pool in node-postgres's shape, so that everything between the engine and SQL is Prisma's.
 *
 * Its driver does not take the types `"char"`, `name` and their kin, which the engine's own connection does: they are told as the text types they read as.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Session } from '../../engine/index.js';

const load = createRequire(import.meta.url);

interface Result {
  rowCount: number | null;
  fields: { name: string; dataTypeID: number }[];
  rows: unknown[][];
}
interface Query {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly types?: { getTypeParser(oid: number, format: 'text'): (text: string) => unknown };
}
/** A pool of node-postgres, as far as the driver uses it. */
export interface Pool {
  query(query: string | Query, values?: readonly unknown[]): Promise<Result>;
}

/** A session as a pool of one connection. */
export function sessionAsPool(session: Session, failed: string[]): Pool {
  return {
    async query(query, values) {
      const { text, types } = typeof query === 'string' ? { text: query, types: undefined } : query;
      const params = values ?? (typeof query === 'string' ? [] : query.values) ?? [];
      try {
        const options = { rowMode: 'array', values: 'text' } as const;
        const { rowCount, fields, rows } = params.length > 0 ? await session.query(text, params, options) : (await session.exec(text, options)).at(-1)!;
        const parsers = types === undefined ? undefined : fields.map(({ dataTypeID }) => types.getTypeParser(dataTypeID, 'text'));
        const values = rows as unknown as (string | null)[][];
        return { rowCount, fields: fields.map(({ name, dataTypeID }) => ({ name, dataTypeID })), rows: parsers === undefined ? values : values.map((row) => row.map((value, i) => (value === null ? null : parsers[i]!(value)))) };
      } catch (error) {
        failed.push(`${(error as { code?: string }).code} ${(error as Error).message}: ${text}`);
        throw error;
      }
    },
  };
}

const charOid = 18;
/** `"char"`, name, regproc, regtype and arrays of the first two. */
const textOids: ReadonlyMap<number, number> = new Map([[charOid, 25], [19, 25], [24, 25], [2206, 25], [1002, 1009], [1003, 1009]]);

interface Adapter {
  queryRaw(query: unknown): Promise<{ columnTypes: number[] }>;
}
interface AdapterFactory {
  connect(): Promise<Adapter>;
}
interface Utils {
  bindMigrationAwareSqlAdapterFactory(factory: object): object;
  readonly ColumnTypeEnum: { readonly Character: number };
}

/** The driver over `pool`, as the engine takes it. */
function driverOver(pool: Pool): object {
  const utils = load('./node_modules/@prisma/driver-adapter-utils') as Utils;
  const { PrismaPg } = load('./node_modules/@prisma/adapter-pg') as { PrismaPg: new (pool: object) => AdapterFactory };
  const { Pool: PoolClass } = load('./node_modules/pg') as { Pool: { prototype: object } };
  let oids: readonly number[] = [];
  const query: Pool['query'] = async (text, values) => {
    const result = await pool.query(text, values);
    if (!Array.isArray(result.fields)) return result;
    oids = result.fields.map((field) => field.dataTypeID);
    return { rowCount: result.rowCount, rows: result.rows, fields: result.fields.map(({ name, dataTypeID }) => ({ name, dataTypeID: textOids.get(dataTypeID) ?? dataTypeID })) };
  };
  const nothing = (): void => undefined;
  const client = { query, release: nothing, on: nothing, removeListener: nothing };
  const shaped: object = Object.assign(Object.create(PoolClass.prototype) as object, { query, options: {}, on: nothing, end: () => Promise.resolve(), connect: () => Promise.resolve(client) });
  const factory = new PrismaPg(shaped);
  const connect = async (): Promise<Adapter> => {
    const adapter = await factory.connect();
    const ask = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (request) => {
      const result = await ask(request);
      return { ...result, columnTypes: result.columnTypes.map((type, i) => (oids[i] === charOid ? utils.ColumnTypeEnum.Character : type)) };
    };
    return adapter;
  };
  return utils.bindMigrationAwareSqlAdapterFactory(Object.create(factory, { connect: { value: connect } }) as object);
}

interface Schemas {
  readonly files: readonly { readonly path: string; readonly content: string }[];
}
interface Engine {
  introspect(options: object): Promise<{ readonly schema: Schemas; readonly warnings: string | null }>;
  schemaPush(options: object): Promise<{ readonly executedSteps: number; readonly unexecutable: readonly string[]; readonly warnings: readonly string[] }>;
}
interface EngineModule {
  readonly SchemaEngine: { new: (options: object, log: () => void, adapter: object) => Promise<Engine> };
  __wbg_set_wasm(exports: object): void;
}

/** Where the engine says why it gave up; without it, it does not say. */
Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => console.error(message) } });

let loaded: Promise<EngineModule> | undefined;

/** One instance serves all: its module keeps views of the memory of the first. */
async function loadEngine(): Promise<EngineModule> {
  const folder = new URL('./node_modules/@prisma/schema-engine-wasm/', import.meta.url);
  const engine = (await import(new URL('schema_engine_bg.js', folder).href)) as EngineModule;
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: object } }> } };
  const { instance } = await WebAssembly.instantiate(readFileSync(new URL('schema_engine_bg.wasm', folder)), { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(instance.exports);
  (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
  return engine;
}

async function startEngine(pool: Pool, schema: string): Promise<Engine> {
  const { SchemaEngine } = await (loaded ??= loadEngine());
  return SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => undefined, driverOver(pool));
}

const source = 'datasource db {\n  provider = "postgresql"\n  schemas = ["public", "shop"]\n}\n';
const asFiles = (content: string): Schemas => ({ files: [{ path: 'schema.prisma', content }] });

/** The data model that `prisma db pull` would write. */
export async function pullWithPrisma(pool: Pool): Promise<string> {
  const engine = await startEngine(pool, source);
  const { schema } = await engine.introspect({ schema: asFiles(source), baseDirectoryPath: '/', force: true, compositeTypeDepth: -1, namespaces: ['public', 'shop'] });
  return schema.files[0]!.content;
}

const model = `${source}
enum Mood {
  sad
  ok

  @@schema("public")
}
model Person {
  id    Int      @id @default(autoincrement())
  name  String   @unique @db.VarChar(40)
  mood  Mood     @default(ok)
  tags  String[] @default(["a", "b"])
  born  DateTime @default(now()) @db.Timestamptz(3)
  pay   Decimal? @db.Decimal(10, 2)
  big   BigInt   @default(7)
  data  Json?
  key   String   @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  items Item[]

  @@index([mood, born(sort: Desc)])
  @@schema("public")
}
model Item {
  owner   Int
  number  Int
  person  Person @relation(fields: [owner], references: [id], onDelete: Cascade)

  @@id([owner, number])
  @@map("items")
  @@schema("shop")
}
`;

/** Makes the tables of a data model, as \`prisma db push\` does; a second time there must be nothing to do. */
export async function pushWithPrisma(pool: Pool): Promise<unknown> {
  const push = async (): Promise<unknown> => (await startEngine(pool, model)).schemaPush({ force: false, schema: asFiles(model), filters: { externalTables: [], externalEnums: [] } });
  const first = await push();
  const second = await push();
  return { first, second, pulled: await pullWithPrisma(pool) };
}
