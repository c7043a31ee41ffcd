/**
 * The main job on real data, from end to end: imports airports, routes and flights (the public data sets of the npm package vega-datasets) as CSV and
 * JSON, indexes them, asks ten questions, then kills a process in the middle of writing and shows that every acknowledged commit is there.
 *
 *     npm run example
 */
import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { open, type Database } from '../engine/index.js';

/** The package exports neither its data nor its package.json, so its folder is found from its entry point in build/. */
const data = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data');

const questions: readonly (readonly [string, string])[] = [
  ['How many airports, routes and flights are there?', 'select (select count(*) from airport) as airports, (select count(*) from route) as routes, (select count(*) from flight) as flights'],
  ['Which states have most airports?', 'select state, count(*) as airports from airport group by state order by airports desc, state limit 5'],
  ['Where does one get to from Honolulu, and how often?', `select a.city, r.flights from route r join airport a on a.iata = r.destination where r.origin = 'HNL' order by r.flights desc, a.city limit 5`],
  ['Which airports have the longest average delay on departure (at least 100 flights)?', 'select origin, count(*) as flights, round(avg(delay), 1) as minutes from flight group by origin having count(*) >= 100 order by minutes desc limit 5'],
  ['At which hours is one delayed most?', `select extract(hour from departs) as hour, round(avg(delay), 1) as minutes from flight group by 1 order by 2 desc limit 5`],
  ['What share of flights was on time?', 'select round(100.0 * count(*) filter (where delay <= 0) / count(*), 1) as percent from flight'],
  ['Which routes are flown in one direction only?', 'select r.origin, r.destination, r.flights from route r where not exists (select 1 from route b where b.origin = r.destination and b.destination = r.origin) order by r.flights desc, r.origin limit 5'],
  ['Which airports can be reached from Bismarck with at most two changes?', `with recursive reach(iata, hops) as (
      select 'BIS'::text, 0 union select r.destination, reach.hops + 1 from reach join route r on r.origin = reach.iata where reach.hops < 3)
    select hops, count(*) as airports from (select iata, min(hops) as hops from reach group by iata) s group by hops order by hops`],
  ['What is the furthest flight of each of the busiest airports?', `select origin, destination, distance from (
      select origin, destination, distance, row_number() over (partition by origin order by distance desc, destination) as n from flight) s
    where n = 1 and origin in (select origin from flight group by origin order by count(*) desc limit 3) order by origin`],
  ['Which airports have no route at all?', 'select count(*) as airports from airport a left join route r on r.origin = a.iata or r.destination = a.iata where r.origin is null'],
];

async function importData(db: Database): Promise<void> {
  await db.exec(`
    create table airport (iata text primary key, name text not null, city text, state text, country text not null, latitude float8 not null, longitude float8 not null);
    create table route (origin text not null, destination text not null, flights int not null check (flights > 0), primary key (origin, destination));
    create table flight (id int generated always as identity primary key, departs timestamp not null, delay int not null, distance int not null, origin text not null, destination text not null);
  `);
  const session = db.connect();
  await session.copyFrom('copy airport from stdin csv header', createReadStream(join(data, 'airports.csv')));
  await session.copyFrom('copy route from stdin csv header', createReadStream(join(data, 'flights-airport.csv')));
  const flights = JSON.parse(readFileSync(join(data, 'flights-20k.json'), 'utf8')) as Record<string, string | number>[];
  await session.transaction(async (tx) => {
    const insert = 'insert into flight (departs, delay, distance, origin, destination) values ($1, $2, $3, $4, $5)';
    for (const f of flights) await tx.query(insert, [f['date'], f['delay'], f['distance'], f['origin'], f['destination']]);
  });
  await session.close();
  await db.exec('create index flight_origin on flight (origin, departs); create index route_destination on route (destination); analyze');
}

/** Run in a child process: small transactions, each announced on standard output once it is acknowledged. */
async function writeForever(path: string): Promise<void> {
  const db = await open(path);
  await db.exec('create table if not exists booking (id int primary key, flight int not null references flight, seats int not null)');
  for (let id = 1; ; id++) {
    await db.query('insert into booking values ($1, $2, $3)', [id, 1 + (id % 1000), 1 + (id % 4)]);
    process.stdout.write(`${id}\n`);
  }
}

/** Kills the child after `count` acknowledgements; the last one it announced. */
function killAfter(path: string, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, '--write', path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = 0;
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = Number(line);
      if (last === count) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => resolve(last));
  });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'serialite-example-'));
  const path = join(folder, 'flights.slt');
  try {
    const db = await open(path);
    const started = performance.now();
    await importData(db);
    console.log(`Imported and indexed in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);
    for (const [question, sql] of questions) {
      const { rows } = await db.query(sql);
      console.log(question);
      console.table(rows);
    }
    await db.close();

    const acknowledged = await killAfter(path, 500);
    const again = await open(path);
    const { rows } = await again.query<{ count: number; max: number }>('select count(*) as count, max(id) as max from booking');
    console.log(`The writer was killed after ${acknowledged} acknowledged commits; the reopened file has ${rows[0]!.count}, the highest is ${rows[0]!.max}.`);
    const report = await again.check('full');
    console.log(`Full check: ${report.problems.length} problems in ${report.pageCount} pages.`);
    await again.close();
    if (rows[0]!.count < acknowledged || rows[0]!.count !== rows[0]!.max || report.problems.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[2] === '--write') await writeForever(process.argv[3]!);
else await main();
