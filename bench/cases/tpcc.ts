/**
 * The five transactions of TPC-C (revision 5.11, clause 2) in the mix of its clause 5.2.3, in statements that every engine understands: as the specification has them, but for money as double
 * precision, no foreign keys, and a fiftieth of the items and customers. Sixteen terminals over eight warehouses: the specification has ten to one, which think for seconds. `npm run tpcc` runs it whole, beside PostgreSQL.
 */
import type { Prng } from '../../base/prng.js';
import { between, districtCount, lastName, skewed, tpccRows, type TpccScale } from '../macro/tpcc/load.js';
import { drawTransaction } from '../macro/tpcc/transactions.js';
import type { PeerDatabase } from '../peers/peer.js';
import { load } from './accounts.js';
import { openTransactions, RolledBack, type Step, type Workload } from './open-transactions.js';

const scale: TpccScale = { warehouses: 8, items: 2000, customers: 60 };

// -------------------------------------------------------------------------------------------------------------------------- tables

const districtInfo = Array.from({ length: districtCount }, (_, i) => `s_dist_${String(i + 1).padStart(2, '0')}`);
const address = (p: string): string => ['street_1', 'street_2', 'city', 'state', 'zip'].map((part) => `${p}_${part} text not null`).join(', ');

/** Columns, each a name and a type, and the key of those that it takes several of. */
const tables: Readonly<Record<string, { readonly columns: string; readonly key?: string }>> = {
  warehouse: { columns: `w_id integer primary key, w_name text not null, ${address('w')}, w_tax double precision not null, w_ytd double precision not null` },
  district: {
    columns: `d_id integer not null, d_w_id integer not null, d_name text not null, ${address('d')}, d_tax double precision not null, d_ytd double precision not null, d_next_o_id integer not null`,
    key: 'd_w_id, d_id',
  },
  customer: {
    columns: `c_id integer not null, c_d_id integer not null, c_w_id integer not null, c_first text not null, c_middle text not null, c_last text not null, ${address('c')}, c_phone text not null,
      c_since text not null, c_credit text not null, c_credit_lim double precision not null, c_discount double precision not null, c_balance double precision not null,
      c_ytd_payment double precision not null, c_payment_cnt integer not null, c_delivery_cnt integer not null, c_data text not null`,
    key: 'c_w_id, c_d_id, c_id',
  },
  history: {
    columns: `h_c_id integer not null, h_c_d_id integer not null, h_c_w_id integer not null, h_d_id integer not null, h_w_id integer not null, h_date text not null,
      h_amount double precision not null, h_data text not null`,
  },
  orders: {
    columns: `o_id integer not null, o_d_id integer not null, o_w_id integer not null, o_c_id integer not null, o_entry_d text not null, o_carrier_id integer, o_ol_cnt integer not null,
      o_all_local integer not null`,
    key: 'o_w_id, o_d_id, o_id',
  },
  new_order: { columns: 'no_o_id integer not null, no_d_id integer not null, no_w_id integer not null', key: 'no_w_id, no_d_id, no_o_id' },
  item: { columns: 'i_id integer primary key, i_im_id integer not null, i_name text not null, i_price double precision not null, i_data text not null' },
  stock: {
    columns: `s_i_id integer not null, s_w_id integer not null, s_quantity integer not null, ${districtInfo.map((name) => `${name} text not null`).join(', ')}, s_ytd integer not null,
      s_order_cnt integer not null, s_remote_cnt integer not null, s_data text not null`,
    key: 's_w_id, s_i_id',
  },
  order_line: {
    columns: `ol_o_id integer not null, ol_d_id integer not null, ol_w_id integer not null, ol_number integer not null, ol_i_id integer not null, ol_supply_w_id integer not null, ol_delivery_d text,
      ol_quantity integer not null, ol_amount double precision not null, ol_dist_info text not null`,
    key: 'ol_w_id, ol_d_id, ol_o_id, ol_number',
  },
};
const indexes = ['create index customer_name on customer (c_w_id, c_d_id, c_last, c_first)', 'create index orders_customer on orders (o_w_id, o_d_id, o_c_id, o_id)'];

async function create(db: PeerDatabase): Promise<void> {
  for (const [table, { columns, key }] of Object.entries(tables)) {
    await db.exec(`create table ${table} (${columns}${key === undefined ? '' : `, primary key (${key})`})`);
    await load(db, table, columns.split(/,\s+/).map((column) => column.split(' ')[0]!), tpccRows(table, scale));
  }
  for (const sql of indexes) await db.exec(sql);
}

// ---------------------------------------------------------------------------------------------------------------------- statements

