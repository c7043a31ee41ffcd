/**
 * The classic stories: what the anomalies of the literature do to a hospital, a bank, a calendar. Each runs at every level on every target.
 * Sources: Berenson et al. 1995; Fekete, Liarokapis et al. 2005; Fekete, O'Neil, O'Neil 2004 (read-only anomaly); Ports, Grittner 2012; Kleppmann 2017.
 */
import type { Anomaly } from './anomaly.js';
import { bothCommitted, steps, weak } from './script.js';

const skewWhy =
  'Each transaction reads what the other one changes, and neither changes what the other one has changed, so no row lock meets. A snapshot hides the change; only SERIALIZABLE sees that there is no order in which both make sense, and fails the second with 40001.';

export const stories: readonly Anomaly[] = [
  {
    id: 'write-skew', title: 'On-call doctors', phenomenon: 'A5B write skew', source: 'Cahill 2009; Kleppmann 2017',
    story: 'Two doctors are on call and at least one must stay. Both look, see two, and take themselves off.',
    setup: `CREATE TABLE doctor (name text PRIMARY KEY, on_call boolean NOT NULL); INSERT INTO doctor VALUES ('ada', true), ('bob', true)`,
    sessions: ['t1', 't2'],
    steps: steps('t1: SELECT count(*) FROM doctor WHERE on_call', 't2: SELECT count(*) FROM doctor WHERE on_call', `t1: UPDATE doctor SET on_call = false WHERE name = 'ada'`, `t2: UPDATE doctor SET on_call = false WHERE name = 'bob'`, 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: weak, why: skewWhy,
  },
  {
    id: 'meeting-room', title: 'A room booked twice', phenomenon: 'phantom, write skew', source: 'Kleppmann 2017',
    story: 'Two people look for bookings of a room between twelve and one, find none, and both book it.',
    setup: `CREATE TABLE booking (id int PRIMARY KEY, room int, starts int, ends int); CREATE INDEX booking_room ON booking (room, starts)`,
    sessions: ['t1', 't2'],
    steps: steps('t1: SELECT count(*) FROM booking WHERE room = 7 AND starts < 13 AND ends > 12', 't2: SELECT count(*) FROM booking WHERE room = 7 AND starts < 13 AND ends > 12', 't1: INSERT INTO booking VALUES (1, 7, 12, 13)', 't2: INSERT INTO booking VALUES (2, 7, 12, 13)', 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: weak, why: `${skewWhy} What was read here is the absence of rows: the range of the index that was searched counts as read.`,
  },
  {
    id: 'username', title: 'A user name taken twice', phenomenon: 'phantom over an absent key', source: 'Kleppmann 2017',
    story: 'Two people choose the same name. Each looks whether it is free; no unique constraint helps.',
    setup: `CREATE TABLE account (id int PRIMARY KEY, name text); CREATE INDEX account_name ON account (name)`,
    sessions: ['t1', 't2'],
    steps: steps(`t1: SELECT count(*) FROM account WHERE name = 'eve'`, `t2: SELECT count(*) FROM account WHERE name = 'eve'`, `t1: INSERT INTO account VALUES (1, 'eve')`, `t2: INSERT INTO account VALUES (2, 'eve')`, 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: weak, why: 'A key that is not there has been read as well: the gap in the index where it would be. At SERIALIZABLE the insert of the other one crosses it.',
  },
  {
    id: 'username-unique', title: 'The same with a unique constraint', phenomenon: 'uniqueness', source: 'PostgreSQL spec read-write-unique',
    story: 'Now the name is unique: the second insert waits for the first and then fails, at every level.',
    setup: `CREATE TABLE account (name text PRIMARY KEY)`,
    sessions: ['t1', 't2'],
    steps: steps(`t1: SELECT count(*) FROM account WHERE name = 'eve'`, `t2: SELECT count(*) FROM account WHERE name = 'eve'`, `t1: INSERT INTO account VALUES ('eve')`, `t2: INSERT INTO account VALUES ('eve')`, 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: [], why: 'A unique index is checked against the newest state, transactions in flight included. READ COMMITTED and REPEATABLE READ say 23505; SERIALIZABLE, having read the name as free, says 40001, so that a retry sees the truth.',
  },
  {
    id: 'double-spending', title: 'Two accounts, one allowance', phenomenon: 'A5B write skew', source: 'Berenson 1995',
    story: 'A couple may overdraw one account as long as the sum is not negative. Both draw from different accounts at the same time.',
    setup: `CREATE TABLE account (owner text PRIMARY KEY, balance int NOT NULL); INSERT INTO account VALUES ('ada', 50), ('bob', 50)`,
    sessions: ['t1', 't2'],
    steps: steps('t1: SELECT sum(balance) FROM account', 't2: SELECT sum(balance) FROM account', `t1: UPDATE account SET balance = balance - 100 WHERE owner = 'ada'`, `t2: UPDATE account SET balance = balance - 100 WHERE owner = 'bob'`, 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: weak, why: skewWhy,
  },
  {
    id: 'black-and-white', title: 'Black and white', phenomenon: 'A5B write skew', source: 'PostgreSQL wiki, SSI',
    story: 'One makes all black marbles white, the other all white ones black. In any order all end with one colour; side by side they trade places.',
    setup: `CREATE TABLE marble (id int PRIMARY KEY, color text); INSERT INTO marble VALUES (1, 'black'), (2, 'white')`,
    sessions: ['t1', 't2'],
    steps: steps(`t1: UPDATE marble SET color = 'white' WHERE color = 'black'`, `t2: UPDATE marble SET color = 'black' WHERE color = 'white'`, 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: weak, why: 'An UPDATE reads what its WHERE looks at. Each has read the row that the other one changes.',
  },
  {
    id: 'read-only-anomaly', title: 'The statement that should not exist', phenomenon: 'read-only anomaly', source: "Fekete, O'Neil, O'Neil 2004",
    story: 'A withdrawal costs a fee when the sum would be negative. A deposit comes in, a statement of account shows it without the withdrawal, and then the withdrawal pays the fee as if the deposit had not been.',
    setup: `CREATE TABLE account (kind text PRIMARY KEY, balance int); INSERT INTO account VALUES ('checking', 0), ('savings', 0)`,
    sessions: ['t1', 't2', 't3'],
    steps: steps('t2: SELECT * FROM account ORDER BY kind', `t1: SELECT balance FROM account WHERE kind = 'savings'`, `t1: UPDATE account SET balance = 20 WHERE kind = 'savings'`, 't1: COMMIT', 't3: SELECT * FROM account ORDER BY kind', 't3: COMMIT', `t2: UPDATE account SET balance = -11 WHERE kind = 'checking'`, 't2: COMMIT'),
    happened: (run) => run.committed('t1') && run.committed('t2') && run.committed('t3'), allowedAt: weak,
    why: 'Withdrawal and deposit alone have an order: withdrawal first. The reader saw the deposit and not the withdrawal, which only the other order explains. Even a transaction that writes nothing can close a cycle.',
  },
  {
    id: 'long-fork', title: 'Two readers disagree about what came first', phenomenon: 'long fork, G-nonadjacent', source: 'Sovran et al. 2011',
    story: 'Two posts are written independently. One reader sees the first without the second, another one the second without the first.',
    setup: `CREATE TABLE post (id int PRIMARY KEY, text text)`,
    sessions: ['t1', 't2', 't3', 't4'],
    steps: steps(`t1: INSERT INTO post VALUES (1, 'one')`, `t2: INSERT INTO post VALUES (2, 'two')`, 't1: COMMIT', 't3: SELECT string_agg(id::text, \' \' ORDER BY id) FROM post', 't2: COMMIT', 't4: SELECT string_agg(id::text, \' \' ORDER BY id) FROM post', 't3: COMMIT', 't4: COMMIT'),
    happened: (run) => run.value(3) === '1' && run.value(5) === '2', allowedAt: [],
    why: 'A snapshot is a prefix of one order of commits, the same for all; only systems with several such orders fork.',
  },
  {
    id: 'lost-update-read-modify-write', title: 'A counter that forgets', phenomenon: 'P4 lost update', source: 'Berenson 1995',
    story: 'Two clients read a counter, add one in the application and write the sum back.',
    setup: `CREATE TABLE counter (id int PRIMARY KEY, n int); INSERT INTO counter VALUES (1, 0)`,
    sessions: ['t1', 't2'],
    steps: steps('t1: SELECT n FROM counter', 't2: SELECT n FROM counter', 't1: UPDATE counter SET n = 1', 't2: UPDATE counter SET n = 1', 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: ['read committed'], why: 'READ COMMITTED writes over the newer value. At a snapshot the first updater wins and the second fails with 40001.',
  },
  {
    id: 'lost-update-for-update', title: 'The same with SELECT FOR UPDATE', phenomenon: 'P4 lost update', source: 'Berenson 1995, cursor stability',
    story: 'Whoever reads in order to write locks what it reads: the second reader waits and reads the newer value.',
    setup: `CREATE TABLE counter (id int PRIMARY KEY, n int); INSERT INTO counter VALUES (1, 0)`,
    sessions: ['t1', 't2'],
    steps: steps('t1: SELECT n FROM counter FOR UPDATE', 't2: SELECT n FROM counter FOR UPDATE', 't1: UPDATE counter SET n = 1', 't1: COMMIT', 't2: UPDATE counter SET n = 2', 't2: COMMIT'),
    happened: (run) => bothCommitted(run) && run.value(1) === '0', allowedAt: [], why: 'The lock makes the second one wait. READ COMMITTED then gives it the newest row; the other levels fail it.',
  },
  {
    id: 'upsert-race', title: 'Two upserts of one key', phenomenon: 'uniqueness, upsert', source: 'PostgreSQL spec insert-conflict-do-update',
    story: 'Two clients count visitors with INSERT ... ON CONFLICT DO UPDATE. A visit must not be lost.',
    setup: `CREATE TABLE visits (page text PRIMARY KEY, n int)`,
    sessions: ['t1', 't2'],
    steps: steps(`t1: INSERT INTO visits VALUES ('home', 1) ON CONFLICT (page) DO UPDATE SET n = visits.n + 1 RETURNING n`, `t2: INSERT INTO visits VALUES ('home', 1) ON CONFLICT (page) DO UPDATE SET n = visits.n + 1 RETURNING n`, 't1: COMMIT', 't2: COMMIT'),
    happened: (run) => bothCommitted(run) && run.value(1) !== '2', allowedAt: [], why: 'The second waits for the key. READ COMMITTED then updates the row it could not see before; the others fail with 40001.',
  },
  {
    id: 'foreign-key-orphan', title: 'A child whose parent goes', phenomenon: 'foreign key', source: 'PostgreSQL spec fk-contention',
    story: 'One client adds an order for a customer while another one deletes the customer.',
    setup: `CREATE TABLE customer (id int PRIMARY KEY); CREATE TABLE purchase (id int PRIMARY KEY, customer int REFERENCES customer); INSERT INTO customer VALUES (1)`,
    sessions: ['t1', 't2'],
    steps: steps('t1: INSERT INTO purchase VALUES (1, 1)', 't2: DELETE FROM customer WHERE id = 1', 't1: COMMIT', 't2: COMMIT'),
    happened: bothCommitted, allowedAt: [], why: 'The check of a foreign key holds a KEY SHARE lock on the parent to the end; the delete waits for it and then finds the child in the newest state.',
  },
  {
    id: 'sequence-gap', title: 'A number that nobody got', phenomenon: 'sequence', source: "PostgreSQL's documentation of nextval",
    story: 'A client draws an invoice number and rolls back; the next one gets the number after.',
    setup: `CREATE SEQUENCE invoice`,
    sessions: ['t1', 't2'],
    steps: steps(`t1: SELECT nextval('invoice')`, 't1: ROLLBACK', `t2: SELECT nextval('invoice')`, 't2: COMMIT'),
    happened: (run) => run.value(2) === '2', allowedAt: ['read committed', 'repeatable read', 'serializable'], why: 'Sequences stand outside transactions at every level, or every insert would wait for the one before.',
  },
];
