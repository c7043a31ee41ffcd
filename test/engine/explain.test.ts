/** EXPLAIN ANALYZE as its options want it: rows, times and pages, in every format, generated and interpreted. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { open, type Database, type Session } from '../../engine/index.js';

let db: Database;
let session: Session;
beforeEach(async () => {
  db = await open(':memory:');
  session = db.connect();
  await session.exec('create table t (id int primary key, a int); insert into t select g, g % 10 from generate_series(1, 5000) g; analyze t');
});
afterEach(() => db.close());

const lines = async (sql: string): Promise<string[]> => (await session.query<{ 'QUERY PLAN': string }>(sql)).rows.map((row) => row['QUERY PLAN']);

test('BUFFERS shows the pages of the statement at its topmost operator', async () => {
  const [, buffers] = await lines('explain (analyze, buffers) select sum(a) from t');
  expect(buffers).toMatch(/^ {2}Buffers: shared hit=\d+$/);
  const all = Number(/hit=(\d+)/.exec(buffers!)![1]);
  const [, , few] = await lines('explain (analyze, buffers) select a from t where id = 7');
  expect(Number(/hit=(\d+)/.exec(few!)![1])).toBeLessThan(all);
  expect((await lines('explain (analyze) select sum(a) from t')).join('\n')).not.toContain('Buffers');
  // As a value of type json it comes as an object, as from node-postgres.
  const [row] = (await session.query<{ 'QUERY PLAN': [{ Plan: Record<string, unknown> }] }>('explain (analyze, buffers, format json) select sum(a) from t')).rows;
  const [{ Plan: plan }] = row!['QUERY PLAN'];
  expect(plan).toMatchObject({ 'Shared Hit Blocks': all, 'Shared Read Blocks': 0, 'Actual Rows': 1, 'Actual Startup Time': expect.any(Number), 'Actual Total Time': expect.any(Number) });
});

test('times stand where operators have some of their own, and not with TIMING off', async () => {
  const shape = (line: string): string => line.replaceAll(/\d+\.\d{3}/g, 'T');
  expect((await lines('explain (analyze, costs off, summary off) select sum(a) from t')).map(shape)).toEqual(['Aggregate (actual time=T..T rows=1 loops=1)', '  ->  Seq Scan on t (actual rows=5000 loops=1)']);
  await session.exec("set execution_mode = 'interpreted'");
  expect((await lines('explain (analyze, costs off, summary off) select sum(a) from t')).map(shape)).toEqual(['Aggregate (actual time=T..T rows=1 loops=1)', '  ->  Seq Scan on t (actual time=T..T rows=5000 loops=1)']);
  expect(await lines('explain (analyze, costs off, summary off, timing off) select a from t where id = 7')).toEqual(['Index Scan using t_pkey on t (actual rows=1 loops=1)', '  Index Cond: (id = 7)']);
});

test('a statement that changes rows counts those it returns', async () => {
  const run = (sql: string): Promise<string[]> => lines(`explain (analyze, costs off, summary off, timing off) ${sql}`);
  expect((await run('insert into t values (0), (-1) returning a'))[0]).toBe('Insert on t (actual rows=2 loops=1)');
  expect((await run('update t set a = 1 where id = 0'))[0]).toBe('Update on t (actual rows=0 loops=1)');
});

test('JSON, YAML and XML are laid out as PostgreSQL lays them out', async () => {
  const text = async (sql: string, format: string): Promise<string> =>
    (await session.query<[string]>(`explain (costs off, format ${format}) ${sql}`, undefined, { rowMode: 'array', values: 'text' })).rows[0]![0];
  const grouped = "select a, count(*) from t where id < 3 and '<&' <> a::text || 'x' group by a, length(a::text)";
  expect(await text(grouped, 'yaml')).toMatchInlineSnapshot(`
    "- Plan: 
        Node Type: "Aggregate"
        Strategy: "Hashed"
        Group Key: 
          - "a"
          - "length((a)::text)"
        Plans: 
          - Node Type: "Index Scan"
            Scan Direction: "Forward"
            Index Name: "t_pkey"
            Relation Name: "t"
            Alias: "t"
            Parent Relationship: "Outer"
            Index Cond: "(id < 3)"
            Filter: "('<&'::text <> ((a)::text || 'x'::text))""
  `);
  expect(await text(grouped, 'xml')).toMatchInlineSnapshot(`
    "<explain xmlns="http://www.postgresql.org/2009/explain">
      <Query>
        <Plan>
          <Node-Type>Aggregate</Node-Type>
          <Strategy>Hashed</Strategy>
          <Group-Key>
            <Item>a</Item>
            <Item>length((a)::text)</Item>
          </Group-Key>
          <Plans>
            <Plan>
              <Node-Type>Index Scan</Node-Type>
              <Scan-Direction>Forward</Scan-Direction>
              <Index-Name>t_pkey</Index-Name>
              <Relation-Name>t</Relation-Name>
              <Alias>t</Alias>
              <Parent-Relationship>Outer</Parent-Relationship>
              <Index-Cond>(id &lt; 3)</Index-Cond>
              <Filter>('&lt;&amp;'::text &lt;&gt; ((a)::text || 'x'::text))</Filter>
            </Plan>
          </Plans>
        </Plan>
      </Query>
    </explain>"
  `);
  expect(await text('select 1 from t where id > 3 order by a, id', 'json')).toMatchInlineSnapshot(`
    "[
      {
        "Plan": {
          "Node Type": "Sort",
          "Sort Key": ["a", "id"],
          "Plans": [
            {
              "Node Type": "Seq Scan",
              "Relation Name": "t",
              "Alias": "t",
              "Parent Relationship": "Outer",
              "Filter": "(id > 3)"
            }
          ]
        }
      }
    ]"
  `);
});

test('FORMAT wants one of the four words', async () => {
  await expect(session.query('explain (format toml) select 1')).rejects.toMatchObject({ code: '22023', message: 'unrecognized value for EXPLAIN option "format": "toml"' });
});
