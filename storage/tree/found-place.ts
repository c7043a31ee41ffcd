/**
 * Where an entry was found (`BTree.tellFound`), in three words: the frame of its leaf and the slot there as one number, which sorts by them; the version of the frame; and, where the value was
 * looked for, its offset in the page and its length. While the frame has that version all of it is so.
 */
import { PageSizeBytesMax } from '../pages/page.js';

/** A slot has four bytes at the least. */
const SlotBits = Math.log2(PageSizeBytesMax / 4);
/** Those of frames beyond are not told: beyond two gigabytes of pages of 8 KiB. */
const FramesMax = 2 ** (31 - SlotBits);
export const NoPlace = -1;

export function placeOf(frame: number, slot: number): number {
  return frame >= 0 && frame < FramesMax ? (frame << SlotBits) | slot : NoPlace;
}
export function frameOfPlace(place: number): number {
  return place >>> SlotBits;
}
/** Of a value in a leaf, which has less than `PageSizeBytesMax` bytes. */
export function spotOf(offset: number, length: number): number {
  return (offset << 16) | length;
}
export function offsetOfSpot(spot: number): number {
  return spot >>> 16;
}
export function lengthOfSpot(spot: number): number {
  return spot & 0xffff;
}
export function slotOfPlace(place: number): number {
  return place & ((1 << SlotBits) - 1);
}
