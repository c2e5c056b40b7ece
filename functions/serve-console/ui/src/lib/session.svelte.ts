/**
 * Who is signed in. Credentials live in memory; they are put into the tab's session storage only when the user asks for it,
 * so that a reload does not end the session, and the tab's end does.
 */

export type Operator = { bearer: string; until: number };
export type AppAccess = {
  org: string;
  app: string;
  bearer: string;
  /** `support` reads and explains, and changes nothing. */
  role: "app" | "support";
  /** Unix ms; `null` where the token came from elsewhere. */
  until: number | null;
};

type Stored = { operator: Operator | null; app: AppAccess | null };

const KEY = "curlew.session";

function restored(): Stored {
  try {
    const stored = sessionStorage.getItem(KEY);
    if (stored) {
      return JSON.parse(stored) as Stored;
    }
  } catch {
    // Storage that is blocked or unreadable holds no session.
  }
  return { operator: null, app: null };
}

const state = $state({ ...restored(), kept: sessionStorage.getItem(KEY) !== null, ended: false });

function store(): void {
  if (state.kept) {
    sessionStorage.setItem(KEY, JSON.stringify({ operator: state.operator, app: state.app }));
  } else {
    sessionStorage.removeItem(KEY);
  }
}

export const session = {
  get operator(): Operator | null {
    return state.operator;
  },
  get app(): AppAccess | null {
    return state.app;
  },
  /** Whether the last session ended because its token did. */
  get ended(): boolean {
    return state.ended;
  },
  signInOperator(operator: Operator, keep: boolean): void {
    Object.assign(state, { operator, kept: keep, ended: false });
    store();
  },
  signInApp(app: AppAccess, keep: boolean): void {
    Object.assign(state, { app, kept: keep, ended: false });
    store();
  },
  leaveApp(): void {
    state.app = null;
    store();
  },
  signOut(): void {
    Object.assign(state, { operator: null, app: null, kept: false, ended: false });
    store();
  },
  /** The API refused the bearer: what was typed stays, the user signs in again. */
  expire(which: "operator" | "app"): void {
    state[which] = null;
    state.ended = true;
    store();
  },
};
