import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { describe, expect, it, vi } from "vitest";

import { Pages } from "../lib/pages.svelte";
import List from "./List.svelte";

type Row = { name: string };

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** A list of these pages, each asked for by the number of the one before. A page may fail once. */
async function list(pages: Row[][], fails = -1) {
  let failed = false;
  const source = new Pages<Row>(async (cursor) => {
    const at = Number(cursor ?? 0);
    if (at === fails && !failed) {
      failed = true;
      throw new Error("page lost");
    }
    return { items: pages[at] ?? [], cursor: at + 1 < pages.length ? String(at + 1) : undefined };
  });
  const cells = createRawSnippet((row: () => Row) => ({ render: () => `<th scope="row">${escaped(row().name)}</th>` }));
  render(List<Row>, {
    label: "Names", pages: source, id: (row: Row) => row.name, text: (row: Row) => row.name, columns: [{ label: "Name" }], cells, empty: "No name.",
  });
  await source.load();
  return source;
}

const rows = (count: number, from = 0): Row[] => Array.from({ length: count }, (_, index) => ({ name: `app-${from + index}` }));
const drawn = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);
const press = (name: string) => fireEvent.click(screen.getByRole("button", { name }));

describe("a list", () => {
  it("of 10,000 rows draws a hundred, finds any, and goes on by pages", async () => {
    await list([rows(10_000)]);
    await vi.waitFor(() => expect(drawn()).toHaveLength(100));
    expect(screen.getByRole("status").textContent).toContain("1 to 100 of 10,000");

    await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "APP-9999" } });
    expect(drawn()).toEqual(["app-9999"]);

    await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "" } });
    await press("Next");
    expect(drawn()[0]).toBe("app-100");
    expect(drawn()).toHaveLength(100);
    await press("Previous");
    expect(drawn()[0]).toBe("app-0");
  });

  it("puts first what needs attention most, and shows that alone on request", async () => {
    const source = new Pages<Row>(async () => ({ items: ["well", "ill-1", "fine", "ill-3"].map((name) => ({ name })) }));
    const cells = createRawSnippet((row: () => Row) => ({ render: () => `<th scope="row">${row().name}</th>` }));
    const urgent = { label: "Only the sick", of: ({ name }: Row) => Number(name.split("-")[1] ?? 0) };
    const name = (row: Row) => row.name;
    render(List<Row>, { label: "Names", pages: source, id: name, text: name, columns: [{ label: "Name" }], cells, empty: "No name.", urgent });
    await source.load();
    await vi.waitFor(() => expect(drawn()).toEqual(["ill-3", "ill-1", "well", "fine"]));
    await fireEvent.click(screen.getByLabelText("Only the sick"));
    expect(drawn()).toEqual(["ill-3", "ill-1"]);
    await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "1" } });
    expect(drawn()).toEqual(["ill-1"]);
  });

  it("searches for every word, and begins at the first page of what it finds", async () => {
    await list([[...rows(300), { name: "red blue" }, { name: "red" }]]);
    await press("Next");
    await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "blue red" } });
    expect(drawn()).toEqual(["red blue"]);
    await fireEvent.input(screen.getByRole("searchbox"), { target: { value: "green" } });
    expect(screen.getByRole("status").textContent).toContain("Nothing that is loaded matches.");
  });

  it("says that more exist than are loaded, and loads them all on request", async () => {
    await list([rows(100), rows(100, 100), rows(50, 200)]);
    expect((await screen.findByRole("status")).textContent).toContain("100 are loaded, and more exist.");
    await press("Load all");
    await vi.waitFor(() => expect(screen.getByRole("status").textContent).toContain("1 to 100 of 250"));
    expect(screen.queryByRole("button", { name: "Load all" })).toBeNull();
  });

  it("keeps what is loaded when a page fails, and goes on from there", async () => {
    const source = await list([rows(2), rows(2, 2)], 1);
    await screen.findByText("app-0");
    await press("Load all");
    expect((await screen.findByRole("alert")).textContent).toContain("page lost");
    expect(drawn()).toEqual(["app-0", "app-1"]);
    await press("Try again");
    await vi.waitFor(() => expect(drawn()).toHaveLength(4));
    expect(source.gathering).toBe(false);
  });

  it("shows hostile names as text", async () => {
    await list([[{ name: "<img src=x onerror=alert(1)>" }]]);
    const region = await screen.findByRole("region", { name: "Names" });
    expect(region.querySelector("img")).toBeNull();
    expect(within(region).getByText("<img src=x onerror=alert(1)>")).toBeTruthy();
  });

  it("says so when there is nothing", async () => {
    await list([[]]);
    expect(await screen.findByText("No name.")).toBeTruthy();
  });
});

describe("pages", () => {
  it("stop when somebody stops them", async () => {
    const source: Pages<number> = new Pages<number>(async (cursor) => {
      const at = Number(cursor ?? 0);
      if (at === 2) {
        source.stop();
      }
      return { items: [at], cursor: String(at + 1) };
    });
    await source.load();
    await source.all();
    expect(source.items).toEqual([0, 1, 2]);
    expect(source.gathering).toBe(false);
  });

  it("ask again for the page that failed: the first one after a refresh, the next one after more", async () => {
    let down = false;
    const asked: (string | undefined)[] = [];
    const source = new Pages<string>(async (cursor) => {
      asked.push(cursor);
      if (down) {
        throw new Error("down");
      }
      return { items: [cursor ?? "first"], cursor: "second" };
    });
    await source.load();
    down = true;
    await source.load();
    down = false;
    await source.retry();
    expect(source.items).toEqual(["first"]);
    down = true;
    await source.next();
    down = false;
    await source.retry();
    expect(source.items).toEqual(["first", "second"]);
    expect(asked).toEqual([undefined, undefined, undefined, "second", "second"]);
  });

  it("drop an answer to an earlier question", async () => {
    const answers: ((items: number[]) => void)[] = [];
    const source = new Pages<number>(() => new Promise((resolve) => answers.push((items) => resolve({ items }))));
    const [early, late] = [source.load(), source.load()];
    answers[1]?.([2]);
    answers[0]?.([1]);
    await Promise.all([early, late]);
    expect(source.items).toEqual([2]);
  });
});
