/**
 * Random queries over tables r1 to r4 with columns id, a, b (int) and s (text): joins of every kind, LATERAL, derived and grouped tables, correlated
 * subqueries of every form, set operations, CTEs. They raise no errors, and a LIMIT stands only over a total order, so that two plans of one query
 * must give the same bag of rows.
 */
import { seededPrng } from '../../base/prng.js';

export const randomTables = ['r1', 'r2', 'r3', 'r4'];

interface Relation {
  readonly alias: string;
  readonly columns: readonly string[];
}

const tableColumns = ['id', 'a', 'b', 's'];

export class QueryGenerator {
  readonly #prng: ReturnType<typeof seededPrng>;
  #aliases = 0;

  constructor(seed: number) {
    this.#prng = seededPrng(seed);
  }

  #below(n: number): number {
    return this.#prng.below(n);
  }
  #chance(p: number): boolean {
    return this.#prng.unit() < p;
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }
  #alias(): string {
    return `x${this.#aliases++}`;
  }

  #column(relations: readonly Relation[], kind: 'int' | 'text' | 'any'): string {
    const relation = this.#pick(relations);
    const fitting = relation.columns.filter((column) => kind === 'any' || (kind === 'text') === (column === 's'));
    return fitting.length === 0 ? (kind === 'text' ? "'x'" : '1') : `${relation.alias}.${this.#pick(fitting)}`;
  }

  #int(relations: readonly Relation[], depth: number): string {
    switch (this.#below(depth > 0 ? 9 : 4)) {
      case 0:
        return String(this.#below(8));
      case 4:
        return `(${this.#int(relations, depth - 1)} ${this.#pick(['+', '-', '*'])} ${this.#int(relations, depth - 1)})`;
      case 5:
        return `coalesce(${this.#int(relations, depth - 1)}, ${this.#below(5)})`;
      case 6:
        return `case when ${this.#condition(relations, depth - 1)} then ${this.#int(relations, depth - 1)} else ${this.#int(relations, depth - 1)} end`;
      case 7:
        return `(select ${this.#pick(['max', 'min', 'count', 'sum'])}(${this.#subquery(relations, depth, 'aggregate')})`;
      case 8:
        return `nullif(${this.#column(relations, 'int')}, ${this.#below(4)})`;
      default:
        return this.#column(relations, 'int');
    }
  }

  #subquery(relations: readonly Relation[], depth: number, form: 'aggregate' | 'column' | 'exists'): string {
    const alias = this.#alias();
    const own: Relation = { alias, columns: tableColumns };
    const conditions: string[] = [];
    if (this.#chance(0.7)) conditions.push(`${alias}.${this.#pick(['id', 'a', 'b'])} ${this.#chance(0.85) ? '=' : '<'} ${this.#column(relations, 'int')}`);
    if (this.#chance(0.5)) conditions.push(this.#condition([own, ...(this.#chance(0.2) ? relations : [])], depth - 1));
    const where = conditions.length > 0 ? ` where ${conditions.join(' and ')}` : '';
    const from = `from ${this.#pick(randomTables)} ${alias}${where}`;
    const column = `${alias}.${this.#pick(['id', 'a', 'b'])}`;
    return form === 'aggregate' ? `${column}) ${from}` : form === 'column' ? `select ${column} ${from}` : `select 1 ${from}`;
  }

  #condition(relations: readonly Relation[], depth: number): string {
    const int = (): string => this.#column(relations, 'int');
    switch (this.#below(depth > 0 ? 14 : 7)) {
      case 0:
        return `${int()} = ${this.#below(6)}`;
      case 1:
        return `${int()} ${this.#pick(['<', '>', '<=', '>=', '<>'])} ${this.#below(8)}`;
      case 2:
        return `${this.#column(relations, 'any')} is ${this.#chance(0.5) ? 'not ' : ''}null`;
      case 3:
        return `${int()} = ${int()}`;
      case 4:
        return `${int()} ${this.#chance(0.3) ? 'not ' : ''}in (${this.#below(5)}, ${this.#below(5)}, ${this.#chance(0.1) ? 'null' : this.#below(9)})`;
      case 5:
        return `${this.#column(relations, 'text')} ${this.#pick(["= 'x'", "like 'x%'", "> 'x'", "in ('x', 'abc')"])}`;
      case 6:
        return `${int()} between ${this.#below(4)} and ${this.#below(9)}`;
      case 7:
        return `(${this.#condition(relations, depth - 1)} and ${this.#condition(relations, depth - 1)})`;
      case 8:
        return `(${this.#condition(relations, depth - 1)} or ${this.#condition(relations, depth - 1)})`;
      case 9:
        return `not (${this.#condition(relations, depth - 1)})`;
      case 10:
        return `${this.#chance(0.4) ? 'not ' : ''}exists (${this.#subquery(relations, depth, 'exists')})`;
      case 11:
        return `${this.#int(relations, 0)} ${this.#chance(0.4) ? 'not ' : ''}in (${this.#subquery(relations, depth, 'column')})`;
      case 12:
        return `${this.#int(relations, depth - 1)} ${this.#pick(['=', '<', '>='])} ${this.#int(relations, depth - 1)}`;
      default:
        return `${this.#int(relations, 0)} ${this.#pick(['<', '=', '>='])} ${this.#pick(['any', 'all'])} (${this.#subquery(relations, depth, 'column')})`;
    }
  }

  #leaf(depth: number, left: readonly Relation[]): { sql: string; relation: Relation } {
    const alias = this.#alias();
    const derived: Relation = { alias, columns: ['c0', 'c1'] };
    switch (this.#below(depth > 0 ? 8 : 5)) {
      case 5:
        return { sql: `(${this.#select(depth - 1, [], 2)}) ${alias}(c0, c1)`, relation: derived };
      case 6:
        if (left.length > 0) return { sql: `lateral (${this.#select(0, left, 2)}) ${alias}(c0, c1)`, relation: derived };
        return { sql: `${this.#pick(randomTables)} ${alias}`, relation: { alias, columns: tableColumns } };
      case 7: {
        const inner = this.#alias();
        return { sql: `(select ${inner}.${this.#pick(['a', 'b'])} as c0, count(*)::int as c1 from ${this.#pick(randomTables)} ${inner} group by 1) ${alias}`, relation: derived };
      }
      default:
        return { sql: `${this.#pick(randomTables)} ${alias}`, relation: { alias, columns: tableColumns } };
    }
  }

  #from(depth: number): { sql: string; relations: Relation[] } {
    const first = this.#leaf(depth, []);
    let { sql } = first;
    const relations = [first.relation];
    for (let i = this.#below(4); i > 0; i--) {
      const type = this.#pick(['join', 'join', 'left join', 'left join', 'right join', 'full join', 'cross join']);
      const next = this.#leaf(depth, type === 'right join' || type === 'full join' ? [] : relations);
      relations.push(next.relation);
      if (type === 'cross join') {
        sql = `${sql} cross join ${next.sql}`;
        continue;
      }
      const equality = `${this.#column(relations.slice(0, -1), 'int')} = ${next.relation.alias}.${this.#pick(next.relation.columns.filter((column) => column !== 's'))}`;
      let on = equality;
      if (type !== 'full join' && this.#chance(0.4)) {
        if (this.#chance(0.5)) on = `${equality} and ${this.#condition(relations, depth)}`;
        else on = type === 'join' ? this.#condition(relations, depth) : `${equality} and ${this.#condition([next.relation], 0)}`;
      }
      sql = `${sql} ${type} ${next.sql} on ${on}`;
    }
    return { sql, relations };
  }

  #select(depth: number, outer: readonly Relation[], width: number): string {
    const from = this.#from(depth);
    const all = [...from.relations, ...outer];
    let where = '';
    if (this.#chance(0.75)) where = ` where ${Array.from({ length: 1 + this.#below(3) }, () => this.#condition(this.#chance(0.3) ? all : from.relations, depth + 1)).join(' and ')}`;
    else if (outer.length > 0) where = ` where ${this.#condition(all, 0)}`;
    const list = (make: (i: number) => string): string => Array.from({ length: width }, (_, i) => make(i)).join(', ');
    const aggregate = (): string => `${this.#pick(['count', 'sum', 'min', 'max'])}(${this.#chance(0.3) ? 'distinct ' : ''}${this.#column(from.relations, 'int')})`;
    if (this.#chance(0.25)) {
      const grouped = Array.from({ length: 1 + this.#below(2) }, () => this.#column(from.relations, 'int'));
      const items = list((i) => (i < grouped.length && this.#chance(0.7) ? grouped[i]! : aggregate()));
      return `select ${items} from ${from.sql}${where} group by ${grouped.join(', ')}${this.#chance(0.3) ? ` having count(*) > ${this.#below(3)}` : ''}`;
    }
    if (this.#chance(0.08)) return `select ${list(aggregate)} from ${from.sql}${where}`;
    return `select ${this.#chance(0.15) ? 'distinct ' : ''}${list(() => (this.#chance(0.6) ? this.#column(all, 'int') : this.#int(all, depth)))} from ${from.sql}${where}`;
  }

  query(): string {
    let sql = this.#select(1, [], 2);
    if (this.#chance(0.12)) sql = `${sql} ${this.#pick(['union', 'union all', 'intersect', 'except', 'intersect all', 'except all'])} ${this.#select(1, [], 2)}`;
    if (this.#chance(0.1)) sql = `with c(x, y) as ${this.#pick(['', 'materialized ', 'not materialized '])}(${sql}) select c1.x, c2.y from c c1 ${this.#pick(['join', 'left join'])} c c2 on c1.x = c2.y`;
    if (this.#chance(0.2)) sql = `${sql} order by 1, 2 limit ${1 + this.#below(6)}${this.#chance(0.3) ? ` offset ${this.#below(4)}` : ''}`;
    else if (this.#chance(0.3)) sql = `${sql} order by ${this.#pick(['1', '2', '1 desc, 2', '2 desc nulls last, 1'])}`;
    return sql;
  }
}
