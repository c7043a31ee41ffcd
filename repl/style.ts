/** Colours, off when output is no terminal or NO_COLOR is set. */
import pc from 'picocolors';

export interface Style {
  error(text: string): string;
  warning(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
  prompt(text: string): string;
  /** Of SQL while it is typed; names by the parser's kinds of lexemes. */
  keyword(text: string): string;
  string(text: string): string;
  quotedName(text: string): string;
  number(text: string): string;
  parameter(text: string): string;
  comment(text: string): string;
}

const plain = (text: string): string => text;
export const plainStyle: Style = { error: plain, warning: plain, dim: plain, bold: plain, prompt: plain, keyword: plain, string: plain, quotedName: plain, number: plain, parameter: plain, comment: plain };

export function makeStyle(isEnabled: boolean): Style {
  if (!isEnabled) return plainStyle;
  const colors = pc.createColors(true);
  return {
    error: colors.red, warning: colors.yellow, dim: colors.dim, bold: colors.bold, prompt: colors.cyan,
    keyword: colors.blue, string: colors.green, quotedName: colors.yellow, number: colors.magenta, parameter: colors.cyan, comment: colors.dim,
  };
}
