// Numbers, durations and moments as people read them.
import { h } from "/assets/dom.js";
import { clockSkew } from "/assets/api.js";

const whole = new Intl.NumberFormat("en");
const moment = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "long",
});

/** A count; from `max` on it is not known more exactly. */
export function count(number, max = Infinity) {
    return number >= max ? `${whole.format(max)}+` : whole.format(number);
}

const units = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
];

/** A duration in its largest unit, or two of them: `340 ms`, `4.2 s`, `3 min 20 s`, `2 d 4 h`. */
export function duration(seconds) {
    if (seconds < 0) return duration(-seconds);
    if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
    if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
    const rounded = Math.round(seconds);
    const at = units.findIndex(([size]) => rounded >= size);
    const [size, unit] = units[at];
    const first = Math.floor(rounded / size);
    if (at === units.length - 1) return `${first} ${unit}`;
    const [next, nextUnit] = units[at + 1];
    const second = Math.floor((rounded % size) / next);
    return second && first < 10 ? `${first} ${unit} ${second} ${nextUnit}` : `${first} ${unit}`;
}

/** Seconds from one moment to another; both RFC 3339. */
export function between(start, end) {
    return (Date.parse(end) - Date.parse(start)) / 1000;
}

/** How far a moment is away, in one unit: `just now`, `in 5 min`, `3 h ago`. */
export function relative(text) {
    const seconds = (Date.parse(text) - Date.now() - clockSkew()) / 1000;
    const size = Math.abs(seconds);
    if (size < 1) return "just now";
    const unit = units.find(([length]) => Math.round(size) >= length) ?? units.at(-1);
    const amount = `${Math.round(size / unit[0])} ${unit[1]}`;
    return seconds < 0 ? `${amount} ago` : `in ${amount}`;
}

/** A moment: relative, with the exact time on hover. */
export function time(text) {
    if (!text) return null;
    return h("time", { datetime: text, title: `${moment.format(Date.parse(text))} (${text})` }, relative(text));
}

/** The time of day, to the millisecond. */
export function clock(text) {
    const date = new Date(text);
    const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0"));
    return `${parts.join(":")}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `1 job`, `2 jobs`. */
export function plural(number, word, words = `${word}s`) {
    return `${count(number)} ${number === 1 ? word : words}`;
}
