import { readdirSync, readFileSync } from "node:fs";

import { render, screen, fireEvent } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import { forms } from "../../vendors";
import { cut } from "./cuts";
import Preview from "./Preview.svelte";

/** The folder of each vendor's code that cuts: Huawei and Honor share theirs. */
const folders: Record<string, string> = { huawei: "hms", honor: "hms" };

/** The number of a constant in the code that cuts for a vendor; of several, the first. */
function constant(vendor: string, name: RegExp): number {
  const folder = `../../../shared/vendors/src/${folders[vendor] ?? vendor}`;
  const files = readdirSync(folder).filter((file) => file.endsWith(".rs"));
  const code = files.map((file) => readFileSync(`${folder}/${file}`, "utf8")).join("\n");
  const found = code.match(new RegExp(`const ${name.source}[^=]*= \\[?(\\d+)`));
  return Number(found?.[1]);
}

describe("a preview", () => {
  it.each(Object.entries(forms))("cuts for %s where the product does", (vendor, { cuts }) => {
    expect(cuts).toMatchObject({
      title: constant(vendor, /TITLE_(?:CHARS|UNITS)/),
      content: constant(vendor, /(?:BODY|CONTENT|DESCRIPTION)_(?:CHARS|UNITS)/),
    });
  });

  it("never cuts inside a character, and ends with an ellipsis", () => {
    expect(cut("fcm", "😀😀😀", 3)).toBe("😀😀😀");
    expect(cut("fcm", "😀😀😀😀", 3)).toBe("😀😀…");
    expect(cut("meizu", "😀😀", 3)).toBe("😀…");
  });

  it("shows what the chosen vendor would be sent, and says that something is lost", async () => {
    render(Preview, { title: "t".repeat(45), text: "short" });
    expect(screen.getByText("t".repeat(45))).toBeTruthy();
    expect(screen.queryByText("Cut for this vendor: the end is not shown.")).toBeNull();
    await fireEvent.change(screen.getByLabelText("As sent to"), { target: { value: "huawei" } });
    expect(screen.getByText(`${"t".repeat(39)}…`)).toBeTruthy();
    expect(screen.getByText("Cut for this vendor: the end is not shown.")).toBeTruthy();
  });
});
