/**
 * Time zones: named ones of the IANA database (through Intl, which ships it), POSIX strings such as `EST5EDT` or `<+03>-3`, and the
 * abbreviations that PostgreSQL accepts in input.
 *
 * Intl answers one question, what a clock shows at a moment, in about a microsecond. A named zone therefore keeps, per year, the
 * list of its changes of offset, found by probing every twelve days and bisecting; after that an offset is a short search.
 *
 * Z1  Offsets here are seconds *east* of Greenwich. (TimeTz and DecodeTimezone count west, as PostgreSQL's internals do.)
 * Z2  Years past 2400 repeat the Gregorian cycle of 400 years; before 1800 local mean time holds.
 *
 * Source: PostgreSQL's DetermineTimeZoneOffset for local times that are missing or double.
 */

export interface TimeZone {
  readonly name: string;
  /** Seconds east of Greenwich at a moment, in seconds since 1970. */
  offsetAt(unixSeconds: number): number;
  /** The first change of offset after a moment, if there is one within the next three days. */
  nextChange(unixSeconds: number): number | undefined;
  abbreviationAt(unixSeconds: number): string;
  /** Whether the offset never changes. */
  readonly isFixed: boolean;
}

/**
 * The offset of a local time, given as if it were UTC. In the gap of a spring change the old offset is taken, in the double hour of
 * autumn the new one.
 */
export function offsetOfLocal(zone: TimeZone, localSeconds: number): number {
  const earlier = localSeconds - 86400;
  const before = zone.offsetAt(earlier);
  const boundary = zone.nextChange(earlier);
  if (boundary === undefined) return before;
  const after = zone.offsetAt(boundary);
  const beforeTime = localSeconds - before;
  const afterTime = localSeconds - after;
  if (beforeTime < boundary && afterTime < boundary) return before;
  if (beforeTime > boundary && afterTime >= boundary) return after;
  return beforeTime > afterTime ? before : after;
}

// ------------------------------------------------------------------------------------------------------------------- fixed zones

class FixedZone implements TimeZone {
  readonly name: string;
  readonly isFixed = true;
  readonly #offset: number;
  readonly #abbreviation: string;

  constructor(name: string, offset: number, abbreviation: string) {
    this.name = name;
    this.#offset = offset;
    this.#abbreviation = abbreviation;
  }
  offsetAt(): number {
    return this.#offset;
  }
  nextChange(): undefined {
    return undefined;
  }
  abbreviationAt(): string {
    return this.#abbreviation;
  }
}

/** An offset as zone names print it: `+05`, `-03:30`. */
function formatOffset(offsetSeconds: number): string {
  const absolute = Math.abs(offsetSeconds);
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(absolute / 60) % 60;
  const seconds = absolute % 60;
  const tail = seconds !== 0 ? `:${two(minutes)}:${two(seconds)}` : minutes !== 0 ? `:${two(minutes)}` : '';
  return `${offsetSeconds < 0 ? '-' : '+'}${two(Math.floor(absolute / 3600))}${tail}`;
}

// ------------------------------------------------------------------------------------------------------------------- zones with changes

interface Change {
  readonly at: number;
  readonly offset: number;
}

const DaySeconds = 86400;
const CycleSeconds = 146097 * DaySeconds;

/** Unix seconds of the start of a year. */
function yearStart(year: number): number {
  return Date.UTC(year, 0, 1) / 1000;
}
function yearOf(unixSeconds: number): number {
  return new Date(unixSeconds * 1000).getUTCFullYear();
}

/** Shared by all zones whose offset follows a calendar: keeps the changes of each year once they were asked for. */
abstract class ChangingZone implements TimeZone {
  readonly name: string;
  readonly isFixed = false;
  readonly #years = new Map<number, readonly Change[]>();

  constructor(name: string) {
    this.name = name;
  }
  abstract abbreviationAt(unixSeconds: number): string;
  /** The offset in force when the year begins, and its changes in order. */
  protected abstract changesOf(year: number): readonly Change[];

