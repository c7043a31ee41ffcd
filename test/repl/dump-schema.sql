create schema shop;
create type shop.mood as enum ('sad', 'ok', 'it''s fine');
create type shop.address as (street text, "no" int);
create domain shop.email as text check (value ~ '@') not null;
create type shop.span as range (subtype = int4);
create sequence shop.numbers start 100 increment 5 maxvalue 10000 cycle;
create function shop.slug(s text) returns text language sql immutable strict as $$ select lower(replace(s, ' ', '-')) $$;
create table shop."Customer" (
  id int generated always as identity primary key, name text not null, email shop.email, mood shop.mood default 'ok', "where" shop.address, tags text[] default '{}', born date,
  slug text generated always as (shop.slug(name)) stored, data jsonb, blob bytea, price numeric(12, 3) check (price >= 0), seen timestamptz, took interval, ok boolean, f float8, r shop.span,
  constraint adult check (born < '2020-01-01')
);
create table shop.orders (id bigserial, customer int not null references shop."Customer" on delete cascade, n bigint default nextval('shop.numbers'), note varchar(20) collate "C", at timestamp(3), primary key (id), unique (customer, n) deferrable initially deferred);
create table shop.empty ();
create table shop.parameters (a int primary key with (fillfactor = 60), b text, unique (b) with (fillfactor = 61)) with (fillfactor = 70, autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.4);
create index on shop.parameters (b, a) with (deduplicate_items = off, fillfactor = 50) where a > 3;
alter table shop.parameters alter b set (n_distinct = -0.5);
create view shop.guarded with (security_barrier, check_option = local) as select a from shop.parameters;
create materialized view shop.packed with (fillfactor = 90) as select b from shop.parameters;
create table plain (a int, b text, c char(3), u uuid, t time, e "char", o oid);
alter table plain alter b set statistics 300, alter c set statistics 0;
create index on shop.orders (at desc nulls last, note) where note is not null;
create unique index by_email on shop."Customer" (email) include (name);
create view shop.totals as select c.name, count(*) as orders, sum(o.n) as total from shop."Customer" c join shop.orders o on o.customer = c.id group by c.id;
create view shop.above as select * from shop.totals where total > 100;
create materialized view shop.frozen as select name from shop."Customer" order by name;
create function shop.customers(minimum int default 0) returns table (id int, name text) language sql stable as $$ select c.id, c.name from shop."Customer" c where c.id > minimum order by c.id $$;
create procedure shop.rename(i int, n text) language sql as $$ update shop."Customer" set name = n where id = i $$;
comment on table shop."Customer" is 'who buys; it''s "quoted"';
comment on column shop."Customer".mood is E'two\nlines';
comment on function shop.slug(text) is 'slugs';
insert into shop."Customer" (name, email, mood, "where", tags, born, data, blob, price, seen, took, ok, f, r) values
  (E'Ada\tLovelace\\', 'ada@x', 'it''s fine', row('St "1", x', 3), array['a,b', 'c"d', null], '1815-12-10', '{"a": [1, null]}', '\x00ff5c', 12.345, '2024-01-02 03:04:05.678901+02', '1 year 2 days 03:04:05.6', true, 0.1, '[1,5)'),
  (E'line\nbreak', 'b@x', null, null, '{}', null, 'null', '', 0, null, null, false, 'NaN', 'empty'),
  ('', 'c@x', 'sad', row(null, null), null, '0044-03-15 BC', '"\\n\u00e9"', null, null, 'infinity', '-1 mon', null, '-Infinity', null);
insert into shop.orders (customer, note, at) values (1, 'x', '2024-05-06 07:08:09.123'), (1, '\N', null), (2, null, 'epoch');
insert into plain values (1, '\.', 'ab', '00000000-0000-0000-0000-000000000001', '12:00:00.5', 'x', 42), (null, null, null, null, null, null, null);
refresh materialized view shop.frozen;
