/**
 * Who is signed in. Credentials live in memory; they are put into the tab's session storage only when the user asks for it,
 * so that a reload does not end the session, and the tab's end does.
 */

export type AppAccess = { org: string; app: string; bearer: string };

const KEY = "curlew.session";

function restored(): AppAccess | null {
  try {
    const stored = sessionStorage.getItem(KEY);
    return stored === null ? null : (JSON.parse(stored) as AppAccess);
  } catch {
    // Storage that is blocked or unreadable holds no session.
    return null;
  }
}

const state = $state<{ app: AppAccess | null; ended: boolean }>({ app: restored(), ended: false });

function forget(): void {
  state.app = null;
  sessionStorage.removeItem(KEY);
}

export const session = {
  get app(): AppAccess | null {
    return state.app;
  },
  /** Whether the last session ended because its token did. */
  get ended(): boolean {
    return state.ended;
  },
  signIn(app: AppAccess, keep: boolean): void {
    Object.assign(state, { app, ended: false });
    if (keep) {
      sessionStorage.setItem(KEY, JSON.stringify(app));
    } else {
      sessionStorage.removeItem(KEY);
    }
  },
  signOut(): void {
    forget();
    state.ended = false;
  },
  /** The API refused the bearer: the user signs in again. */
  expire(): void {
    forget();
    state.ended = true;
  },
};
