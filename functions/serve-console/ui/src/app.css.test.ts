import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

const css = readFileSync("src/app.css", "utf8");

/** Each colour with its value in the light scheme and in the dark one. */
const colours = Object.fromEntries(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name, [light!, dark!] as const]),
);

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

const grounds = ["ground", "card", "sunken"];
const texts = ["text", "quiet", "accent", "good", "bad", "warn"];
const pairs = [
  ...texts.flatMap((text) => grounds.map((ground) => [text, ground, 4.5] as const)),
  ...["text", "quiet"].map((text) => [text, "lit", 4.5] as const),
  ["on-accent", "accent", 4.5] as const,
  ...["edge", "accent"].flatMap((edge) => grounds.map((ground) => [edge, ground, 3] as const)),
];

describe("contrast", () => {
  it.each(pairs)("of %s on %s is %d or more in both schemes", (over, under, least) => {
    for (const scheme of [0, 1] as const) {
      expect(contrast(colours[over]![scheme], colours[under]![scheme])).toBeGreaterThanOrEqual(least);
    }
  });
});
