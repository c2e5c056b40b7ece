import { expect, it } from "vitest";

import { namesIn } from "./names";

it.each([
  ["", []],
  ["  \n ", []],
  ["ann", ["ann"]],
  ["ann,bob;cleo\tdan\r\neve", ["ann", "bob", "cleo", "dan", "eve"]],
  ["ann，bob；cleo、dan", ["ann", "bob", "cleo", "dan"]],
  ["ann\nbob\nann", ["ann", "bob"]],
])("the names in %j are told apart, each once", (text, names) => {
  expect(namesIn(text)).toEqual(names);
});
