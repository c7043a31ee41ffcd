/** The wait of SERIALIZABLE READ ONLY DEFERRABLE for its snapshot to be known safe or unsafe; see safe-snapshot.ts. */
import type { SerialNode } from './serial-node.js';
import type { Transaction } from '../transaction.js';
import { Wait, type WaitEdge } from '../locks/wait.js';

export class SafeSnapshotWait extends Wait {
  readonly #node: SerialNode;

  constructor(transaction: Transaction, node: SerialNode) {
    super(transaction);
    this.#node = node;
    node.onSafety = () => {
      node.onSafety = undefined;
      this.grant();
    };
  }

  override edges(into: WaitEdge[]): void {
    for (const other of this.#node.watching) {
      const to = this.transaction.manager.activeById(other.id);
      if (to !== undefined) into.push({ to, soft: false });
    }
  }

  protected override leave(): void {
    this.#node.onSafety = undefined;
  }

  override describe(): string {
    return 'SafeSnapshot';
  }
}
