/**
 * The reading half of bench/big.ts, a program as a user's: no loader of TypeScript, nothing imported but the package. Prints what loading the package, opening the file and the first
 * statement take, then point reads a second and memory. Arguments: file, rows, MiB of the pool.
 */
const [path, rows, cache] = process.argv.slice(2);
const rowCount = Number(rows);
const mebibytes = (bytes) => (bytes / 1048576).toFixed(0);

const started = performance.now();
const { open } = await import('../dist/engine/index.js');
const loaded = performance.now();
const bareBytes = process.memoryUsage.rss();
const before = performance.now();
const db = await open(path, { cacheBytes: Number(cache) * 1048576 });
const opened = performance.now();
const { id } = (await db.query('select id from item where id = $1', [rowCount])).rows[0];
const read = performance.now();
console.log(`loaded the package in ${(loaded - started).toFixed(0)} ms`);
console.log(`opened and read row ${id} in ${(read - before).toFixed(0)} ms: opened in ${(opened - before).toFixed(0)} ms, read in ${(read - opened).toFixed(0)} ms`);

const statement = db.prepare('select id, name, price from item where id = $1');
const count = 300_000;
// A linear congruential generator, so that every run reads the same rows.
let state = 3;
const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
const begun = performance.now();
for (let i = 0; i < count; i++) statement.get(1 + Math.floor((next() / 2 ** 32) * rowCount));
console.log(`${((count / (performance.now() - begun)) * 1000).toFixed(0)} random point reads a second with a pool of ${cache} MiB`);
console.log(`resident memory: ${mebibytes(process.memoryUsage.rss())} MiB, of which ${mebibytes(bareBytes)} before opening (Node and our code)`);
await db.close();