const statements = {
  orderHead: 'select c_discount, c_last, c_credit, w_tax from customer join warehouse on w_id = c_w_id where c_w_id = $1 and c_d_id = $2 and c_id = $3',
  nextOrder: 'select d_next_o_id, d_tax from district where d_w_id = $1 and d_id = $2 for update',
  takeOrder: 'update district set d_next_o_id = d_next_o_id + 1 where d_w_id = $1 and d_id = $2',
  addOrder: 'insert into orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_carrier_id, o_ol_cnt, o_all_local) values ($1, $2, $3, $4, $5, null, $6, $7)',
  addNewOrder: 'insert into new_order (no_o_id, no_d_id, no_w_id) values ($1, $2, $3)',
  item: 'select i_price, i_name, i_data from item where i_id = $1',
  ...Object.fromEntries(districtInfo.map((column, i) => [`stock${i + 1}`, `select s_quantity, s_data, ${column} as info from stock where s_i_id = $1 and s_w_id = $2 for update`])),
  takeStock: 'update stock set s_quantity = $1, s_ytd = s_ytd + $2, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + $3 where s_i_id = $4 and s_w_id = $5',
  addLine: `insert into order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_delivery_d, ol_quantity, ol_amount, ol_dist_info)
    values ($1, $2, $3, $4, $5, $6, null, $7, $8, $9)`,
  payWarehouse: 'update warehouse set w_ytd = w_ytd + $1 where w_id = $2',
  payDistrict: 'update district set d_ytd = d_ytd + $1 where d_w_id = $2 and d_id = $3',
  byName: 'select c_id from customer where c_w_id = $1 and c_d_id = $2 and c_last = $3 order by c_first',
  pay: 'update customer set c_balance = c_balance - $1, c_ytd_payment = c_ytd_payment + $2, c_payment_cnt = c_payment_cnt + 1 where c_w_id = $3 and c_d_id = $4 and c_id = $5',
  addHistory: 'insert into history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) values ($1, $2, $3, $4, $5, $6, $7, $8)',
  customer: 'select c_balance, c_first, c_middle, c_last from customer where c_w_id = $1 and c_d_id = $2 and c_id = $3',
  lastOrder: 'select o_id, o_carrier_id, o_entry_d from orders where o_w_id = $1 and o_d_id = $2 and o_c_id = $3 order by o_id desc limit 1',
  lines: 'select ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d from order_line where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3 order by ol_number',
  oldest: 'select no_o_id from new_order where no_w_id = $1 and no_d_id = $2 order by no_o_id limit 1 for update',
  removeNewOrder: 'delete from new_order where no_w_id = $1 and no_d_id = $2 and no_o_id = $3',
  orderCustomer: 'select o_c_id from orders where o_w_id = $1 and o_d_id = $2 and o_id = $3',
  carry: 'update orders set o_carrier_id = $1 where o_w_id = $2 and o_d_id = $3 and o_id = $4',
  deliverLines: 'update order_line set ol_delivery_d = $1 where ol_w_id = $2 and ol_d_id = $3 and ol_o_id = $4',
  amount: 'select sum(ol_amount) as amount from order_line where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3',
  deliver: 'update customer set c_delivery_cnt = c_delivery_cnt + 1, c_balance = c_balance + $1 where c_w_id = $2 and c_d_id = $3 and c_id = $4',
  recentOrders: 'select d_next_o_id from district where d_w_id = $1 and d_id = $2',
  lowStock: `select count(distinct s_i_id) as low from order_line join stock on s_w_id = ol_w_id and s_i_id = ol_i_id
    where ol_w_id = $1 and ol_d_id = $2 and ol_o_id >= $3 and ol_o_id < $4 and s_quantity < $5`,
} satisfies Record<string, string>;

type Row = Readonly<Record<string, unknown>>;
type Params = (seen: Readonly<Record<string, unknown>>) => readonly unknown[];

/** Reads a row, whose columns are seen by what follows; `undefined` where there is none. */
const read = (name: string, params: Params): Step => async (prepared, seen) => {
  Object.assign(seen, (await prepared[name]!.get(...params(seen))) as Row | undefined);
};
const write = (name: string, params: Params): Step => async (prepared, seen) => {
  await prepared[name]!.run(...params(seen));
};
/** A step that is left out where `column` has not been seen. */
const where = (column: string, step: Step): Step => async (prepared, seen) => {
  if (seen[column] !== undefined) await step(prepared, seen);
};

// -------------------------------------------------------------------------------------------------------------------- transactions

const someTime = '2026-01-02 00:00:00';
const someCustomer = (prng: Prng): number => skewed(prng, 1023, 1, scale.customers);
const someDistrict = (prng: Prng): number => between(prng, 1, districtCount);
const other = (warehouse: number): number => (warehouse % scale.warehouses) + 1;

function newOrder(prng: Prng, w: number): Step[] {
  const d = someDistrict(prng);
  const c = someCustomer(prng);
  const count = between(prng, 5, 15);
  const isRefused = prng.below(100) === 0;
  const lines = Array.from({ length: count }, (_, i) => ({
    item: isRefused && i === count - 1 ? 0 : skewed(prng, 8191, 1, scale.items), supply: prng.below(100) === 0 ? other(w) : w, quantity: between(prng, 1, 10),
  }));
  const steps = [
    read('orderHead', () => [w, d, c]),
    read('nextOrder', () => [w, d]),
    write('takeOrder', () => [w, d]),
    write('addOrder', ({ d_next_o_id: o }) => [o, d, w, c, someTime, count, lines.every(({ supply }) => supply === w) ? 1 : 0]),
    write('addNewOrder', ({ d_next_o_id: o }) => [o, d, w]),
  ];
  for (const [i, line] of lines.entries()) steps.push(...orderLine(w, d, i + 1, line));
  return steps;
}

