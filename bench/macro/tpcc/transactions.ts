/**
 * The five transactions of TPC-C (clause 2) as SQL over a session, in PostgreSQL's syntax. Inputs are drawn from a seeded generator, the clock is a counter: a run of one
 * terminal is a function of its seed, whatever the engine. What a transaction shows its terminal is returned, for comparing engines.
 */
import type { Prng } from '../../../base/prng.js';
import { between, districtCount, lastName, skewed, type TpccScale } from './load.js';

/** What both Serialite's sessions and node-postgres' clients offer. */
export interface TpccSession {
  query(text: string, params?: unknown[]): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
}
type Row = Readonly<Record<string, unknown>>;

export type TransactionName = 'new order' | 'payment' | 'order status' | 'delivery' | 'stock level';

/** By the specification's minimum mix, new orders taking the rest. */
export function drawTransaction(prng: Prng): TransactionName {
  const x = prng.below(100);
  return x < 43 ? 'payment' : x < 47 ? 'order status' : x < 51 ? 'delivery' : x < 55 ? 'stock level' : 'new order';
}

export class Terminal {
  readonly #session: TpccSession;
  readonly #scale: TpccScale;
  readonly #prng: Prng;
  readonly #warehouse: number;
  #ticks: number;

  /** `number` tells terminals apart; it also spreads their clocks. */
  constructor(session: TpccSession, scale: TpccScale, prng: Prng, number: number) {
    this.#session = session;
    this.#scale = scale;
    this.#prng = prng;
    this.#warehouse = 1 + (number % scale.warehouses);
    this.#ticks = number * 1_000_000;
  }

