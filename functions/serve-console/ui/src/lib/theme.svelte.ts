/** Light or dark, as the system says unless the user chose. The choice stays in this browser, and is no secret. */

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const KEY = "curlew.theme";

function stored(): Theme {
  try {
    const chosen = localStorage.getItem(KEY);
    return themes.find((theme) => theme === chosen) ?? "system";
  } catch {
    return "system";
  }
}

const state = $state({ theme: stored() });

export const theme = {
  get current(): Theme {
    return state.theme;
  },
  choose(next: Theme): void {
    state.theme = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  },
};