function orderLine(w: number, d: number, number: number, { item, supply, quantity }: { item: number; supply: number; quantity: number }): Step[] {
  const remaining = (left: number): number => (left >= quantity + 10 ? left - quantity : left - quantity + 91);
  return [
    async (prepared, seen) => {
      const row = await prepared['item']!.get(item);
      // One order in a hundred names an item that there is not.
      if (row === undefined) throw new RolledBack('item number is not valid');
      Object.assign(seen, row);
    },
    read(`stock${d}`, () => [item, supply]),
    write('takeStock', ({ s_quantity: left }) => [remaining(left as number), quantity, supply === w ? 0 : 1, item, supply]),
    write('addLine', ({ d_next_o_id: o, i_price: price, info }) => [o, d, w, number, item, supply, quantity, quantity * (price as number), info]),
  ];
}

/** By number, or the one in the middle of those with a name, by first name; it is seen as `c_id`. */
function findCustomer(prng: Prng, w: number, d: number): Step[] {
  if (prng.below(100) >= 60) {
    const c = someCustomer(prng);
    return [(_, seen) => Promise.resolve(void (seen['c_id'] = c))];
  }
  const name = lastName(skewed(prng, 255, 0, scale.customers - 1));
  return [
    async (prepared, seen) => {
      const rows = (await prepared['byName']!.all(w, d, name)) as readonly Row[];
      seen['c_id'] = rows[Math.ceil(rows.length / 2) - 1]!['c_id'];
    },
  ];
}

function payment(prng: Prng, w: number): Step[] {
  const d = someDistrict(prng);
  const isHome = prng.below(100) < 85;
  const [cw, cd] = isHome ? [w, d] : [other(w), someDistrict(prng)];
  const amount = between(prng, 100, 500_000) / 100;
  return [
    write('payWarehouse', () => [amount, w]),
    write('payDistrict', () => [amount, w, d]),
    ...findCustomer(prng, cw, cd),
    write('pay', ({ c_id: c }) => [amount, amount, cw, cd, c]),
    write('addHistory', ({ c_id: c }) => [cd, cw, c, d, w, someTime, amount, 'a payment of a customer']),
  ];
}

function orderStatus(prng: Prng, w: number): Step[] {
  const d = someDistrict(prng);
  return [
    ...findCustomer(prng, w, d),
    read('customer', ({ c_id: c }) => [w, d, c]),
    read('lastOrder', ({ c_id: c }) => [w, d, c]),
    where('o_id', async (prepared, seen) => {
      await prepared['lines']!.all(w, d, seen['o_id']);
    }),
  ];
}

function delivery(prng: Prng, w: number): Step[] {
  const carrier = between(prng, 1, 10);
  return Array.from({ length: districtCount }, (_, i) => deliverOldest(w, i + 1, carrier)).flat();
}

/** The oldest new order of a district, where there is one. */
function deliverOldest(w: number, d: number, carrier: number): Step[] {
  const o = 'no_o_id';
  return [
    async (prepared, seen) => {
      seen[o] = ((await prepared['oldest']!.get(w, d)) as Row | undefined)?.[o];
    },
    where(o, write('removeNewOrder', (seen) => [w, d, seen[o]])),
    where(o, read('orderCustomer', (seen) => [w, d, seen[o]])),
    where(o, write('carry', (seen) => [carrier, w, d, seen[o]])),
    where(o, write('deliverLines', (seen) => [someTime, w, d, seen[o]])),
    where(o, read('amount', (seen) => [w, d, seen[o]])),
    where(o, write('deliver', ({ amount, o_c_id: c }) => [amount, w, d, c])),
  ];
}

function stockLevel(prng: Prng, w: number): Step[] {
  const d = someDistrict(prng);
  const threshold = between(prng, 10, 20);
  return [
    read('recentOrders', () => [w, d]),
    read('lowStock', ({ d_next_o_id: next }) => [w, d, (next as number) - 20, next, threshold]),
  ];
}

const bodies = { 'new order': newOrder, payment, 'order status': orderStatus, delivery, 'stock level': stockLevel } as const;

const tpcc: Workload = {
  level: 'serializable',
  // Each has some 25 statements.
  perClient: 10,
  create,
  statements,
  transaction: (prng, client) => bodies[drawTransaction(prng)](prng, 1 + (client % scale.warehouses)),
  check: 'select count(*) as n from district d where d_next_o_id - 1 <> (select max(o_id) from orders where o_w_id = d_w_id and o_d_id = d_id)',
};

export const tpccCase = openTransactions('TPC-C', tpcc);
