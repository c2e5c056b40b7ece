/** An app in which much has happened: every vendor, pushes and silences, a receipt, names that are hostile. */

import { vendors, type Vendor } from "../src/vendors/list";
import { bindAndLeave, createApp, credentialOf, deviceToken, reportDelivered, send, server, stack, traceOf, until, type App } from "./stack";

const DAY_MILLIS = 86_400_000;

/** Runs if a page ever takes it for markup. */
export const hostile = `<img src=x onerror="document.title='taken'">`;

export type World = {
  app: App;
  /** Of the phones of `ann`, `ben` and `cleo`. */
  tokens: Record<string, string>;
  /** Where each certificate is reported to. */
  receiptUrls: Record<string, string>;
  /** A message that was pushed to `ann`, and reported as shown. */
  pushed: string;
  /** A message of which `ben` heard nothing. */
  silent: string;
  /** A push to the users of the label `vip`. */
  task: string;
};

/** `ann` has a Huawei phone, `ben` one with FCM and do-not-disturb, `cleo` a Xiaomi; `dan` has none. */
export async function build(): Promise<World> {
  const app = await createApp();
  const receiptUrls = await certificates(app);
  const tokens = { ann: await deviceToken("huawei"), ben: await deviceToken("fcm"), cleo: await deviceToken("xiaomi") };
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
  const task = await notice(app);
  // Nobody listens there: what is told of later waits for another try.
  await server(app, "PUT", "/push/settings", { callback: { url: `${stack.vendor_base_url}/nobody`, secret: "a secret of tests" } });
  return { app, tokens, receiptUrls, pushed, silent, task };
}

/** A push to the users of a label, done. Answers its task. */
async function notice(app: App): Promise<string> {
  await server(app, "POST", "/push/label", { name: "vip", description: hostile });
  await server(app, "POST", "/push/label/vip/user", { usernames: ["ann", "cleo"] });
  const { data } = await server(app, "POST", "/push/list/label", { targets: ["vip"], pushMessage: { title: "Notice", content: hostile } });
  const task = data.taskId as string;
  await until(async () => ((await server(app, "GET", `/push/task/${task}`))["data"].state === "done" ? true : undefined));
  return task;
}

/** Messages to phones of every vendor, delivered as far as the vendor reports it, and counted. */
export async function traffic({ app, receiptUrls }: World): Promise<void> {
  const EACH = 4;
  for (const [index, vendor] of vendors.entries()) {
    const [user, token] = [`${vendor}-user`, await deviceToken(vendor)];
    await bindAndLeave(app, user, `phone of ${vendor}`, `${vendor}-main`, token);
    for (let number = 1; number <= EACH; number += 1) {
      const id = await send(app, "dan", user, `Message ${number}`);
      await traceOf(app, id, user);
      // Huawei and Honor report to the address that their console holds.
      if ((vendor === "huawei" || vendor === "honor") && number <= EACH - index) {
        await reportDelivered(vendor, token, receiptUrls[`${vendor}-main`]!);
      }
    }
  }
  await until(async () => {
    const { data } = await server(app, "GET", `/push/stats?from=${Date.now() - 60_000}&to=${Date.now()}`);
    const accepted = (data as { accepted: number }[]).reduce((sum, count) => sum + count.accepted, 0);
    return accepted > EACH * vendors.length ? true : undefined;
  });
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
