/** An app in which much has happened: every vendor, pushes and silences, a receipt, names that are hostile. */

import { bindAndLeave, createApp, credentialOf, deviceToken, reportDelivered, send, server, traceOf, type App, type Vendor } from "./stack";

export const vendors: Vendor[] = ["fcm", "huawei", "honor", "xiaomi", "oppo", "vivo", "meizu"];
const DAY_MILLIS = 86_400_000;

/** Runs if a page ever takes it for markup. */
export const hostile = `<img src=x onerror="document.title='taken'">`;

export type World = {
  app: App;
  /** Of the phones of `ann`, `ben` and `cleo`. */
  tokens: Record<string, string>;
  /** A message that was pushed to `ann`, and reported as shown. */
  pushed: string;
  /** A message of which `ben` heard nothing. */
  silent: string;
};

/** `ann` has a Huawei phone, `ben` one with FCM and do-not-disturb, `cleo` a Xiaomi; `dan` has none. */
export async function build(): Promise<World> {
  const app = await createApp();
  const receiptUrls = await certificates(app);
  const tokens = { ann: deviceToken("huawei"), ben: deviceToken("fcm"), cleo: deviceToken("xiaomi") };
  await bindAndLeave(app, "ann", "Mate 60", "huawei-main", tokens.ann);
  await bindAndLeave(app, "ben", "Pixel 9", "fcm-main", tokens.ben);
  await bindAndLeave(app, "cleo", "Redmi Note", "xiaomi-main", tokens.cleo);
  await server(app, "PUT", "/users/ben/notification/user/ben", { type: "NONE" });
  await names(app);
  const pushed = await send(app, "dan", "ann", "Shall we meet at eight?");
  const silent = await send(app, "dan", "ben", "Are you there?");
  const other = await send(app, "ann", "cleo", "The train is late.");
  await send(app, "ann", "dan", "Nobody is reached by this.");
  await traceOf(app, pushed, "ann");
  await reportDelivered("huawei", tokens.ann, receiptUrls["huawei-main"]!);
  await traceOf(app, other, "cleo");
  await traceOf(app, silent, "ben");
  return { app, tokens, pushed, silent };
}

/** One for each vendor, some of them about to end. Answers where each is reported to. */
async function certificates(app: App): Promise<Record<string, string>> {
  const ends: Partial<Record<Vendor, number>> = { huawei: 40, honor: 20, oppo: 5, vivo: 1, meizu: -2 };
  const urls: Record<string, string> = {};
  for (const vendor of vendors) {
    const days = ends[vendor];
    const name = `${vendor}-main`;
    const made = await server(app, "POST", "/notifiers", {
      name,
      vendor,
      credential: await credentialOf(vendor),
      ...(days === undefined ? {} : { expires_at: Date.now() + days * DAY_MILLIS }),
      ...(vendor === "fcm" ? { options: { channel_id: hostile } } : {}),
    });
    urls[name] = made["receipt_url"] as string;
  }
  return urls;
}

async function names(app: App): Promise<void> {
  await server(app, "PUT", "/push/nickname", [{ username: "ann", push_nickname: hostile }]);
  await server(app, "POST", "/notification/template", { name: "hostile", title_pattern: hostile, content_pattern: `${hostile} {$msg}` });
  await server(app, "POST", "/notification/template", { name: "default", title_pattern: "{$fromNickname}", content_pattern: "{$msg}" });
  await server(app, "POST", "/chatgroups", { groupname: hostile, desc: hostile, public: true, owner: "dan", members: ["ann", "cleo"] });
}
