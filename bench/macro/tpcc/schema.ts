/** The nine tables of TPC-C (revision 5.11, 1.3) in PostgreSQL's syntax, with the primary keys and the one secondary index that transactions look customers up by. */
export const tpccTables = ['warehouse', 'district', 'customer', 'history', 'new_order', 'orders', 'order_line', 'item', 'stock'] as const;

const address = (p: string): string => `${p}_street_1 varchar(20) not null, ${p}_street_2 varchar(20) not null, ${p}_city varchar(20) not null, ${p}_state char(2) not null, ${p}_zip char(9) not null`;
const districtInfo = Array.from({ length: 10 }, (_, i) => `s_dist_${String(i + 1).padStart(2, '0')} char(24) not null`).join(', ');

export const tpccSchema = `
create table warehouse (w_id integer primary key, w_name varchar(10) not null, ${address('w')}, w_tax numeric(4,4) not null, w_ytd numeric(12,2) not null);
create table district (
  d_id integer not null, d_w_id integer not null references warehouse, d_name varchar(10) not null, ${address('d')}, d_tax numeric(4,4) not null,
  d_ytd numeric(12,2) not null, d_next_o_id integer not null, primary key (d_w_id, d_id));
create table customer (
  c_id integer not null, c_d_id integer not null, c_w_id integer not null, c_first varchar(16) not null, c_middle char(2) not null, c_last varchar(16) not null, ${address('c')},
  c_phone char(16) not null, c_since timestamp not null, c_credit char(2) not null, c_credit_lim numeric(12,2) not null, c_discount numeric(4,4) not null, c_balance numeric(12,2) not null,
  c_ytd_payment numeric(12,2) not null, c_payment_cnt integer not null, c_delivery_cnt integer not null, c_data varchar(500) not null,
  primary key (c_w_id, c_d_id, c_id), foreign key (c_w_id, c_d_id) references district);
create index customer_name on customer (c_w_id, c_d_id, c_last, c_first);
create table history (
  h_c_id integer not null, h_c_d_id integer not null, h_c_w_id integer not null, h_d_id integer not null, h_w_id integer not null, h_date timestamp not null, h_amount numeric(6,2) not null,
  h_data varchar(24) not null);
create table orders (
  o_id integer not null, o_d_id integer not null, o_w_id integer not null, o_c_id integer not null, o_entry_d timestamp not null, o_carrier_id integer, o_ol_cnt integer not null,
  o_all_local integer not null, primary key (o_w_id, o_d_id, o_id), foreign key (o_w_id, o_d_id, o_c_id) references customer);
create index orders_customer on orders (o_w_id, o_d_id, o_c_id, o_id);
create table new_order (no_o_id integer not null, no_d_id integer not null, no_w_id integer not null, primary key (no_w_id, no_d_id, no_o_id), foreign key (no_w_id, no_d_id, no_o_id) references orders);
create table item (i_id integer primary key, i_im_id integer not null, i_name varchar(24) not null, i_price numeric(5,2) not null, i_data varchar(50) not null);
create table stock (
  s_i_id integer not null references item, s_w_id integer not null references warehouse, s_quantity integer not null, ${districtInfo}, s_ytd integer not null, s_order_cnt integer not null,
  s_remote_cnt integer not null, s_data varchar(50) not null, primary key (s_w_id, s_i_id));
create table order_line (
  ol_o_id integer not null, ol_d_id integer not null, ol_w_id integer not null, ol_number integer not null, ol_i_id integer not null, ol_supply_w_id integer not null, ol_delivery_d timestamp,
  ol_quantity integer not null, ol_amount numeric(6,2) not null, ol_dist_info char(24) not null,
  primary key (ol_w_id, ol_d_id, ol_o_id, ol_number), foreign key (ol_w_id, ol_d_id, ol_o_id) references orders);`;

/**
 * The consistency conditions of 3.3.2: each query gives the rows that violate one. The first four and those about deliveries and balances; all hold after
 * loading and after any number of transactions.
 */
export const consistencyChecks: Readonly<Record<string, string>> = {
  'the year to date of a warehouse is that of its districts':
    'select w_id from warehouse where w_ytd <> (select sum(d_ytd) from district where d_w_id = w_id)',
  'the next order of a district follows the last order':
    'select d_w_id, d_id from district where d_next_o_id - 1 <> (select max(o_id) from orders where o_w_id = d_w_id and o_d_id = d_id)',
  'the last new order is the last order':
    'select d_w_id, d_id from district join (select no_w_id, no_d_id, max(no_o_id) as last from new_order group by no_w_id, no_d_id) n on no_w_id = d_w_id and no_d_id = d_id where last <> d_next_o_id - 1',
  'new orders have no gaps':
    'select no_w_id, no_d_id from new_order group by no_w_id, no_d_id having max(no_o_id) - min(no_o_id) + 1 <> count(*)',
  'orders have as many lines as they say':
    'select o_w_id, o_d_id, o_id from orders left join (select ol_w_id, ol_d_id, ol_o_id, count(*) as n from order_line group by ol_w_id, ol_d_id, ol_o_id) l on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id where n is distinct from o_ol_cnt',
  'an order has no carrier exactly while it is new':
    'select o_w_id, o_d_id, o_id from orders left join new_order on no_w_id = o_w_id and no_d_id = o_d_id and no_o_id = o_id where (o_carrier_id is null) <> (no_o_id is not null)',
  'lines are delivered exactly when their order has a carrier':
    'select o_w_id, o_d_id, o_id, ol_number from orders join order_line on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id where (o_carrier_id is null) <> (ol_delivery_d is null)',
  'the year to date of a district is what was paid there':
    'select d_w_id, d_id from district where d_ytd <> (select sum(h_amount) from history where h_w_id = d_w_id and h_d_id = d_id)',
  'a balance is what was delivered less what was paid':
    'select c_w_id, c_d_id, c_id from customer where c_balance <> coalesce((select sum(ol_amount) from orders join order_line on ol_w_id = o_w_id and ol_d_id = o_d_id and ol_o_id = o_id where o_w_id = c_w_id and o_d_id = c_d_id and o_c_id = c_id and ol_delivery_d is not null), 0) - c_ytd_payment',
};
