/**
 * Documents of type json, which are kept as the text they came as: white space, order of keys, duplicates and all. Their functions
 * see a tree whose nodes remember their own piece of that text.
 */
import { DbError } from '../../base/errors.js';
import type { JsonSink } from '../../base/json-text.js';
import { quoteJson, readJson } from '../../base/json-text.js';
import { subscriptOf } from './jsonb-edit.js';

export interface JsonNode {
  readonly kind: 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';
  /** The node's piece of the document. */
  readonly source: string;
  /** A string's contents. */
  readonly string: string;
  readonly keys: readonly string[];
  /** Elements of an array, members of an object. */
  readonly items: readonly JsonNode[];
}

const noKeys: readonly string[] = [];
const noItems: readonly JsonNode[] = [];

export function parseJsonSource(text: string): JsonNode {
  const leaf = (kind: JsonNode['kind'], source: string, string = ''): JsonNode => ({ kind, source, string, keys: noKeys, items: noItems });
  const sink: JsonSink<JsonNode> = {
    wantsStrings: true,
    null: () => leaf('null', 'null'),
    boolean: (value) => leaf('boolean', String(value)),
    number: (source) => leaf('number', source),
    string: (value, start, end) => leaf('string', text.slice(start, end), value),
    array: (items, start, end) => ({ kind: 'array', source: text.slice(start, end), string: '', keys: noKeys, items }),
    object: (keys, items, start, end) => ({ kind: 'object', source: text.slice(start, end), string: '', keys, items }),
  };
  return readJson(text, sink);
}

/** The last member of that name. */
export function memberOf(node: JsonNode, name: string): JsonNode | undefined {
  return node.kind === 'object' ? node.items[node.keys.lastIndexOf(name)] : undefined;
}
export function itemAt(node: JsonNode, index: number): JsonNode | undefined {
  return node.kind === 'array' ? node.items[index < 0 ? node.items.length + index : index] : undefined;
}
export function followSource(node: JsonNode, path: readonly string[]): JsonNode | undefined {
  let current: JsonNode | undefined = node;
  for (const step of path) {
    if (current === undefined) return undefined;
    if (current.kind === 'object') current = memberOf(current, step);
    else {
      const index = subscriptOf(step);
      current = index === undefined ? undefined : itemAt(current, index);
    }
  }
  return current;
}

/** As `->>` gives it: strings without quotes, null as NULL. */
export function sourceText(node: JsonNode): string | null {
  return node.kind === 'string' ? node.string : node.kind === 'null' ? null : node.source;
}

/** json_strip_nulls: without members that are null, and without white space. */
export function stripSourceNulls(node: JsonNode): string {
  if (node.kind === 'array') return `[${node.items.map(stripSourceNulls).join(',')}]`;
  if (node.kind === 'string') return quoteJson(node.string);
  if (node.kind !== 'object') return node.source;
  const members = node.items.flatMap((item, i) => (item.kind === 'null' ? [] : [`${quoteJson(node.keys[i]!)}:${stripSourceNulls(item)}`]));
  return `{${members.join(',')}}`;
}

export function wrongKind(message: string): DbError {
  return new DbError('22023', message);
}