  #changes(year: number): readonly Change[] {
    let changes = this.#years.get(year);
    if (changes === undefined) this.#years.set(year, (changes = this.changesOf(year)));
    return changes;
  }

  offsetAt(unixSeconds: number): number {
    const moment = toKnownYears(unixSeconds);
    const changes = this.#changes(yearOf(moment));
    let offset = changes[0]!.offset;
    for (const change of changes) {
      if (change.at > moment) break;
      offset = change.offset;
    }
    return offset;
  }

  nextChange(unixSeconds: number): number | undefined {
    const moment = toKnownYears(unixSeconds);
    const shift = unixSeconds - moment;
    const first = yearOf(moment);
    const last = yearOf(moment + 3 * DaySeconds);
    for (let year = first; year <= last; year++) {
      for (const [i, change] of this.#changes(year).entries()) {
        if (i > 0 && change.at > moment) return change.at <= moment + 3 * DaySeconds ? change.at + shift : undefined;
      }
    }
    return undefined;
  }
}

/** Maps a moment into the years that Intl knows, keeping weekday and place in the leap cycle (Z2). */
function toKnownYears(unixSeconds: number): number {
  const start = -5364662400; // 1800-01-01
  if (unixSeconds < start) return start;
  const end = 13569465600; // 2400-01-01
  if (unixSeconds < end) return unixSeconds;
  return unixSeconds - Math.ceil((unixSeconds - end + 1) / CycleSeconds) * CycleSeconds;
}

class IntlZone extends ChangingZone {
  readonly #clock: Intl.DateTimeFormat;
  readonly #abbreviations: Intl.DateTimeFormat[] = [];

  constructor(name: string, clock: Intl.DateTimeFormat) {
    super(name);
    this.#clock = clock;
  }

  #probe(unixSeconds: number): number {
    const [month, day, year, hour, minute, second] = this.#clock.format(unixSeconds * 1000).match(/\d+/g)!.map(Number) as [number, number, number, number, number, number];
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - unixSeconds;
  }

  protected override changesOf(year: number): readonly Change[] {
    const start = yearStart(year);
    const end = yearStart(year + 1);
    let offset = this.#probe(start);
    const changes: Change[] = [{ at: start, offset }];
    // A change exactly at the start of a year has to be seen as a change by nextChange.
    if (this.#probe(start - 1) !== offset) changes.unshift({ at: start - 1, offset: this.#probe(start - 1) });
    for (let from = start; from < end; ) {
      const to = Math.min(from + 12 * DaySeconds, end - 1);
      const next = this.#probe(to);
      if (next !== offset) {
        let low = from;
        let high = to;
        while (high - low > 1) {
          const middle = Math.floor((low + high) / 2);
          if (this.#probe(middle) === offset) low = middle;
          else high = middle;
        }
        offset = this.#probe(high);
        changes.push({ at: high, offset });
        from = high;
      } else from = to === end - 1 ? end : to;
    }
    return changes;
  }

  override abbreviationAt(unixSeconds: number): string {
    const moment = toKnownYears(unixSeconds);
    const offset = this.offsetAt(moment);
    if (offset % 60 !== 0) return 'LMT';
    if (this.#abbreviations.length === 0) {
      for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ']) {
        this.#abbreviations.push(new Intl.DateTimeFormat(locale, { timeZone: this.name, timeZoneName: 'short' }));
      }
    }
    // Names of old times are not known to Intl; those of a recent year with the same offset stand in for them.
    for (const at of [moment, ...abbreviationProbes.filter((probe) => this.offsetAt(probe) === offset)]) {
      for (const format of this.#abbreviations) {
        const name = format.formatToParts(at * 1000).find((part) => part.type === 'timeZoneName')!.value;
        if (/^[A-Z]{3,5}$/.test(name)) return name;
      }
    }
    return formatOffset(offset).replace(':', '');
  }
}

