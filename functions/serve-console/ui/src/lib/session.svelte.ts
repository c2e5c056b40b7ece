/**
 * Who is signed in. Bearers live in memory; they are put into the tab's session storage only when the user asks for it, so that a reload does
 * not end the session, and the tab's end does. Keys and secrets are never here.
 *
 * A session that ended keeps its app, without the bearer: its screens stay as they are while the user signs in again.
 */

/** Who the user is. An operator opens apps; the others have one app. */
export type Role = "operator" | "app" | "support";
/** The app whose screens are shown. An empty bearer is none. `expires` is in milliseconds, `null` if it is not known. */
export type AppAccess = { org: string; app: string; bearer: string; role: "app" | "support"; expires: number | null };
export type OperatorAccess = { bearer: string; expires: number };

type Stored = { operator: OperatorAccess | null; app: AppAccess | null };
type State = Stored & { keep: boolean; ended: boolean; asking: boolean; turn: number; narrowed: number };

const KEY = "curlew.session";

function restored(): Stored {
  try {
    const { operator, app } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Stored>;
    return { operator: operator?.bearer ? operator : null, app: app?.role ? app : null };
  } catch {
    // Storage that is blocked or unreadable holds no session.
    return { operator: null, app: null };
  }
}

const found = restored();
const state = $state<State>({ ...found, keep: found.operator !== null || found.app !== null, ended: false, asking: false, turn: 0, narrowed: 0 });

/** Calls that wait until the user has signed in again. */
let waiting: ((again: boolean) => void)[] = [];

function settle(again: boolean): void {
  const settled = waiting;
  waiting = [];
  settled.forEach((resolve) => resolve(again));
}

function store(): void {
  try {
    if (state.keep && !state.ended) {
      sessionStorage.setItem(KEY, JSON.stringify({ operator: state.operator, app: state.app }));
    } else {
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // Without storage the session lasts as long as the page.
  }
}

function change(next: Partial<State>): void {
  Object.assign(state, next);
  store();
}

export const session = {
  get app(): AppAccess | null {
    return state.app;
  },
  get operator(): OperatorAccess | null {
    return state.operator;
  },
  get role(): Role | null {
    return state.operator ? "operator" : (state.app?.role ?? null);
  },
  /** Whether controls that change something are shown. The API decides; this spares the user its refusal. */
  get mayChange(): boolean {
    return state.app?.role === "app";
  },
  /** When the sign-in ends, as far as it is known. The app tokens of an operator are renewed, so the operator's own bearer counts. */
  get expires(): number | null {
    return state.operator ? state.operator.expires : (state.app?.expires ?? null);
  },
  /** Whether the API refused the bearer. */
  get ended(): boolean {
    return state.ended;
  },
  /** Whether the dialog to sign in again is open. */
  get asking(): boolean {
    return state.asking;
  },
  /** Whether the user wanted the session to outlast a reload. */
  get kept(): boolean {
    return state.keep;
  },

  /** Raised whenever the user signs in, out, or wants no sign-in now. A sign-in whose answer comes after that is dropped. */
  get turn(): number {
    return state.turn;
  },
  /** How many times the rights shrank: what was loaded before is not for the user any more. */
  get narrowed(): number {
    return state.narrowed;
  },

  signIn(app: AppAccess, keep: boolean): void {
    const same = state.app?.org === app.org && state.app.app === app.app;
    const narrowed = state.narrowed + Number(state.app?.role === "app" && app.role === "support");
    change({ operator: null, app, keep, ended: false, asking: false, turn: state.turn + 1, narrowed });
    settle(same);
  },
  /** An app that was open stays open: its next call gets a token by the operator's bearer. */
  signInOperator(operator: OperatorAccess, keep: boolean): void {
    const app = state.app && { ...state.app, bearer: "", role: "app" as const, expires: null };
    change({ operator, app, keep, ended: false, asking: false, turn: state.turn + 1 });
    settle(true);
  },
  /** An operator opens an app. Its first call gets a token by the operator's bearer. */
  open(org: string, app: string): void {
    change({ app: { org, app, bearer: "", role: "app", expires: null } });
  },
  /** The token of the operator's app is replaced by a newer one. */
  renew(app: AppAccess): void {
    change({ app });
  },
  /** An operator leaves the app. */
  leave(): void {
    change({ app: null });
  },
  signOut(): void {
    change({ operator: null, app: null, keep: false, ended: false, asking: false, turn: state.turn + 1 });
    settle(false);
  },
  /** The API refused the bearer: the user is asked to sign in again, above the screen. */
  end(): void {
    if (state.operator || state.app) {
      const operator = state.operator && { ...state.operator, bearer: "" };
      const app = state.app && { ...state.app, bearer: "" };
      change({ operator, app, ended: true, asking: true });
    }
  },
  /** Opens the dialog to sign in again, before or after the end. */
  ask(): void {
    state.asking = true;
  },
  /** The user does not want to sign in now. Calls that wait fail. */
  dismiss(): void {
    Object.assign(state, { asking: false, turn: state.turn + 1 });
    settle(false);
  },
  /** Waits until the user has signed in to the same again, or does not want to. */
  again(): Promise<boolean> {
    return new Promise((resolve) => waiting.push(resolve));
  },
};
