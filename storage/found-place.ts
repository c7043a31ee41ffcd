/** Where an entry was found (`BTree.tellFound`): the frame of its leaf and the slot there as one number, which sorts by them; beside it stands the version of the frame. */
import { PageSizeBytesMax } from './page.js';

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
export function slotOfPlace(place: number): number {
  return place & ((1 << SlotBits) - 1);
}
