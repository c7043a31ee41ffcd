/** Branded numbers, so that one kind of id cannot be passed for another. Each is made by its own asserting constructor only. */
import { assert } from './assert.js';

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Logical page number, a u32; where the page lies in the file is the page table's business. */
export type PageId = Brand<number, 'PageId'>;
/** Number of a B+tree, a u32, never reused. */
export type TreeId = Brand<number, 'TreeId'>;
/** Byte position in the log over all segments, a safe integer. */
export type Lsn = Brand<number, 'Lsn'>;
/** Commit sequence number: the order in which transactions committed, a safe integer from 1. A snapshot is one CSN. */
export type Csn = Brand<number, 'Csn'>;
/** Number of a transaction within this run of the process, a safe integer from 1. */
export type TxnId = Brand<number, 'TxnId'>;
/** Catalog object number (table, index, type, function, ...), a u32 as PostgreSQL's oid. */
export type Oid = Brand<number, 'Oid'>;

const isU32 = (n: number): boolean => n >>> 0 === n;

export function pageId(n: number): PageId {
  assert(isU32(n), 'page id out of range', n);
  return n as PageId;
}
export function treeId(n: number): TreeId {
  assert(isU32(n), 'tree id out of range', n);
  return n as TreeId;
}
export function lsn(n: number): Lsn {
  assert(Number.isSafeInteger(n) && n >= 0, 'lsn out of range', n);
  return n as Lsn;
}
export function csn(n: number): Csn {
  assert(Number.isSafeInteger(n) && n >= 0, 'csn out of range', n);
  return n as Csn;
}
export function txnId(n: number): TxnId {
  assert(Number.isSafeInteger(n) && n >= 0, 'txn id out of range', n);
  return n as TxnId;
}
export function oid(n: number): Oid {
  assert(isU32(n), 'oid out of range', n);
  return n as Oid;
}
