/**
 * `sql`: a tagged template that keeps text and values apart, so that a value can never become SQL. Fragments nest, which is how
 * statements are put together from conditions:
 *
 *     const where = onlyOpen ? sql`where closed is null` : sql``;
 *     await db.query(sql`select * from ${sql.id('ticket')} ${where} limit ${limit}`);
 */

/** Text in pieces and the values between them; `texts.length === values.length + 1`. */
export class Sql {
  readonly texts: readonly string[];
  readonly values: readonly unknown[];

  constructor(texts: readonly string[], values: readonly unknown[]) {
    this.texts = texts;
    this.values = values;
  }

  /** The statement with `$1`, `$2`, ... where the values stand. */
  get text(): string {
    let text = this.texts[0] ?? '';
    for (let i = 1; i < this.texts.length; i++) text += `$${i}${this.texts[i]!}`;
    return text;
  }
}

/** Builds an `Sql`; a value that is itself an `Sql` is spliced in, every other one becomes a parameter. */
function template(strings: TemplateStringsArray, ...values: readonly unknown[]): Sql {
  const texts: string[] = [strings[0] ?? ''];
  const flat: unknown[] = [];
  const append = (text: string): void => {
    texts[texts.length - 1] += text;
  };
  values.forEach((value, i) => {
    if (value instanceof Sql) {
      append(value.texts[0] ?? '');
      value.values.forEach((inner, j) => {
        flat.push(inner);
        texts.push(value.texts[j + 1]!);
      });
    } else {
      flat.push(value);
      texts.push('');
    }
    append(strings[i + 1]!);
  });
  return new Sql(texts, flat);
}

export interface SqlTag {
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Sql;
  /** A quoted identifier, with a dot between several: `sql.id('public', 'User')`. */
  id(...names: readonly string[]): Sql;
  /** Joins fragments or values with a separator, `, ` by default: for IN lists and for rows of VALUES. */
  join(items: readonly unknown[], separator?: string): Sql;
}

export const sql: SqlTag = Object.assign(template, {
  id: (...names: readonly string[]) => new Sql([names.map(quoteIdentifier).join('.')], []),
  join: (items: readonly unknown[], separator = ', ') => {
    if (items.length === 0) return new Sql([''], []);
    const strings = ['', ...items.slice(1).map(() => separator), ''];
    return template(Object.assign(strings, { raw: strings }) as unknown as TemplateStringsArray, ...items);
  },
});

/** Always quotes, so that case is kept; a quote inside is doubled. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