  async #rows(text: string, params: unknown[]): Promise<Row[]> {
    return (await this.#session.query(text, params)).rows as Row[];
  }
  async #one(text: string, params: unknown[]): Promise<Row> {
    const [row] = await this.#rows(text, params);
    if (row === undefined) throw new Error(`no row: ${text} ${JSON.stringify(params)}`);
    return row;
  }
  /** Time as the transactions see it. */
  #now(): string {
    return new Date(Date.UTC(2026, 0, 2) + this.#ticks++ * 1000).toISOString().slice(0, 19).replace('T', ' ');
  }
  #customer(): number {
    return skewed(this.#prng, 1023, 1, this.#scale.customers);
  }
  #otherWarehouse(): number {
    const { warehouses } = this.#scale;
    if (warehouses === 1) return 1;
    const other = between(this.#prng, 1, warehouses - 1);
    return other >= this.#warehouse ? other + 1 : other;
  }

  /** Inputs are drawn first, so that a retry runs the same transaction again. */
  draw(name: TransactionName): () => Promise<unknown> {
    switch (name) {
      case 'new order':
        return this.#newOrder();
      case 'payment':
        return this.#payment();
      case 'order status':
        return this.#orderStatus();
      case 'delivery':
        return this.#delivery();
      case 'stock level':
        return this.#stockLevel();
    }
  }

  // ------------------------------------------------------------------------------------------------------------ 2.4

  #newOrder(): () => Promise<unknown> {
    const w = this.#warehouse;
    const d = between(this.#prng, 1, districtCount);
    const c = this.#customer();
    const isRolledBack = this.#prng.below(100) === 0;
    const count = between(this.#prng, 5, 15);
    const lines = Array.from({ length: count }, (_, i) => ({
      item: isRolledBack && i === count - 1 ? 0 : skewed(this.#prng, 8191, 1, this.#scale.items),
      supply: this.#prng.below(100) === 0 ? this.#otherWarehouse() : w,
      quantity: between(this.#prng, 1, 10),
    }));
    const entered = this.#now();
    return async () => {
      const head = await this.#one('select c_discount, c_last, c_credit, w_tax from customer, warehouse where w_id = $1 and c_w_id = w_id and c_d_id = $2 and c_id = $3', [w, d, c]);
      const district = await this.#one('select d_next_o_id, d_tax from district where d_w_id = $1 and d_id = $2 for update', [w, d]);
      const o = district['d_next_o_id'] as number;
      await this.#session.query('update district set d_next_o_id = d_next_o_id + 1 where d_w_id = $1 and d_id = $2', [w, d]);
      await this.#session.query('insert into orders (o_id, o_d_id, o_w_id, o_c_id, o_entry_d, o_carrier_id, o_ol_cnt, o_all_local) values ($1, $2, $3, $4, $5, null, $6, $7)', [
        o, d, w, c, entered, count, lines.every(({ supply }) => supply === w) ? 1 : 0,
      ]);
      await this.#session.query('insert into new_order (no_o_id, no_d_id, no_w_id) values ($1, $2, $3)', [o, d, w]);
      const shown: unknown[] = [];
      for (const [i, { item, supply, quantity }] of lines.entries()) {
        const [found] = await this.#rows('select i_price, i_name, i_data from item where i_id = $1', [item]);
        if (found === undefined) throw new Rollback();
        const column = `s_dist_${String(d).padStart(2, '0')}`;
        const stock = await this.#one(`select s_quantity, s_data, ${column} as info from stock where s_i_id = $1 and s_w_id = $2 for update`, [item, supply]);
        const left = stock['s_quantity'] as number;
        const remaining = left >= quantity + 10 ? left - quantity : left - quantity + 91;
        await this.#session.query('update stock set s_quantity = $1, s_ytd = s_ytd + $2, s_order_cnt = s_order_cnt + 1, s_remote_cnt = s_remote_cnt + $3 where s_i_id = $4 and s_w_id = $5', [
          remaining, quantity, supply === w ? 0 : 1, item, supply,
        ]);
        const line = await this.#one(
          'insert into order_line (ol_o_id, ol_d_id, ol_w_id, ol_number, ol_i_id, ol_supply_w_id, ol_delivery_d, ol_quantity, ol_amount, ol_dist_info) values ($1, $2, $3, $4, $5, $6, null, $7, $8::numeric * $7::integer, $9) returning ol_amount',
          [o, d, w, i + 1, item, supply, quantity, found['i_price'], stock['info']],
        );
        const isBrand = /ORIGINAL/.test(found['i_data'] as string) && /ORIGINAL/.test(stock['s_data'] as string);
        shown.push([found['i_name'], remaining, isBrand ? 'B' : 'G', found['i_price'], line['ol_amount']]);
      }
      return { head, order: o, shown };
    };
  }

  // ------------------------------------------------------------------------------------------------------------ 2.5

  #payment(): () => Promise<unknown> {
    const w = this.#warehouse;
    const d = between(this.#prng, 1, districtCount);
    const isHome = this.#prng.below(100) < 85;
    const cw = isHome ? w : this.#otherWarehouse();
    const cd = isHome ? d : between(this.#prng, 1, districtCount);
    const name = this.#prng.below(100) < 60 ? this.#drawName() : undefined;
    const number = this.#customer();
    const amount = between(this.#prng, 100, 500_000) / 100;
    const at = this.#now();
    return async () => {
      const warehouse = await this.#one('update warehouse set w_ytd = w_ytd + $1 where w_id = $2 returning w_name, w_street_1, w_street_2, w_city, w_state, w_zip', [amount, w]);
      const district = await this.#one('update district set d_ytd = d_ytd + $1 where d_w_id = $2 and d_id = $3 returning d_name, d_street_1, d_street_2, d_city, d_state, d_zip', [amount, w, d]);
      const c = name === undefined ? number : await this.#byName(cw, cd, name);
      const customer = await this.#one(
        `update customer set c_balance = c_balance - $1, c_ytd_payment = c_ytd_payment + $1, c_payment_cnt = c_payment_cnt + 1,
           c_data = case when c_credit = 'BC' then substring(concat_ws(' ', c_id, c_d_id, c_w_id, $2::integer, $3::integer, $1::numeric(12,2), c_data) from 1 for 500) else c_data end
         where c_w_id = $4 and c_d_id = $5 and c_id = $6
         returning c_first, c_middle, c_last, c_street_1, c_city, c_state, c_zip, c_phone, c_since, c_credit, c_credit_lim, c_discount, c_balance, substring(c_data from 1 for 200) as c_data`,
        [amount, d, w, cw, cd, c],
      );
      await this.#session.query('insert into history (h_c_d_id, h_c_w_id, h_c_id, h_d_id, h_w_id, h_date, h_amount, h_data) values ($1, $2, $3, $4, $5, $6, $7, $8)', [
        cd, cw, c, d, w, at, amount, `${warehouse['w_name'] as string}    ${district['d_name'] as string}`,
      ]);
      return { warehouse, district, customer };
    };
  }

  #drawName(): string {
    return lastName(skewed(this.#prng, 255, 0, Math.min(999, this.#scale.customers - 1)));
  }
  /** The customer in the middle of those with the name, by first name. */
  async #byName(w: number, d: number, name: string): Promise<number> {
    const found = await this.#rows('select c_id from customer where c_w_id = $1 and c_d_id = $2 and c_last = $3 order by c_first', [w, d, name]);
    if (found.length === 0) throw new Error(`no customer ${name}`);
    return found[Math.ceil(found.length / 2) - 1]!['c_id'] as number;
  }

  // ------------------------------------------------------------------------------------------------------------ 2.6, 2.7, 2.8

  #orderStatus(): () => Promise<unknown> {
    const w = this.#warehouse;
    const d = between(this.#prng, 1, districtCount);
    const name = this.#prng.below(100) < 60 ? this.#drawName() : undefined;
    const number = this.#customer();
    return async () => {
      const c = name === undefined ? number : await this.#byName(w, d, name);
      const customer = await this.#one('select c_balance, c_first, c_middle, c_last from customer where c_w_id = $1 and c_d_id = $2 and c_id = $3', [w, d, c]);
      const [order] = await this.#rows('select o_id, o_carrier_id, o_entry_d from orders where o_w_id = $1 and o_d_id = $2 and o_c_id = $3 order by o_id desc limit 1', [w, d, c]);
      if (order === undefined) return { customer };
      const lines = await this.#rows(
        'select ol_i_id, ol_supply_w_id, ol_quantity, ol_amount, ol_delivery_d from order_line where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3 order by ol_number', [w, d, order['o_id']],
      );
      return { customer, order, lines };
    };
  }

  #delivery(): () => Promise<unknown> {
    const w = this.#warehouse;
    const carrier = between(this.#prng, 1, 10);
    const at = this.#now();
    return async () => {
      const delivered: unknown[] = [];
      for (let d = 1; d <= districtCount; d++) {
        const [oldest] = await this.#rows('select no_o_id from new_order where no_w_id = $1 and no_d_id = $2 order by no_o_id limit 1 for update', [w, d]);
        if (oldest === undefined) continue;
        const o = oldest['no_o_id'];
        await this.#session.query('delete from new_order where no_w_id = $1 and no_d_id = $2 and no_o_id = $3', [w, d, o]);
        const order = await this.#one('update orders set o_carrier_id = $1 where o_w_id = $2 and o_d_id = $3 and o_id = $4 returning o_c_id', [carrier, w, d, o]);
        await this.#session.query('update order_line set ol_delivery_d = $1 where ol_w_id = $2 and ol_d_id = $3 and ol_o_id = $4', [at, w, d, o]);
        await this.#session.query(
          `update customer set c_delivery_cnt = c_delivery_cnt + 1,
             c_balance = c_balance + (select sum(ol_amount) from order_line where ol_w_id = $1 and ol_d_id = $2 and ol_o_id = $3)
           where c_w_id = $1 and c_d_id = $2 and c_id = $4`, [w, d, o, order['o_c_id']],
        );
        delivered.push([d, o]);
      }
      return delivered;
    };
  }

  #stockLevel(): () => Promise<unknown> {
    const w = this.#warehouse;
    const d = between(this.#prng, 1, districtCount);
    const threshold = between(this.#prng, 10, 20);
    return () =>
      this.#one(
        `select count(distinct s_i_id)::integer as low from district
         join order_line on ol_w_id = d_w_id and ol_d_id = d_id and ol_o_id >= d_next_o_id - 20 and ol_o_id < d_next_o_id
         join stock on s_w_id = ol_w_id and s_i_id = ol_i_id
         where d_w_id = $1 and d_id = $2 and s_quantity < $3`, [w, d, threshold],
      );
  }
}

/** One new order in a hundred names an item that does not exist, and takes everything back. */
export class Rollback extends Error {
  constructor() {
    super('item number is not valid');
  }
}

export interface Outcome {
  readonly name: TransactionName;
  readonly shown: unknown;
  readonly retries: number;
}

/** Runs one transaction, again after 40001 and 40P01. */
export async function runTransaction(session: TpccSession, terminal: Terminal, prng: Prng, isolation: string): Promise<Outcome> {
  const name = drawTransaction(prng);
  const body = terminal.draw(name);
  for (let retries = 0; ; retries++) {
    await session.query(`begin isolation level ${isolation}`);
    try {
      const shown = await body();
      await session.query('commit');
      return { name, shown, retries };
    } catch (error) {
      await session.query('rollback');
      if (error instanceof Rollback) return { name, shown: 'rolled back', retries };
      const { code } = error as { code?: string };
      if ((code !== '40001' && code !== '40P01') || retries >= 1000) throw error;
    }
  }
}
