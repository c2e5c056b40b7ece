import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";

import { session } from "../lib/session.svelte";
import Confirm from "./Confirm.svelte";

const RLO = "\u202e";

function open(name: string, more = {}) {
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
  const act = vi.fn(async () => {});
  render(Confirm, { title: "Delete", text: "All goes.", name, action: "Go", act, close: () => {}, ...more });
  return act;
}
const type = (value: string) => fireEvent.input(screen.getByRole("textbox"), { target: { value } });
const go = () => screen.getByRole<HTMLButtonElement>("button", { name: "Go" });

describe("a question before a destructive act", () => {
  it("takes the name, and nothing else", async () => {
    const act = open("acme#chat");
    expect(screen.getByLabelText("Type acme#chat to confirm")).toBeTruthy();
    await type("acme#cha");
    expect(go().disabled).toBe(true);
    await type("acme#chat");
    await fireEvent.submit(go().closest("form")!);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it.each(["a  b", "a ", " a", "a\u200b", "a\u00a0b", `${RLO}cba`])("about %j, which nobody can type, asks for the app's name and shows what it is about", async (name) => {
    const act = open(name);
    expect(screen.getByLabelText("Type chat to confirm")).toBeTruthy();
    expect([...document.querySelectorAll("dialog bdi")].map(({ textContent }) => textContent)).toEqual([name, "chat"]);
    await type("chat");
    await fireEvent.submit(go().closest("form")!);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it.each(["证书 1", "Björn's-cert_(2)", "🔔"])("about %j asks for it", (name) => {
    open(name);
    expect(screen.getByLabelText(`Type ${name} to confirm`)).toBeTruthy();
  });
});
