/** The schema of the database, as `serialite types` writes it. Timestamps are Dates, infinite ones the numbers Infinity and -Infinity. Not to be edited: write it again. */

/** JSON, parsed. */
export type Json = string | number | boolean | null | { readonly [key: string]: Json | undefined } | readonly Json[];

export interface Address {
  street: string | null;
  'Zip Code': string | null;
  geo: (number | null)[] | null;
}

export type Email = string;

/** how one feels */
export type Mood = 'sad' | 'it\'s ok' | 'happy';

export type Positive = number;

export type ShopSize = 's' | 'm';

/** of age */
export interface Adults {
  id: number | null;
  name: string | null;
  age: Positive | null;
}

export interface Date2 {
  day: string;
}

/** What may be inserted into date. */
export interface Date2Insert {
  day: string;
}

/** What may be updated in date. */
export interface Date2Update {
  day?: string;
}

/** People. */
export interface Person {
  id: number;
  code: number;
  /**
   * As it is called.
   * In full, * / too.
   */
  name: string;
  nick: string;
  mood: Mood | null;
  tags: (string | null)[];
  age: Positive;
  mail: Email;
  born: Date;
  day: string | null;
  pay: string | null;
  big: number;
  twice: number | null;
  note: Json;
  home: Address | null;
  photo: Uint8Array | null;
  flag: boolean;
  span: string | null;
  'Odd name': string | null;
}

/** What may be inserted into person. */
export interface PersonInsert {
  code?: number;
  /**
   * As it is called.
   * In full, * / too.
   */
  name: string;
  nick?: string;
  mood?: Mood | null;
  tags?: (string | null)[];
  age?: number;
  mail: string;
  born: Date | string;
  day?: string | null;
  pay?: string | number | null;
  big: number | bigint | string;
  note?: Json;
  home?: Address | null;
  photo?: Uint8Array | null;
  flag?: boolean;
  span?: string | null;
  'Odd name'?: string | null;
}

/** What may be updated in person. */
export interface PersonUpdate {
  code?: number;
  /**
   * As it is called.
   * In full, * / too.
   */
  name?: string;
  nick?: string;
  mood?: Mood | null;
  tags?: (string | null)[];
  age?: number;
  mail?: string;
  born?: Date | string;
  day?: string | null;
  pay?: string | number | null;
  big?: number | bigint | string;
  note?: Json;
  home?: Address | null;
  photo?: Uint8Array | null;
  flag?: boolean;
  span?: string | null;
  'Odd name'?: string | null;
}

export interface ShopOrderItem {
  '1st': number | null;
}

/** What may be inserted into shop_order_item. */
export interface ShopOrderItemInsert {
  '1st'?: number | null;
}

/** What may be updated in shop_order_item. */
export interface ShopOrderItemUpdate {
  '1st'?: number | null;
}

export interface ShopOrderItem2 {
  id: number;
  owner: number;
  size: ShopSize;
  sizes: (ShopSize | null)[] | null;
}

/** What may be inserted into order_item. */
export interface ShopOrderItem2Insert {
  id?: number | bigint | string;
  owner: number;
  size: ShopSize;
  sizes?: (ShopSize | null)[] | null;
}

/** What may be updated in order_item. */
export interface ShopOrderItem2Update {
  id?: number | bigint | string;
  owner?: number;
  size?: ShopSize;
  sizes?: (ShopSize | null)[] | null;
}

export interface ShopTotals {
  owner: number | null;
  n: number | null;
}

/** All tables and views by name; those outside the schema public with theirs. */
export interface Database {
  adults: { row: Adults };
  date: { row: Date2; insert: Date2Insert; update: Date2Update };
  person: { row: Person; insert: PersonInsert; update: PersonUpdate };
  shop_order_item: { row: ShopOrderItem; insert: ShopOrderItemInsert; update: ShopOrderItemUpdate };
  'shop.order_item': { row: ShopOrderItem2; insert: ShopOrderItem2Insert; update: ShopOrderItem2Update };
  'shop.totals': { row: ShopTotals };
}
