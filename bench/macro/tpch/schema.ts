/** The eight tables of TPC-H with the types and primary keys of the specification (TPC-H 3.0, 1.4), in PostgreSQL's syntax. */

export interface TpchTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly ddl: string;
}

function table(name: string, columns: Readonly<Record<string, string>>, primaryKey: readonly string[]): TpchTable {
  const lines = Object.entries(columns).map(([column, type]) => `  ${column} ${type} not null`);
  return { name, columns: Object.keys(columns), ddl: `create table ${name} (\n${lines.join(',\n')},\n  primary key (${primaryKey.join(', ')})\n)` };
}

const money = 'numeric(15,2)';

export const tpchTables: readonly TpchTable[] = [
  table('region', { r_regionkey: 'integer', r_name: 'char(25)', r_comment: 'varchar(152)' }, ['r_regionkey']),
  table('nation', { n_nationkey: 'integer', n_name: 'char(25)', n_regionkey: 'integer', n_comment: 'varchar(152)' }, ['n_nationkey']),
  table(
    'supplier',
    { s_suppkey: 'integer', s_name: 'char(25)', s_address: 'varchar(40)', s_nationkey: 'integer', s_phone: 'char(15)', s_acctbal: money, s_comment: 'varchar(101)' },
    ['s_suppkey'],
  ),
  table(
    'part',
    {
      p_partkey: 'integer', p_name: 'varchar(55)', p_mfgr: 'char(25)', p_brand: 'char(10)', p_type: 'varchar(25)', p_size: 'integer', p_container: 'char(10)',
      p_retailprice: money, p_comment: 'varchar(23)',
    },
    ['p_partkey'],
  ),
  table('partsupp', { ps_partkey: 'integer', ps_suppkey: 'integer', ps_availqty: 'integer', ps_supplycost: money, ps_comment: 'varchar(199)' }, ['ps_partkey', 'ps_suppkey']),
  table(
    'customer',
    {
      c_custkey: 'integer', c_name: 'varchar(25)', c_address: 'varchar(40)', c_nationkey: 'integer', c_phone: 'char(15)', c_acctbal: money, c_mktsegment: 'char(10)',
      c_comment: 'varchar(117)',
    },
    ['c_custkey'],
  ),
  table(
    'orders',
    {
      o_orderkey: 'integer', o_custkey: 'integer', o_orderstatus: 'char(1)', o_totalprice: money, o_orderdate: 'date', o_orderpriority: 'char(15)', o_clerk: 'char(15)',
      o_shippriority: 'integer', o_comment: 'varchar(79)',
    },
    ['o_orderkey'],
  ),
  table(
    'lineitem',
    {
      l_orderkey: 'integer', l_partkey: 'integer', l_suppkey: 'integer', l_linenumber: 'integer', l_quantity: money, l_extendedprice: money, l_discount: money, l_tax: money,
      l_returnflag: 'char(1)', l_linestatus: 'char(1)', l_shipdate: 'date', l_commitdate: 'date', l_receiptdate: 'date', l_shipinstruct: 'char(25)', l_shipmode: 'char(10)',
      l_comment: 'varchar(44)',
    },
    ['l_orderkey', 'l_linenumber'],
  ),
];