/** Winter and summer of 2023. */
const abbreviationProbes = [1673740800, 1689379200];

/** The four zones such as PST8PDT: the law of the United States without any city's history. Before 1967 it had summer time only in the wars. */
class UsZone extends IntlZone {
  readonly #standard: number;

  constructor(name: string, clock: Intl.DateTimeFormat, standard: number) {
    super(name, clock);
    this.#standard = standard;
  }
  protected override changesOf(year: number): readonly Change[] {
    if (year >= 1967) return super.changesOf(year);
    const standard = this.#standard;
    const at = (month: number, day: number, isStart: boolean): Change => ({
      at: Date.UTC(year, month - 1, day, 2) / 1000 - standard - (isStart ? 0 : 3600), offset: isStart ? standard + 3600 : standard,
    });
    const changes =
      year === 1918 ? [at(3, 31, true), at(10, 27, false)]
      : year === 1919 ? [at(3, 30, true), at(10, 26, false)]
      : year === 1942 ? [at(2, 9, true)]
      : year === 1945 ? [at(9, 30, false)]
      : [];
    return [{ at: yearStart(year), offset: year > 1942 && year <= 1945 ? standard + 3600 : standard }, ...changes];
  }
}
const usZones = new Map([['est5edt', -18000], ['cst6cdt', -21600], ['mst7mdt', -25200], ['pst8pdt', -28800]]);

// ------------------------------------------------------------------------------------------------------------------- POSIX strings

/** Day `week` (5 = last) weekday of a month, at `seconds` of local time. */
interface PosixRule {
  readonly month: number;
  readonly week: number;
  readonly weekday: number;
  readonly seconds: number;
}

class PosixZone extends ChangingZone {
  readonly #standard: number;
  readonly #summer: number;
  readonly #names: readonly [string, string];
  readonly #rules: readonly [PosixRule, PosixRule];

  constructor(name: string, names: readonly [string, string], standard: number, summer: number, rules: readonly [PosixRule, PosixRule]) {
    super(name);
    this.#names = names;
    this.#standard = standard;
    this.#summer = summer;
    this.#rules = rules;
  }

