/** A list of serializable transactions, linked through the nodes themselves: each is in one list at most. Used for those active (in the order of their snapshots) and those kept. */
import { assert } from '../../base/assert.js';
import type { SerialNode } from './serial-node.js';

export class NodeList implements Iterable<SerialNode> {
  first: SerialNode | undefined = undefined;
  last: SerialNode | undefined = undefined;
  size = 0;

  /** Adds `node` at the end. */
  add(node: SerialNode): void {
    assert(node.list === undefined, 'node is in a list already', node.id);
    node.list = this;
    node.previous = this.last;
    if (this.last === undefined) this.first = node;
    else this.last.next = node;
    this.last = node;
    this.size++;
  }

  /** No effect when it is not in this list. */
  remove(node: SerialNode): void {
    if (node.list !== this) return;
    if (node.previous === undefined) this.first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.last = node.previous;
    else node.next.previous = node.previous;
    node.previous = undefined;
    node.next = undefined;
    node.list = undefined;
    this.size--;
  }

  /** Not to be changed meanwhile. */
  *[Symbol.iterator](): Iterator<SerialNode> {
    for (let node = this.first; node !== undefined; node = node.next) yield node;
  }
}
