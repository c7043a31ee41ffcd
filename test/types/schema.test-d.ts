/** What the types written for a schema let through, and what they must not. Checked by tsc; never run. */
import type { Database as Connection } from '../../engine/index.js';
import type { Adults, Database, Mood, Person, PersonInsert, PersonUpdate, ShopOrderItem2 as OrderItem } from './schema.golden.js';

declare const db: Connection;

export async function rows(): Promise<void> {
  const [person] = (await db.query<Person>('select * from person')).rows;
  const id: number = person!.id;
  const mood: Mood | null = person!.mood;
  const zip: string | null | undefined = person!.home?.['Zip Code'];
  const born: Date = person!.born;
  const age: number = person!.age;
  const tag: string | null | undefined = person!.tags[0];
  void [id, mood, zip, born, age, tag];
  // @ts-expect-error it may be NULL
  const pay: string = person!.pay;
  // @ts-expect-error no such value
  const sad: Mood = 'angry';
  void [pay, sad];
  const view: Adults = { id: null, name: 'ada', age: 36 };
  void view;
}

const least: PersonInsert = { name: 'ada', mail: 'ada@example.org', born: new Date(0), big: 1n };
const most: PersonInsert = { ...least, code: 1, nick: 'a', mood: "it's ok", tags: ['x', null], age: 3, day: '2020-01-01', pay: 1.5, note: { a: [1, null] }, home: { street: 's', 'Zip Code': null, geo: [1] }, photo: new Uint8Array(1), span: '[1,2)', 'Odd name': null };
// @ts-expect-error an identity that is always generated is not given
const withId: PersonInsert = { ...least, id: 1 };
// @ts-expect-error a generated column is not given
const generated: PersonUpdate = { twice: 6 };
// @ts-expect-error name refuses NULL
const nameless: PersonUpdate = { name: null };
// @ts-expect-error name has no default
const unnamed: PersonInsert = { mail: 'ada@example.org', born: 'today', big: 1 };
const update: PersonUpdate = { name: 'bob' };
const item: OrderItem = { id: 1, owner: 2, size: 's', sizes: [null, 'm'] };
export const byName: Database['shop.order_item']['insert'] = { owner: item.owner, size: 'm' };
export const used = [most, withId, generated, nameless, unnamed, update];
