/** The whole grammar: which statement begins with which word, and the entry points. */
import type { TokenType } from './chevrotain.js';
import type * as ast from './ast.js';
import { UtilityGrammar } from './grammar-utility.js';
import * as t from './tokens.js';
import { kw } from './tokens.js';

export class SqlGrammar extends UtilityGrammar {
  constructor() {
    super();
    this.complete();
  }

  override readonly statement = this.RULE('statement', (): ast.Statement => this.OR(this.statementAlternatives));

  /** Built once, as the list is long. */
  protected readonly statementAlternatives: { ALT: () => ast.Statement }[] = [
    { ALT: () => this.SUBRULE(this.preparable) },
    { ALT: () => this.SUBRULE(this.beginStatement) },
    { ALT: () => this.SUBRULE(this.commitStatement) },
    { ALT: () => this.SUBRULE(this.rollbackStatement) },
    { ALT: () => this.SUBRULE(this.savepointStatement) },
    { ALT: () => this.SUBRULE(this.setStatement) },
    { ALT: () => this.SUBRULE(this.showStatement) },
    { ALT: () => this.SUBRULE(this.resetStatement) },
    { ALT: () => this.SUBRULE(this.createStatement) },
    { ALT: () => this.SUBRULE(this.alterStatement) },
    { ALT: () => this.SUBRULE(this.dropStatement) },
    { ALT: () => this.SUBRULE(this.commentStatement) },
    { ALT: () => this.SUBRULE(this.truncateStatement) },
    { ALT: () => this.SUBRULE(this.lockStatement) },
    { ALT: () => this.SUBRULE(this.prepareStatement) },
    { ALT: () => this.SUBRULE(this.execute) },
    { ALT: () => this.SUBRULE(this.deallocateStatement) },
    { ALT: () => this.SUBRULE(this.declareStatement) },
    { ALT: () => this.SUBRULE(this.fetchStatement) },
    { ALT: () => this.SUBRULE(this.closeStatement) },
    { ALT: () => this.SUBRULE(this.explainStatement) },
    { ALT: () => this.SUBRULE(this.analyzeStatement) },
    { ALT: () => this.SUBRULE(this.vacuumStatement) },
    { ALT: () => this.SUBRULE(this.reindexStatement) },
    { ALT: () => this.SUBRULE(this.clusterStatement) },
    { ALT: () => this.SUBRULE(this.refreshStatement) },
    { ALT: () => this.SUBRULE(this.copyStatement) },
    { ALT: () => this.SUBRULE(this.callStatement) },
    { ALT: () => this.SUBRULE(this.discardStatement) },
    { ALT: () => ({ kind: 'checkpoint', offset: this.CONSUME(kw.checkpoint).startOffset }) },
    { ALT: () => this.SUBRULE(this.grantStatement) },
    this.skipped('DO', kw.do),
    this.skipped('LISTEN', kw.listen),
    this.skipped('NOTIFY', kw.notify),
    this.skipped('UNLISTEN', kw.unlisten),
    this.skipped('LOAD', kw.load),
    this.skipped('SECURITY LABEL', kw.security, kw.label),
    this.skipped('REASSIGN OWNED', kw.reassign, kw.owned),
    this.skipped('IMPORT FOREIGN SCHEMA', kw.import, kw.foreign, kw.schema),
  ];

  /** A statement the product does not have, known by its first words. */
  protected skipped(feature: string, ...words: readonly TokenType[]): { ALT: () => ast.Statement } {
    return {
      ALT: () => {
        const offset = this.here();
        for (const word of words) this.CONSUME(word);
        this.SUBRULE(this.skipRest);
        return { kind: 'unsupported', feature, offset };
      },
    };
  }

  /** One statement and nothing after it. */
  readonly wholeStatement = this.RULE('wholeStatement', (): ast.Statement => {
    const statement = this.SUBRULE(this.statement);
    this.CONSUME(t.EndOfInput);
    return statement;
  });

  readonly wholeExpression = this.RULE('wholeExpression', (): ast.Expression => {
    const expression = this.SUBRULE(this.expression);
    this.CONSUME(t.EndOfInput);
    return expression;
  });

  readonly wholeTypeName = this.RULE('wholeTypeName', (): ast.TypeName => {
    const type = this.SUBRULE(this.typeName);
    this.CONSUME(t.EndOfInput);
    return type;
  });
}
