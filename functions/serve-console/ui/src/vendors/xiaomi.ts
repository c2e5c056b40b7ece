import type { VendorForm } from "./field";

export const xiaomi: VendorForm = {
  title: { en: "Xiaomi", zh: "小米" },
  source: { en: "Xiaomi's push console, the app's information and its channels.", zh: "小米推送运营平台 → 应用信息与通知类别。" },
  credential: [
    { name: "app_secret", kind: "secret", required: true },
    { name: "package_name", kind: "text", help: { en: "This, or package_names.", zh: "与 package_names 二选一。" } },
    { name: "package_names", kind: "json", rare: true, help: { en: '["com.acme.chat","com.acme.lite"]', zh: '["com.acme.chat","com.acme.lite"]' } },
    { name: "app_id", kind: "text", rare: true },
    { name: "app_key", kind: "text", rare: true },
    { name: "region", kind: "choice", choices: ["cn", "sgp", "fr", "ru", "in"] },
    {
      name: "default_channel_id",
      kind: "text",
      help: {
        en: "Without a channel Xiaomi shows one message a device and day.",
        zh: "没有通知类别时，小米每台设备每天只展示一条消息。",
      },
    },
    { name: "channels", kind: "json", help: { en: 'The channel of a class: {"im":"107086"}', zh: '各消息类别的通知类别 ID：{"im":"107086"}' } },
    {
      name: "templates",
      kind: "json",
      rare: true,
      help: { en: '{"im":{"id":"P10234","params":["sender","text"]}}', zh: '{"im":{"id":"P10234","params":["sender","text"]}}' },
    },
    { name: "callback_url", kind: "text", rare: true },
    { name: "push_base_url", kind: "text", rare: true },
  ],
  options: [
    { name: "channel_id", kind: "text" },
    { name: "click_action", kind: "text", help: { en: "An intent, an https address, or an action.", zh: "intent、https 地址或 action。" } },
    { name: "notify_type", kind: "number", min: -1, max: 7, rare: true },
    { name: "notify_foreground", kind: "flag", rare: true },
    { name: "sound_uri", kind: "text", rare: true },
    { name: "callback_type", kind: "number", min: 1, max: 255, rare: true },
  ],
  cuts: { title: 49, content: 127 },
};
