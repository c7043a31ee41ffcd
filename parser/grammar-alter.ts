/** ALTER of everything but tables, DROP and COMMENT. */
import { DbError } from '../base/errors.js';
import type * as ast from './ast.js';
import { DefinitionGrammar } from './grammar-definitions.js';
import * as t from './tokens.js';
import { kw, valueOf } from './tokens.js';

export class AlterGrammar extends DefinitionGrammar {
  readonly alterStatement = this.RULE('alterStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.alter).startOffset;
    return this.OR<ast.Statement>([
      { ALT: () => (this.CONSUME(kw.table), this.SUBRULE(this.alterRelation, { ARGS: ['table', offset] })) },
      { ALT: () => (this.CONSUME(kw.index), this.SUBRULE1(this.alterRelation, { ARGS: ['index', offset] })) },
      { ALT: () => (this.CONSUME(kw.sequence), this.SUBRULE2(this.alterRelation, { ARGS: ['sequence', offset] })) },
      { ALT: () => (this.CONSUME(kw.view), this.SUBRULE3(this.alterRelation, { ARGS: ['view', offset] })) },
      { ALT: () => (this.CONSUME(kw.materialized), this.CONSUME1(kw.view), this.SUBRULE4(this.alterRelation, { ARGS: ['materialized view', offset] })) },
      { ALT: () => this.SUBRULE(this.alterType, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterDomain, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterSchema, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterExtension, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.alterFunction, { ARGS: [offset] }) },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['ALTER', offset] }) },
    ]);
  });

  readonly alterExtension = this.RULE('alterExtension', (offset: number): ast.Statement => {
    this.CONSUME(kw.extension);
    const name = this.SUBRULE(this.qualifiedName);
    return this.OR<ast.Statement>([
      { ALT: () => (this.CONSUME(kw.update), { kind: 'updateExtension', name: name.name, version: this.OPTION(() => (this.CONSUME(kw.to), this.SUBRULE(this.extensionVersion))), offset }) },
      { ALT: () => (this.CONSUME(kw.set), this.CONSUME(kw.schema), { kind: 'setSchema', objectType: 'extension', name, args: undefined, schema: valueOf(this.CONSUME(t.ColId)), ifExists: false, offset }) },
      {
        ALT: () => {
          const verb = this.OR1([{ ALT: () => this.CONSUME(kw.add) }, { ALT: () => this.CONSUME(kw.drop) }]);
          this.SUBRULE(this.skipRest);
          return { kind: 'unsupported', feature: this.ACTION(() => `ALTER EXTENSION ${valueOf(verb).toUpperCase()}`), offset };
        },
      },
    ]);
  });

  /** RENAME TO, SET SCHEMA, OWNER TO: what any object takes. */
  override readonly alterObject = this.RULE('alterObject', (objectType: ast.ObjectType, name: ast.QualifiedName, args: ast.FunctionParameter[] | undefined, offset: number): ast.Statement =>
    this.OR<ast.Statement>([
      {
        ALT: () => {
          this.CONSUME(kw.rename);
          this.CONSUME(kw.to);
          const newName = valueOf(this.CONSUME(t.ColId));
          return { kind: 'rename', objectType, name, containerType: undefined, part: undefined, newName, args, ifExists: false, behavior: 'restrict', offset };
        },
      },
      { ALT: () => (this.CONSUME(kw.set), this.CONSUME(kw.schema), { kind: 'setSchema', objectType, name, args, schema: valueOf(this.CONSUME1(t.ColId)), ifExists: false, offset }) },
      { ALT: () => (this.CONSUME(kw.owner), this.CONSUME1(kw.to), { kind: 'alterOwner', objectType, name, args, role: this.SUBRULE(this.role), offset }) },
    ]),
  );

  readonly alterSchema = this.RULE('alterSchema', (offset: number): ast.Statement => {
    this.CONSUME(kw.schema);
    const { name, offset: start } = this.SUBRULE(this.identifier);
    return this.SUBRULE(this.alterObject, { ARGS: ['schema', { catalog: undefined, schema: undefined, name, offset: start }, undefined, offset] });
  });

  readonly alterType = this.RULE('alterType', (offset: number): ast.Statement => {
    this.CONSUME(kw.type);
    const name = this.SUBRULE(this.qualifiedName);
    return this.OR<ast.Statement>([
      { GATE: () => this.nextIs(kw.add) && this.secondIs(kw.value), ALT: () => this.SUBRULE(this.addEnumValue, { ARGS: [name, offset] }) },
      { GATE: () => this.nextIs(kw.rename) && !this.secondIs(kw.to), ALT: () => this.SUBRULE(this.renameTypePart, { ARGS: [name, offset] }) },
      { GATE: () => !this.nextIs(kw.set) || this.secondIs(kw.schema), ALT: () => this.SUBRULE(this.alterObject, { ARGS: ['type', name, undefined, offset] }) },
      {
        ALT: () => {
          const actions: ast.AlterCompositeType['actions'][number][] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => actions.push(this.SUBRULE(this.attributeAction)) });
          return { kind: 'alterCompositeType', name, actions, offset };
        },
      },
      { ALT: () => (this.CONSUME(kw.set), this.SUBRULE(this.definitionOptions), { kind: 'unsupported', feature: 'ALTER TYPE SET', offset }) },
    ]);
  });

  readonly addEnumValue = this.RULE('addEnumValue', (name: ast.QualifiedName, offset: number): ast.AlterEnumAddValue => {
    this.CONSUME(kw.add);
    this.CONSUME(kw.value);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const value = valueOf(this.CONSUME(t.StringLiteral));
    let placement: 'before' | 'after' | undefined;
    const neighbour = this.OPTION(() => {
      placement = this.OR<'before' | 'after'>([{ ALT: () => (this.CONSUME(kw.before), 'before') }, { ALT: () => (this.CONSUME(kw.after), 'after') }]);
      return valueOf(this.CONSUME1(t.StringLiteral));
    });
    return { kind: 'alterEnumAddValue', name, value, ifNotExists, neighbour, placement, offset };
  });

  /** RENAME VALUE 'a' TO 'b', RENAME ATTRIBUTE a TO b */
  readonly renameTypePart = this.RULE('renameTypePart', (name: ast.QualifiedName, offset: number): ast.Rename => {
    this.CONSUME(kw.rename);
    return this.OR<ast.Rename>([
      {
        ALT: () => {
          this.CONSUME(kw.value);
          const part = valueOf(this.CONSUME(t.StringLiteral));
          this.CONSUME(kw.to);
          const newName = valueOf(this.CONSUME1(t.StringLiteral));
          return { kind: 'rename', objectType: 'enum value', name, containerType: 'type', part, newName, args: undefined, ifExists: false, behavior: 'restrict', offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.attribute);
          const part = valueOf(this.CONSUME(t.ColId));
          this.CONSUME1(kw.to);
          const newName = valueOf(this.CONSUME1(t.ColId));
          const behavior = this.SUBRULE(this.dropBehavior);
          return { kind: 'rename', objectType: 'attribute', name, containerType: 'type', part, newName, args: undefined, ifExists: false, behavior, offset };
        },
      },
    ]);
  });

  readonly attributeAction = this.RULE('attributeAction', (): ast.AlterCompositeType['actions'][number] => {
    const offset = this.here();
    return this.OR<ast.AlterCompositeType['actions'][number]>([
      {
        ALT: () => {
          this.CONSUME(kw.add);
          this.CONSUME(kw.attribute);
          const attribute = this.SUBRULE(this.functionColumn);
          return { kind: 'addAttribute', attribute, behavior: this.SUBRULE(this.dropBehavior), offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.drop);
          this.CONSUME1(kw.attribute);
          const ifExists = this.SUBRULE(this.ifExists);
          const attribute = valueOf(this.CONSUME(t.ColId));
          return { kind: 'dropAttribute', attribute, ifExists, behavior: this.SUBRULE1(this.dropBehavior), offset };
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.alter);
          this.CONSUME2(kw.attribute);
          const attribute = valueOf(this.CONSUME1(t.ColId));
          this.hasBoth(0, kw.set, kw.data);
          this.CONSUME(kw.type);
          const type = this.SUBRULE(this.typeName);
          const collation = this.SUBRULE(this.optionalCollation);
          return { kind: 'alterAttribute', attribute, type, collation, behavior: this.SUBRULE2(this.dropBehavior), offset };
        },
      },
    ]);
  });

  readonly alterDomain = this.RULE('alterDomain', (offset: number): ast.Statement => {
    this.CONSUME(kw.domain);
    const name = this.SUBRULE(this.qualifiedName);
    const start = this.here();
    const alter = (action: ast.AlterDomain['action']): ast.AlterDomain => ({ kind: 'alterDomain', name, action, offset });
    return this.OR<ast.Statement>([
      {
        GATE: () => this.secondIs(kw.constraint),
        ALT: () => {
          this.CONSUME(kw.rename);
          this.CONSUME(kw.constraint);
          const part = valueOf(this.CONSUME(t.ColId));
          this.CONSUME(kw.to);
          const newName = valueOf(this.CONSUME1(t.ColId));
          return { kind: 'rename', objectType: 'domain constraint', name, containerType: 'domain', part, newName, args: undefined, ifExists: false, behavior: 'restrict', offset };
        },
      },
      { GATE: () => !this.nextIs(kw.set) || this.secondIs(kw.schema), ALT: () => this.SUBRULE(this.alterObject, { ARGS: ['domain', name, undefined, offset] }) },
      {
        ALT: () => {
          this.CONSUME(kw.set);
          return this.OR1<ast.Statement>([
            { ALT: () => (this.CONSUME(kw.default), alter({ kind: 'setDefault', expression: this.SUBRULE(this.expression), offset: start })) },
            { ALT: () => (this.CONSUME(kw.not), this.CONSUME(kw.null), alter({ kind: 'setNotNull', notNull: true, offset: start })) },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.drop);
          return this.OR2<ast.Statement>([
            { ALT: () => (this.CONSUME1(kw.default), alter({ kind: 'setDefault', expression: undefined, offset: start })) },
            { ALT: () => (this.CONSUME1(kw.not), this.CONSUME1(kw.null), alter({ kind: 'setNotNull', notNull: false, offset: start })) },
            {
              ALT: () => {
                this.CONSUME1(kw.constraint);
                const ifExists = this.SUBRULE(this.ifExists);
                const constraint = valueOf(this.CONSUME2(t.ColId));
                return alter({ kind: 'dropDomainConstraint', name: constraint, ifExists, behavior: this.SUBRULE(this.dropBehavior), offset: start });
              },
            },
          ]);
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.add);
          const constraint = this.SUBRULE(this.columnConstraint);
          const notValid = this.option(3, () => (this.CONSUME2(kw.not), this.CONSUME(kw.valid), true)) ?? false;
          return this.ACTION(() => {
            const attributes = { ...constraint.attributes, notValid };
            return alter({ kind: 'addDomainConstraint', constraint: { ...constraint, attributes }, offset: start });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.validate);
          this.CONSUME2(kw.constraint);
          return alter({ kind: 'validateDomainConstraint', name: valueOf(this.CONSUME3(t.ColId)), offset: start });
        },
      },
    ]);
  });

  // --------------------------------------------------------------------------------------------------- DROP and COMMENT

  /** The kinds of objects that are named by schema and name, and that exist here. */
  readonly objectKind = this.RULE('objectKind', (): ast.ObjectType =>
    this.OR<ast.ObjectType>([
      { ALT: () => (this.CONSUME(kw.table), 'table') },
      { ALT: () => (this.CONSUME(kw.view), 'view') },
      { ALT: () => (this.CONSUME(kw.materialized), this.CONSUME1(kw.view), 'materialized view') },
      { ALT: () => (this.CONSUME(kw.index), 'index') },
      { ALT: () => (this.CONSUME(kw.sequence), 'sequence') },
      { ALT: () => (this.CONSUME(kw.schema), 'schema') },
      { ALT: () => (this.CONSUME(kw.type), 'type') },
      { ALT: () => (this.CONSUME(kw.domain), 'domain') },
      { ALT: () => (this.CONSUME(kw.extension), 'extension') },
    ]),
  );
  readonly routineKind = this.RULE('routineKind', (): 'function' | 'procedure' | 'routine' =>
    this.OR<'function' | 'procedure' | 'routine'>([
      { ALT: () => (this.CONSUME(kw.function), 'function') },
      { ALT: () => (this.CONSUME(kw.procedure), 'procedure') },
      { ALT: () => (this.CONSUME(kw.routine), 'routine') },
    ]),
  );

  readonly dropStatement = this.RULE('dropStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.drop).startOffset;
    return this.OR<ast.Statement>([
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.objectKind);
          const concurrently = this.OPTION({ GATE: () => objectType === 'index', DEF: () => this.CONSUME(kw.concurrently) }) !== undefined;
          const ifExists = this.SUBRULE(this.ifExists);
          const names = this.SUBRULE(this.qualifiedNames);
          const behavior = this.SUBRULE(this.dropBehavior);
          return this.ACTION((): ast.Drop => ({ kind: 'drop', objectType, objects: names.map((name) => ({ name, args: undefined })), ifExists, concurrently, behavior, offset }));
        },
      },
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.routineKind);
          const ifExists = this.SUBRULE1(this.ifExists);
          const objects: ast.DroppedObject[] = [];
          this.AT_LEAST_ONE_SEP({ SEP: t.Comma, DEF: () => objects.push(this.SUBRULE(this.functionReference)) });
          return { kind: 'drop', objectType, objects, ifExists, concurrently: false, behavior: this.SUBRULE1(this.dropBehavior), offset };
        },
      },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['DROP', offset] }) },
    ]);
  });

  /** name [(argument types)] */
  readonly functionReference = this.RULE('functionReference', (): ast.DroppedObject => {
    const name = this.SUBRULE(this.functionName);
    const args = this.OPTION(() => this.SUBRULE(this.functionParameters, { ARGS: [false] }));
    return { name, args };
  });

  readonly commentStatement = this.RULE('commentStatement', (): ast.Statement => {
    const offset = this.CONSUME(kw.comment).startOffset;
    this.CONSUME(kw.on);
    type Target = Pick<ast.Comment, 'objectType' | 'name' | 'part' | 'args'>;
    let complete: (() => Target) | undefined;
    const unsupported = this.OR<ast.UnsupportedStatement | undefined>([
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.objectKind);
          const name = this.SUBRULE(this.qualifiedName);
          complete = () => ({ objectType, name, part: undefined, args: undefined });
          return undefined;
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.column);
          const start = this.here();
          const path = this.SUBRULE(this.columnPath);
          complete = () => ({ objectType: 'column', ...columnOf(path, start), args: undefined });
          return undefined;
        },
      },
      {
        ALT: () => {
          this.CONSUME(kw.constraint);
          const part = valueOf(this.CONSUME(t.ColId));
          this.CONSUME1(kw.on);
          const isDomain = this.OPTION({ GATE: () => t.belongsTo(this.LA(2).tokenType, t.ColId), DEF: () => this.CONSUME(kw.domain) }) !== undefined;
          const name = this.SUBRULE1(this.qualifiedName);
          complete = () => ({ objectType: isDomain ? 'domain constraint' : 'constraint', name, part, args: undefined });
          return undefined;
        },
      },
      {
        ALT: () => {
          const objectType = this.SUBRULE(this.routineKind);
          const { name, args } = this.SUBRULE(this.functionReference);
          complete = () => ({ objectType, name, part: undefined, args });
          return undefined;
        },
      },
      { ALT: () => this.SUBRULE(this.unsupportedObject, { ARGS: ['COMMENT ON', offset] }) },
    ]);
    // An unsupported object has taken the rest of the statement already.
    const text = this.OPTION1(() => {
      this.CONSUME(kw.is);
      return this.OR1<{ value: string | undefined }>([
        { ALT: () => ({ value: valueOf(this.CONSUME(t.StringLiteral)) }) },
        { ALT: () => { this.CONSUME(kw.null); return { value: undefined }; } },
      ]);
    });
    return this.ACTION((): ast.Statement => {
      if (complete === undefined) return unsupported!;
      if (text === undefined) this.fail(this.LA(1));
      return { kind: 'comment', ...complete(), text: text.value, offset };
    });
  });

  /** table.column, schema.table.column, in parts. */
  readonly columnPath = this.RULE('columnPath', (): string[] => {
    const parts = [valueOf(this.CONSUME(t.ColId))];
    this.MANY(() => {
      this.CONSUME(t.Dot);
      parts.push(valueOf(this.CONSUME(t.ColLabel)));
    });
    return parts;
  });
}

/** The table and the column of a path. */
function columnOf(parts: readonly string[], offset: number): { name: ast.QualifiedName; part: string } {
  const n = parts.length;
  if (n < 2) throw new DbError('42601', 'column name must be qualified', { offset });
  if (n > 4) throw new DbError('42601', `improper qualified name (too many dotted names): ${parts.join('.')}`, { offset });
  return { name: { catalog: n > 3 ? parts[n - 4] : undefined, schema: n > 2 ? parts[n - 3] : undefined, name: parts[n - 2]!, offset }, part: parts[n - 1]! };
}