  #dayOf(year: number, rule: PosixRule): number {
    const first = Date.UTC(year, rule.month - 1, 1) / 1000;
    const weekday = new Date(first * 1000).getUTCDay();
    let day = ((rule.weekday - weekday + 7) % 7) + (rule.week - 1) * 7;
    const days = new Date(Date.UTC(year, rule.month, 0)).getUTCDate();
    while (day >= days) day -= 7;
    return first + day * DaySeconds + rule.seconds;
  }

  protected override changesOf(year: number): readonly Change[] {
    const start = { at: this.#dayOf(year, this.#rules[0]) - this.#standard, offset: this.#summer };
    const end = { at: this.#dayOf(year, this.#rules[1]) - this.#summer, offset: this.#standard };
    const changes = start.at < end.at ? [start, end] : [end, start];
    return [{ at: yearStart(year), offset: changes[1]!.offset }, ...changes];
  }

  override abbreviationAt(unixSeconds: number): string {
    return this.#names[this.offsetAt(unixSeconds) === this.#summer ? 1 : 0];
  }
}

const posixName = '<[^>]*>|[^0-9,+<-][^0-9,+-]*';
const posixOffset = '[+-]?\\d+(?::\\d{1,2}(?::\\d{1,2})?)?';
const posixRule = ',M(\\d{1,2})\\.(\\d)\\.(\\d)(?:/([+-]?\\d{1,3}(?::\\d{1,2})?))?';
const posixPattern = new RegExp(`^(${posixName}|)(${posixOffset})(?:(${posixName})(${posixOffset})?(?:${posixRule}${posixRule})?)?$`);

function clockSeconds(text: string): number {
  const [hour, minute = 0, second = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  const seconds = (hour! * 60 + minute) * 60 + second;
  return text.startsWith('-') ? -seconds : seconds;
}

/** `EST5`, `EST5EDT`, `<+0330>-3:30`, with rules of the form M3.2.0/2; those of the United States when left out. Signs are west-positive. */
function posixZone(text: string): TimeZone | undefined {
  const match = posixPattern.exec(text);
  if (match === null) return undefined;
  const unquote = (name: string): string => name.replace(/[<>]/g, '');
  const standard = -clockSeconds(match[2]!);
  if (Math.abs(standard) > 167 * 3600) return undefined;
  const standardName = match[1] === '' ? formatOffset(standard) : unquote(match[1]!);
  if (match[3] === undefined) return new FixedZone(text, standard, standardName);
  const summer = match[4] === undefined ? standard + 3600 : -clockSeconds(match[4]);
  if (Math.abs(summer) > 168 * 3600) return undefined;
  const rule = (at: number): PosixRule => ({
    month: Number(match[at]), week: Number(match[at + 1]), weekday: Number(match[at + 2]),
    seconds: match[at + 3] === undefined ? 7200 : clockSeconds(match[at + 3]!),
  });
  const rules: readonly [PosixRule, PosixRule] =
    match[5] === undefined
      ? [{ month: 3, week: 2, weekday: 0, seconds: 7200 }, { month: 11, week: 1, weekday: 0, seconds: 7200 }]
      : [rule(5), rule(9)];
  return new PosixZone(text, [standardName, unquote(match[3])], standard, summer, rules);
}

// ------------------------------------------------------------------------------------------------------------------- lookup

const fixedNames = new Map<string, [string, number, string]>([
  ['utc', ['UTC', 0, 'UTC']], ['gmt', ['GMT', 0, 'GMT']], ['etc/utc', ['Etc/UTC', 0, 'UTC']], ['etc/gmt', ['Etc/GMT', 0, 'GMT']],
  ['zulu', ['Zulu', 0, 'UTC']], ['universal', ['Universal', 0, 'UTC']], ['uct', ['UCT', 0, 'UTC']], ['greenwich', ['Greenwich', 0, 'GMT']],
  ['est', ['EST', -18000, 'EST']], ['mst', ['MST', -25200, 'MST']], ['hst', ['HST', -36000, 'HST']],
]);

const zones = new Map<string, TimeZone | undefined>();

/** Finds a zone by name (any case) or POSIX string. @returns undefined when there is none */
export function findTimeZone(name: string): TimeZone | undefined {
  const key = name.toLowerCase();
  if (zones.has(key)) return zones.get(key);
  const zone = makeZone(name, key);
  // Misspelt names come from users without bound; only zones are kept.
  if (zone !== undefined) zones.set(key, zone);
  return zone;
}

function makeZone(name: string, key: string): TimeZone | undefined {
  const fixed = fixedNames.get(key);
  if (fixed !== undefined) return new FixedZone(fixed[0], fixed[1], fixed[2]);
  if (/^[a-z][a-z0-9_+/-]*$/.test(key)) {
    try {
      const clock = new Intl.DateTimeFormat('en-US', {
        timeZone: name, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
        hour: 'numeric', minute: 'numeric', second: 'numeric',
      });
      const usStandard = usZones.get(key);
      return usStandard === undefined ? new IntlZone(properCase(name), clock) : new UsZone(name.toUpperCase(), clock, usStandard);
    } catch {
      // Not a name of the IANA database; perhaps a POSIX string.
    }
  }
  return posixZone(name);
}

let namesByKey: Map<string, string> | undefined;
/** The database's own spelling of a zone's name. */
function properCase(name: string): string {
  namesByKey ??= new Map(Intl.supportedValuesOf('timeZone').map((zone) => [zone.toLowerCase(), zone]));
  return namesByKey.get(name.toLowerCase()) ?? name;
}

export function timeZoneNames(): readonly string[] {
  return [...Intl.supportedValuesOf('timeZone'), 'UTC', 'GMT'];
}

/** `abbreviation minutes-east[d]`, d for summer time; PostgreSQL's default set. Their meaning of today, whatever the date. */
const abbreviationTable = `
ACDT 630d ACSST 630d ACST 570 ACT -300 ACWST 525 ADT -180d AEDT 660d AESST 660d AEST 600 AFT 270 AKDT -480d AKST -540 ALMST 420d ALMT 360
AMST 240 AMT -240 ANAST 720 ANAT 720 ARST -180 ART -180 AST -240 AWSST 540d AWST 480 AZOST 0d AZOT -60 AZST 240 AZT 240 BDST 120d BDT 360
BNT 480 BORT 480 BOT -240 BRA -180 BRST -120d BRT -180 BST 60d BTT 360 CADT 630d CAST 570 CCT 480 CDT -300d CEST 120d CET 60 CETDST 120d
CHADT 825d CHAST 765 CHUT 600 CKT -600 CLST -180d CLT -180d COT -300 CST -360 CXT 420 DAVT 420 DDUT 600 EASST -300d EAST -300d EAT 180
EDT -240d EEST 180d EET 120 EETDST 180d EGST 0d EGT -60 EST -300 FET 180 FJST 780d FJT 720 FKST -180 FKT -180 FNST -60d FNT -120
GALT -360 GAMT -540 GEST 240 GET 240 GFT -180 GILT 720 GMT 0 GYT -240 HKT 480 HST -600 ICT 420 IDT 180d IOT 360 IRKST 480 IRKT 480 IRT 210
IST 120 JAYT 540 JST 540 KDT 600d KGST 360d KGT 360 KOST 660 KRAST 420 KRAT 420 KST 540 LHDT 660d LHST 630 LIGT 600 LINT 840 LKT 330
MAGST 660 MAGT 660 MART -570 MAWT 300 MDT -360d MEST 120d MESZ 120d MET 60 METDST 120d MEZ 60 MHT 720 MMT 390 MPT 600 MSD 240d MSK 180
MST -420 MUST 300d MUT 240 MVT 300 MYT 480 NDT -150d NFT -210 NOVST 420 NOVT 420 NPT 345 NST -210 NUT -660 NZDT 780d NZST 720 NZT 720
OMSST 360 OMST 360 PDT -420d PET -300 PETST 720 PETT 720 PGT 600 PHT 480 PKST 360d PKT 300 PMDT -120d PMST -180 PONT 660 PST -480 PWT 540
PYST -180d PYT -180 RET 240 SADT 630d SAST 120 SCT 240 SGT 480 TAHT -600 TFT 300 TJT 300 TKT 780 TMT 300 TOT 780 TRUT 600 TVT 720 UCT 0
ULAST 540d ULAT 480 UT 0 UTC 0 UYST -120d UYT -180 UZST 360d UZT 300 VET -240 VLAST 600 VLAT 600 VOLT 180 VUT 660 WADT 480d WAKT 720
WAST 420 WAT 60 WDT 540d WET 0 WETDST 60d WFT 720 WGST -120d WGT -180 XJT 360 YAKST 540 YAKT 540 YAPT 600 YEKST 360d YEKT 300 Z 0 ZULU 0`;

export interface ZoneAbbreviation {
  readonly offset: number;
  readonly isSummer: boolean;
}

const abbreviations = new Map<string, ZoneAbbreviation>();
const abbreviationWords = abbreviationTable.trim().split(/\s+/);
for (let i = 0; i < abbreviationWords.length; i += 2) {
  const minutes = abbreviationWords[i + 1]!;
  abbreviations.set(abbreviationWords[i]!.toLowerCase(), { offset: parseInt(minutes, 10) * 60, isSummer: minutes.endsWith('d') });
}

/** What an abbreviation (lower case) means in input, undefined when it is none. */
export function zoneAbbreviation(name: string): ZoneAbbreviation | undefined {
  return abbreviations.get(name);
}
export function zoneAbbreviations(): IterableIterator<[string, ZoneAbbreviation]> {
  return abbreviations.entries();
}
