/**
 * Templates of to_char, to_date, to_timestamp and jsonpath's datetime(), such as `YYYY-MM-DD HH24:MI:SS.US`, cut into nodes: patterns with modifiers (FM, FX, TH),
 * separators, blanks and plain characters.
 *
 * Source: PostgreSQL's formatting.c (parse_format).
 */
export type Convention = 'none' | 'gregorian' | 'iso';

export interface Pattern {
  readonly name: string;
  /** The name in the case that decides nothing. */
  readonly key: string;
  readonly isDigit: boolean;
  readonly convention: Convention;
}

export type FormatNode =
  | { readonly kind: 'action'; readonly pattern: Pattern; readonly isFill: boolean; readonly isUnpadded: boolean; readonly ordinal: '' | 'TH' | 'th' }
  | { readonly kind: 'separator' | 'space' | 'character'; readonly text: string; /** In double quotes in the template. */ readonly isQuoted: boolean };

/** `name[#][g|i]`: # for patterns that read digits, g and i for the convention of dates they belong to. */
const patternTable = `A.D. A.M. AD AM B.C. BC CC# DAY DDD#g DD#g DY Day Dy D#g FF1# FF2# FF3# FF4# FF5# FF6# FX HH24# HH12# HH# IDDD#i ID#i IW#i IYYY#i IYY#i
IY#i I#i J# MI# MM#g MONTHg MONg MS# Monthg Mong OF P.M. PM Q# RMg SSSSS# SSSS# SS# TZH TZM# TZ US# WW#g W#g Y,YYY#g YYYY#g YYY#g YY#g Y#g
a.d. a.m. ad am b.c. bc cc# day ddd#g dd#g dy d#g ff1# ff2# ff3# ff4# ff5# ff6# fx hh24# hh12# hh# iddd#i id#i iw#i iyyy#i iyy#i iy#i i#i j# mi#
mm#g monthg mong ms# of p.m. pm q# rmg sssss# ssss# ss# tzh tzm# tz us# ww#g w#g y,yyy#g yyyy#g yyy#g yy#g y#g`;

const patterns: readonly Pattern[] = patternTable.split(/\s+/).map((entry) => {
  const match = /^(.+?)(#?)([gi]?)$/.exec(entry)!;
  // 'Mong' is 'Mon' of the Gregorian convention; names themselves never end in g or i after this cut but 'mi' and 'MI'.
  const isMinute = entry === 'mi#' || entry === 'MI#';
  const name = isMinute ? entry.slice(0, 2) : match[1]!;
  const convention = isMinute ? '' : match[3]!;
  return { name, key: name.toUpperCase(), isDigit: entry.includes('#'), convention: convention === 'g' ? 'gregorian' : convention === 'i' ? 'iso' : 'none' };
});

export const isSeparator = (c: string): boolean => /^[!-/:-@[-`{-~]$/.test(c);
export const isSpace = (c: string | undefined): boolean => c === ' ' || (c !== undefined && c >= '\t' && c <= '\r');

const templates = new Map<string, readonly FormatNode[]>();

export function parseTemplate(text: string): readonly FormatNode[] {
  let nodes = templates.get(text);
  if (nodes === undefined) {
    if (templates.size > 200) templates.clear();
    templates.set(text, (nodes = makeTemplate(text)));
  }
  return nodes;
}

function makeTemplate(text: string): FormatNode[] {
  const nodes: FormatNode[] = [];
  for (let at = 0; at < text.length; ) {
    let isFill = false;
    // TM prints names in the locale's language, which is English, without padding.
    let isUnpadded = false;
    const prefix = /^(FM|fm|TM|tm)/.exec(text.slice(at, at + 2))?.[1];
    if (prefix !== undefined) {
      isFill = prefix.toUpperCase() === 'FM';
      isUnpadded = !isFill;
      at += 2;
      if (at >= text.length) break;
    }
    const pattern = patterns.find((candidate) => text.startsWith(candidate.name, at));
    if (pattern !== undefined) {
      at += pattern.name.length;
      const suffix = /^(TH|th|SP)/.exec(text.slice(at, at + 2))?.[1];
      if (suffix !== undefined) at += 2;
      nodes.push({ kind: 'action', pattern, isFill, isUnpadded, ordinal: suffix === 'TH' || suffix === 'th' ? suffix : '' });
    } else if (text[at] === '"') {
      at++;
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && at + 1 < text.length) at++;
        const character = String.fromCodePoint(text.codePointAt(at)!);
        nodes.push({ kind: 'character', text: character, isQuoted: true });
        at += character.length;
      }
      at++;
    } else {
      if (text[at] === '\\' && text[at + 1] === '"') at++;
      const character = String.fromCodePoint(text.codePointAt(at)!);
      nodes.push({ kind: isSeparator(character) ? 'separator' : isSpace(character) ? 'space' : 'character', text: character, isQuoted: false });
      at += character.length;
    }
  }
  return nodes;
}

export type Action = Extract<FormatNode, { kind: 'action' }>;

export const monthNames = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
export const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
/** From December down, as intervals count back. */
export const romanMonths = ['XII', 'XI', 'X', 'IX', 'VIII', 'VII', 'VI', 'V', 'IV', 'III', 'II', 'I'];
