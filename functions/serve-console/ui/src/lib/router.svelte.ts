/** The address behind the `#`: which screen is shown. */

export type Path = `/${string}`;

function current(): Path {
  const hash = location.hash.slice(1);
  return hash.startsWith("/") ? (hash as Path) : "/";
}

const state = $state({ path: current(), visit: 0 });

function visit(path: Path): void {
  if (path !== state.path) {
    state.visit += 1;
  }
  state.path = path;
}

window.addEventListener("hashchange", () => {
  visit(current());
});

export const router = {
  get path(): Path {
    return state.path;
  },
  /** How many times another screen was gone to. */
  get visit(): number {
    return state.visit;
  },
  /** The decoded parts of the path without its query. */
  get parts(): string[] {
    const [path = ""] = state.path.split("?");
    return path.split("/").filter(Boolean).map(decoded);
  },
  /** The values behind the `?` of the path. */
  get query(): URLSearchParams {
    return new URLSearchParams(state.path.split("?")[1] ?? "");
  },
  go(path: Path): void {
    location.hash = path;
    visit(path);
  },
  /** Changes the address without a step in the history. */
  replace(path: Path): void {
    history.replaceState(null, "", `#${path}`);
    state.path = path;
  },
};

/** The path of these parts, each encoded. */
export function pathOf(...parts: string[]): Path {
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
