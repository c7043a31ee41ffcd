/** SET and its values, which functions may carry too. */
import type * as ast from './ast.js';
import { AlterTableGrammar } from './grammar-alter-table.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

export class SettingGrammar extends AlterTableGrammar {
  /** name, name.part */
  readonly variableName = this.RULE('variableName', (): string => {
    let name = valueOf(this.CONSUME(t.ColId));
    this.MANY(() => {
      this.CONSUME(t.Dot);
      name += `.${valueOf(this.CONSUME1(t.ColId))}`;
    });
    return name;
  });

  /** What follows SET [LOCAL | SESSION], other than transaction modes. */
  readonly settingRest = this.RULE('settingRest', (scope: 'session' | 'local', mayBeCurrent: boolean, offset: number): ast.SetVariable => {
    const make = (name: string, values: readonly ast.SettingValue[] | undefined, fromCurrent = false): ast.SetVariable => ({ kind: 'setVariable', scope, name, values, fromCurrent, offset });
    const text = (): ast.SettingValue => {
      const token = this.CONSUME(t.StringLiteral);
      return { kind: 'string', value: valueOf(token), offset: token.startOffset };
    };
    return this.OR<ast.SetVariable>([
      { GATE: () => this.secondIs(kw.zone), ALT: () => (this.CONSUME(kw.time), this.CONSUME(kw.zone), make('timezone', this.SUBRULE(this.timeZoneValue))) },
      { GATE: () => this.secondIs(t.StringLiteral), ALT: () => (this.CONSUME(kw.schema), make('search_path', [text()])) },
      { GATE: () => this.secondIs(t.StringLiteral), ALT: () => (this.CONSUME(kw.catalog), make('catalog', [text()])) },
      {
        GATE: () => !this.isAssignment(),
        ALT: () => {
          this.CONSUME(kw.names);
          const values = this.OPTION(() =>
            this.OR1<ast.SettingValue[] | undefined>([{ ALT: () => [text()] }, { ALT: () => { this.CONSUME(kw.default); return undefined; } }]),
          );
          return make('client_encoding', values);
        },
      },
      { GATE: () => !this.isAssignment(), ALT: () => (this.CONSUME(kw.role), make('role', [this.SUBRULE(this.wordOrString)])) },
      {
        GATE: () => this.secondIs(kw.authorization),
        ALT: () => {
          this.CONSUME(kw.session);
          this.CONSUME(kw.authorization);
          const values = this.OR2<ast.SettingValue[] | undefined>([{ ALT: () => [this.SUBRULE1(this.wordOrString)] }, { ALT: () => { this.CONSUME1(kw.default); return undefined; } }]);
          return make('session_authorization', values);
        },
      },
      {
        GATE: () => this.secondIs(kw.option),
        ALT: () => {
          this.CONSUME(kw.xml);
          this.CONSUME(kw.option);
          const token = this.OR3([{ ALT: () => this.CONSUME(kw.document) }, { ALT: () => this.CONSUME(kw.content) }]);
          return make('xmloption', [{ kind: 'word', value: valueOf(token), offset: token.startOffset }]);
        },
      },
      {
        ALT: () => {
          const name = this.SUBRULE(this.variableName);
          return this.OR4<ast.SetVariable>([
            { GATE: () => mayBeCurrent, ALT: () => (this.CONSUME(kw.from), this.CONSUME(kw.current), make(name, undefined, true)) },
            {
              ALT: () => {
                this.OR5([{ ALT: () => this.CONSUME(kw.to) }, { ALT: () => this.CONSUME(t.Equals) }]);
                const values = this.OR6<ast.SettingValue[] | undefined>([
                  { ALT: () => { this.CONSUME2(kw.default); return undefined; } },
                  {
                    ALT: () => {
                      const list: ast.SettingValue[] = [];
                      this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => list.push(this.SUBRULE(this.settingValue)) });
                      return list;
                    },
                  },
                ]);
                return make(name, values);
              },
            },
          ]);
        },
      },
    ]);
  });

  /** Whether the next word is a variable that is being assigned to, whatever else it might begin. */
  protected isAssignment(): boolean {
    return this.secondIs(kw.to) || this.secondIs(t.Equals) || this.secondIs(t.Dot);
  }

  readonly wordOrString = this.RULE('wordOrString', (): ast.SettingValue =>
    this.OR<ast.SettingValue>([
      { ALT: () => { const token = this.CONSUME(t.NonReservedWord); return { kind: 'word', value: valueOf(token), offset: token.startOffset }; } },
      { ALT: () => { const token = this.CONSUME(t.StringLiteral); return { kind: 'string', value: valueOf(token), offset: token.startOffset }; } },
    ]),
  );

  /** A word (TRUE, FALSE and ON are words here), a string or a number. */
  readonly settingValue = this.RULE('settingValue', (): ast.SettingValue => {
    const offset = this.here();
    return this.OR<ast.SettingValue>([
      { ALT: () => this.SUBRULE(this.wordOrString) },
      { ALT: () => ({ kind: 'word', value: valueOf(this.CONSUME(kw.true)), offset }) },
      { ALT: () => ({ kind: 'word', value: valueOf(this.CONSUME(kw.false)), offset }) },
      { ALT: () => ({ kind: 'word', value: valueOf(this.CONSUME(kw.on)), offset }) },
      { ALT: () => ({ kind: 'number', text: this.SUBRULE(this.signedNumber), offset }) },
    ]);
  });

  /** Of SET TIME ZONE; undefined for DEFAULT and LOCAL. */
  readonly timeZoneValue = this.RULE('timeZoneValue', (): ast.SettingValue[] | undefined => {
    const offset = this.here();
    return this.OR<ast.SettingValue[] | undefined>([
      { ALT: () => { this.CONSUME(kw.default); return undefined; } },
      { ALT: () => { this.CONSUME(kw.local); return undefined; } },
      { ALT: () => [{ kind: 'string', value: valueOf(this.CONSUME(t.StringLiteral)), offset }] },
      { ALT: () => [{ kind: 'word', value: valueOf(this.CONSUME(t.Identifier)), offset }] },
      { ALT: () => [{ kind: 'number', text: this.SUBRULE(this.signedNumber), offset }] },
      {
        GATE: () => this.nextIs(kw.interval),
        ALT: () => {
          const cast = this.SUBRULE(this.typedLiteral);
          return this.ACTION((): ast.SettingValue[] => [{ kind: 'interval', cast: cast as ast.Cast, offset }]);
        },
      },
    ]);
  });
}
