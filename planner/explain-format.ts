/**
 * The structured forms of EXPLAIN: JSON, YAML and XML of one value, laid out as PostgreSQL lays them out, so that what reads its plans reads ours.
 * A list of texts stays on one line in JSON; names lose their blanks in XML; every text is quoted in YAML.
 *
 * Source. explain.c (ExplainPropertyList, ExplainOpenGroup, escape_yaml).
 */

/** A number with the digits it is shown with: costs keep two, times three. */
export class Decimals {
  readonly text: string;
  constructor(value: number, digits: number) {
    this.text = value.toFixed(digits);
  }
}

export type Structured = string | number | boolean | Decimals | readonly string[] | readonly StructuredGroup[] | StructuredGroup;
export interface StructuredGroup {
  readonly [name: string]: Structured;
}
export type StructuredFormat = 'json' | 'yaml' | 'xml';

/** The whole text of EXPLAIN for one statement. */
export function formatStructured(query: StructuredGroup, format: StructuredFormat): string {
  switch (format) {
    case 'json':
      return `[\n  ${jsonText(query, 2)}\n]`;
    case 'yaml':
      return `- ${yamlGroup(query, 2)}`;
    case 'xml':
      return `<explain xmlns="http://www.postgresql.org/2009/explain">\n  <Query>\n${xmlGroup(query, 4)}  </Query>\n</explain>`;
  }
}

const isTexts = (value: readonly unknown[]): value is readonly string[] => value.every((item) => typeof item === 'string');
const plainText = (value: string | number | boolean | Decimals): string => (value instanceof Decimals ? value.text : String(value));

function jsonText(value: Structured, indent: number): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || value instanceof Decimals) return plainText(value);
  const [inner, outer] = [' '.repeat(indent + 2), ' '.repeat(indent)];
  if (Array.isArray(value)) {
    const items = value as readonly Structured[];
    if (isTexts(items)) return `[${items.map((item) => JSON.stringify(item)).join(', ')}]`;
    return `[\n${items.map((item) => inner + jsonText(item, indent + 2)).join(',\n')}\n${outer}]`;
  }
  return `{\n${Object.entries(value as StructuredGroup).map(([name, member]) => `${inner}${JSON.stringify(name)}: ${jsonText(member, indent + 2)}`).join(',\n')}\n${outer}}`;
}

/** The members of a group; the first stands where the text is, the others `indent` blanks into new lines. */
function yamlGroup(group: StructuredGroup, indent: number): string {
  const next = `\n${' '.repeat(indent)}`;
  return Object.entries(group)
    .map(([name, value]) => {
      if (typeof value === 'string') return `${name}: ${JSON.stringify(value)}`;
      if (typeof value !== 'object' || value instanceof Decimals) return `${name}: ${plainText(value)}`;
      if (!Array.isArray(value)) return `${name}: ${next}  ${yamlGroup(value as StructuredGroup, indent + 2)}`;
      const items = value as readonly (string | StructuredGroup)[];
      return `${name}: ${items.map((item) => `${next}  - ${typeof item === 'string' ? JSON.stringify(item) : yamlGroup(item, indent + 4)}`).join('')}`;
    })
    .join(next);
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#x0d;' };
const xmlText = (text: string): string => text.replace(/[&<>\r]/g, (c) => escapes[c]!);
const xmlName = (name: string): string => name.replace(/[^A-Za-z0-9_.-]/g, '-');

function xmlGroup(group: StructuredGroup, indent: number): string {
  const pad = ' '.repeat(indent);
  let text = '';
  for (const [name, value] of Object.entries(group)) {
    const tag = xmlName(name);
    if (typeof value !== 'object' || value instanceof Decimals) text += `${pad}<${tag}>${xmlText(plainText(value))}</${tag}>\n`;
    else if (!Array.isArray(value)) text += `${pad}<${tag}>\n${xmlGroup(value as StructuredGroup, indent + 2)}${pad}</${tag}>\n`;
    else {
      const items = (value as readonly (string | StructuredGroup)[]).map((item) =>
        typeof item === 'string' ? `${pad}  <Item>${xmlText(item)}</Item>\n` : `${pad}  <${singular(tag)}>\n${xmlGroup(item, indent + 4)}${pad}  </${singular(tag)}>\n`,
      );
      text += `${pad}<${tag}>\n${items.join('')}${pad}</${tag}>\n`;
    }
  }
  return text;
}

/** A member of the group Plans is a Plan. */
const singular = (tag: string): string => tag.replace(/s$/, '');
