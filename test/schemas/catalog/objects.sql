CREATE SCHEMA shop;
COMMENT ON SCHEMA shop IS 'what is sold';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
COMMENT ON TYPE mood IS 'how one feels';
CREATE DOMAIN positive AS int DEFAULT 1 NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN shop.email AS varchar(80) COLLATE "C" CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
CREATE TYPE address AS (street text, "Zip Code" varchar(10));
CREATE SEQUENCE ticket START 100 INCREMENT 5 CACHE 3;
CREATE SEQUENCE shop.small AS smallint MAXVALUE 99 CYCLE;
CREATE TABLE person (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code serial, name varchar(40) NOT NULL DEFAULT 'nobody', mood mood DEFAULT 'ok', tags text[] DEFAULT '{}', age positive,
  born timestamptz(3) DEFAULT now(), pay numeric(10,2) DEFAULT 0.5 CHECK (pay >= 0), twice int GENERATED ALWAYS AS (3 * 2) STORED, note jsonb DEFAULT '{"a": 1}', home address, flag boolean DEFAULT true, n int DEFAULT -1, r int4range, b bytea DEFAULT '\x01',
  d date DEFAULT CURRENT_DATE, u uuid DEFAULT gen_random_uuid(), s bigint DEFAULT nextval('ticket'), c char(3) COLLATE "C", arr int[] DEFAULT ARRAY[1,2], iv interval DEFAULT '1 day', ff float8 DEFAULT 1.5, lower_name text DEFAULT lower('ABC'), bit3 int DEFAULT (1 + 2) * 3
);
COMMENT ON TABLE person IS 'people';
COMMENT ON COLUMN person.name IS 'as it is called';
CREATE INDEX person_name ON person (lower(name), age DESC NULLS LAST) WHERE flag;
CREATE UNIQUE INDEX person_mood ON person (mood, name COLLATE "C") INCLUDE (pay);
COMMENT ON INDEX person_name IS 'by name';
CREATE TABLE shop.item ("Item Id" bigint PRIMARY KEY, owner int NOT NULL REFERENCES person (id) ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED, CONSTRAINT item_owner_key UNIQUE (owner), price numeric CONSTRAINT price_ok CHECK (price > 0 AND price < 1000));
COMMENT ON CONSTRAINT price_ok ON shop.item IS 'sane prices';
CREATE UNLOGGED TABLE shop.cart (item bigint REFERENCES shop.item, at timestamp, PRIMARY KEY (item, at), UNIQUE NULLS NOT DISTINCT (at));
CREATE VIEW adults AS SELECT id, name FROM person WHERE age >= 18;
COMMENT ON VIEW adults IS 'of age';
CREATE VIEW checked WITH (security_barrier) AS SELECT id, name FROM person WHERE age >= 18 WITH LOCAL CHECK OPTION;
CREATE MATERIALIZED VIEW shop.totals AS SELECT owner, sum(price) AS total FROM shop.item GROUP BY owner;
CREATE INDEX totals_owner ON shop.totals (owner);
CREATE FUNCTION double(x int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT x * 2';
COMMENT ON FUNCTION double(int) IS 'twice as much';
CREATE FUNCTION shop.of(o int DEFAULT 1, OUT n bigint, OUT m text) RETURNS SETOF record LANGUAGE sql STABLE AS $$ SELECT owner, 'x'::text FROM shop.item WHERE owner = o $$;
ALTER TABLE person ADD COLUMN gone int;
ALTER TABLE person DROP COLUMN gone;
