/** The words of dates and times: months, days of the week, units, special values (datetktbl of PostgreSQL's datetime.c). */

export type Unit = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'julian' | 'time' | 'zone' | 'dow' | 'doy' | 'isodow' | 'isoyear';
export type Token =
  | { readonly type: 'reserved'; readonly value: 'now' | 'yesterday' | 'today' | 'tomorrow' | 'zulu' | 'epoch' | 'late' | 'early' }
  | { readonly type: 'month'; readonly value: number }
  | { readonly type: 'weekday'; readonly value: number }
  | { readonly type: 'ampm'; readonly value: 'am' | 'pm' }
  | { readonly type: 'era'; readonly value: 'bc' | 'ad' }
  | { readonly type: 'summer' }
  | { readonly type: 'unit'; readonly value: Unit }
  | { readonly type: 'isotime' }
  | { readonly type: 'ignore' };

const dateTokens = new Map<string, Token>();
const monthNames = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];
const dayNames = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
for (const [i, name] of monthNames.entries()) for (const word of [name, name.slice(0, 3)]) dateTokens.set(word, { type: 'month', value: i + 1 });
dateTokens.set('sept', { type: 'month', value: 9 });
for (const [i, name] of dayNames.entries()) for (const word of [name, name.slice(0, 3)]) dateTokens.set(word, { type: 'weekday', value: i });
for (const [word, value] of [['tues', 2], ['wed', 3], ['weds', 3], ['thur', 4], ['thurs', 4]] as const) dateTokens.set(word, { type: 'weekday', value });
for (const [word, value] of [
  ['-infinity', 'early'], ['infinity', 'late'], ['epoch', 'epoch'], ['now', 'now'], ['today', 'today'], ['tomorrow', 'tomorrow'],
  ['yesterday', 'yesterday'], ['allballs', 'zulu'],
] as const) dateTokens.set(word, { type: 'reserved', value });
for (const [word, value] of [
  ['d', 'day'], ['dow', 'dow'], ['doy', 'doy'], ['h', 'hour'], ['isodow', 'isodow'], ['isoyear', 'isoyear'], ['j', 'julian'], ['jd', 'julian'],
  ['julian', 'julian'], ['m', 'month'], ['mm', 'minute'], ['s', 'second'], ['y', 'year'],
] as const) dateTokens.set(word, { type: 'unit', value });
dateTokens.set('am', { type: 'ampm', value: 'am' });
dateTokens.set('pm', { type: 'ampm', value: 'pm' });
dateTokens.set('ad', { type: 'era', value: 'ad' });
dateTokens.set('bc', { type: 'era', value: 'bc' });
dateTokens.set('dst', { type: 'summer' });
dateTokens.set('t', { type: 'isotime' });
dateTokens.set('at', { type: 'ignore' });
dateTokens.set('on', { type: 'ignore' });

/** Words count to their tenth character. */
export const tokenOf = (word: string): Token | undefined => dateTokens.get(word.slice(0, 10));
