/** What a token says of itself. A hint for the page only: the API verifies tokens, the page does not. */

export type Claims = {
  org: string;
  app: string;
  role: "app" | "support" | "user";
  /** In milliseconds. */
  expires: number | null;
};

/** `null` for a text that is no token of an app. A support token names its app as `support_of`. */
export function claimsOf(token: string): Claims | null {
  try {
    const claims = JSON.parse(decoded(token.split(".")[1] ?? "")) as Record<string, unknown>;
    const [org, app] = String(claims["support_of"] ?? claims["app"] ?? "").split("#");
    if (!org || !app) {
      return null;
    }
    const role = "support_of" in claims ? "support" : "sub" in claims ? "user" : "app";
    return { org, app, role, expires: typeof claims["exp"] === "number" ? claims["exp"] * 1000 : null };
  } catch {
    return null;
  }
}

/** The text of base64url. */
function decoded(part: string): string {
  const bytes = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}
