/** Colours, off when output is no terminal or NO_COLOR is set. */
import pc from 'picocolors';

export interface Style {
  error(text: string): string;
  warning(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
  prompt(text: string): string;
}

const plain = (text: string): string => text;
export const plainStyle: Style = { error: plain, warning: plain, dim: plain, bold: plain, prompt: plain };

export function makeStyle(isEnabled: boolean): Style {
  if (!isEnabled) return plainStyle;
  const colors = pc.createColors(true);
  return { error: colors.red, warning: colors.yellow, dim: colors.dim, bold: colors.bold, prompt: colors.cyan };
}
