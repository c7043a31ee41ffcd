/** Dates, times and intervals. */
import type { TemplateSet } from './templates.js';

const field = '{?year|month|day|hour|minute|second|dow|isodow|doy|week|quarter|isoyear|decade|century|epoch|milliseconds|microseconds|millennium|julian}';
const unit = '{?year|month|day|hour|minute|second|week|quarter|decade|century|millennium|milliseconds}';

export const timeFunctions: TemplateSet = {
  safe: {
    date: ['{date} + {#-40..40}', '{date} - {#0..400}', '{timestamp}::date', 'make_date({#1990..2030}, {#1..12}, {#1..28})', 'greatest({date}, {date})', "to_date('{#10..28} {?Jan|Feb|DEC} 20{#10..29}', 'DD Mon YYYY')", "date '2024-01-31' + {int4}", '({timestamptz} at time zone \'UTC\')::date'],
    time: ['{timestamp}::time', '{time} + {interval}', '{time} - {interval}', 'make_time({#0..23}, {#0..59}, {#0..59})', '{time}::time(0)', "date_trunc('hour', {time}::interval)::time"],
    timestamp: ['{date}::timestamp', '{date} + {time}', '{date} + {interval}', '{timestamp} + {interval}', '{timestamp} - {interval}', `date_trunc('${unit}', {timestamp})`, "{timestamptz} at time zone '{?UTC|Europe/Berlin|America/New_York|+03|Asia/Kolkata}'", "date_bin('{?15 minutes|1 day|2 hours}', {timestamp}, timestamp '2001-01-01')", 'make_timestamp(2024, {#1..12}, {#1..28}, {#0..23}, {#0..59}, 1.5)', '{timestamp}::timestamp({#0..3})', "to_timestamp('2024-{#1..12}-{#1..28} {#0..23}:30', 'YYYY-MM-DD HH24:MI')::timestamp"],
    timestamptz: ["{timestamp} at time zone '{?UTC|Europe/Berlin|America/New_York|-05:30}'", '{timestamptz} + {interval}', '{timestamptz} - {interval}', `date_trunc('${unit}', {timestamptz})`, "date_trunc('day', {timestamptz}, '{?Europe/Berlin|Australia/Sydney}')", 'to_timestamp({int4})', 'to_timestamp({float8})', '{date}::timestamptz', '{timestamp}::timestamptz', "make_timestamptz(2024, {#1..12}, 15, 10, 0, 0, '{?UTC|Europe/London}')"],
    interval: ['{timestamp} - {timestamp}', '{timestamptz} - {timestamptz}', '{interval} + {interval}', '{interval} - {interval}', '-{interval}', '{interval} * {#-2..3}', '{interval} / {#1..4}', '{interval} * 1.5', 'age({timestamp}, {timestamp})', 'justify_days({interval})', 'justify_hours({interval})', 'justify_interval({interval})', 'make_interval({#0..3}, {#0..14}, {#0..2}, {#0..40})', "make_interval(hours => {#0..50})", "date_trunc('{?year|month|day|hour|minute|second|quarter}', {interval})", '{time}::interval', '{time} - {time}', "interval '{#1..90}' {?day|hour|minute|second|month|year}", "interval '{#1..5} {#0..23}:{#10..59}' day to minute", '{interval}::interval(0)'],
    int4: ['{date} - {date}', `extract({?year|month|day|hour|dow|doy} from {timestamp})::int4`],
    numeric: [`extract(${field} from {timestamp})`, `extract({?year|month|day|dow|isodow|doy|week|quarter|isoyear|decade|century|epoch|julian} from {date})`, 'extract({?hour|minute|second|epoch|microseconds} from {time})', 'extract({?year|month|day|hour|minute|second|epoch|quarter} from {interval})', `extract({?year|month|day|hour|timezone|timezone_hour|epoch|isoyear} from {timestamptz})`],
    bool: ['{date} {?<|=|>=|<>} {date}', '{timestamp} {?<|>=} {timestamp}', '{timestamptz} {?<|>|=} {timestamptz}', '{date} {?<|=|>} {timestamp}', '{timestamp} < {timestamptz}', '{interval} {?<|=|>} {interval}', '{time} {?<|>} {time}', 'isfinite({date})', '({date}, {date}) overlaps ({date}, {date})', '({timestamp}, {interval}) overlaps ({timestamp}, {interval})', '{date} between {date} and {date}', "{date} = '{?2024-02-29|1999-01-01}'"],
    text: [
      "to_char({timestamp}, '{?YYYY-MM-DD HH24:MI:SS|Day, DD Month YYYY|FMDay FMDD FMMonth|HH12:MI AM|IYYY-IW-ID|Q DDD J|MS US|Mon \"quoted\" YY|FMHH24 FMMI|TMMonth|DDth Dy|WW W CC|SSSS|Y,YYY RM}')", "to_char({timestamptz}, '{?TZ|OF|YYYY-MM-DD TZH:TZM}')", "to_char({interval}, '{?HH24:MI:SS|DD HH|YYYY MM}')", "to_char({numeric}, '{?999.99|FM999990.00|S9999|0000.0|9,999.9|9.99EEEE|RN|$99|999PR|MI99.9|99V9|FM9.999}')", "to_char({int4}, '{?999|FM000|S99|99th}')", "to_char({date}, '{?DD/MM/YYYY|FMMonth|D ID}')", "to_char({float8}, '{?999.999|9999}')",
    ],
  },
  risky: {
    date: ['{text}::date', 'make_date({int4}, {int4}, {int4})', '{date} + {int4} * 1000000', "to_date({text}, 'YYYY-MM-DD')", "'{?2023-02-29|infinity|epoch|today0|2024-13-01|20240105|Jan 5 2024|J2451187|1/2/2003|4713-01-01 BC}'::date"],
    timestamp: ['{text}::timestamp', 'make_timestamp({int4}, {int4}, 1, {int4}, 0, 0)', "{timestamp} + {interval} * 1000000", "'{?2024-01-01T10:00|infinity|2024-01-01 25:00|2024-02-30|epoch|2024-01-01 10:00:60|2024-01-01 24:00:00|Mon Jan 5 10:00:00 2024}'::timestamp", "date_trunc({text}, {timestamp})"],
    timestamptz: ["{timestamp} at time zone {text}", "'{?2024-01-01 10:00+99|2024-01-01 10:00 CET|2024-07-01 10:00 America/New_York|2024-01-01 10:00 Nowhere/Town|2024-06-15 12:00 PDT}'::timestamptz", 'to_timestamp({float8} * 1e15)'],
    interval: ['{text}::interval', "'{?P1Y2M3DT4H5M6S|1-2|3 4:05:06|1 fortnight|@ 1 hour ago|1.5 months|2 weeks 1.5 days|P0001-02-03T04:05:06|1:2:3:4|- 1 day}'::interval", '{interval} / {int4}', '{interval} * {float8}', 'make_interval({int4}, {int4})'],
    time: ['{text}::time', "'{?24:00|25:00|10:00 PM|040506|12:00:60.5}'::time"],
    numeric: ["extract({?hour|timezone} from {date})", "date_part({text}, {timestamp})::numeric"],
  },
};
