import type { VendorForm } from "./field";

export const meizu: VendorForm = {
  title: { en: "Meizu", zh: "魅族" },
  source: { en: "Flyme's open platform, the app's page.", zh: "Flyme 开放平台 → 应用页面。" },
  credential: [
    { name: "app_id", kind: "text", required: true },
    { name: "app_secret", kind: "secret", required: true },
    {
      name: "notice_msg_type",
      kind: "choice",
      choices: [0, 1],
      help: { en: "1: private, for chat. 0: public, capped per phone and day.", zh: "1：私信，适合聊天；0：公信，每台手机每天有上限。" },
    },
    { name: "package_name", kind: "text" },
    { name: "receipt_url", kind: "text", rare: true },
    { name: "receipt_access_token", kind: "secret", rare: true },
    { name: "base_url", kind: "text", rare: true },
  ],
  options: [
    { name: "click_activity", kind: "text" },
    { name: "click_url", kind: "text", help: { en: "Instead of the activity.", zh: "代替 Activity。" } },
    { name: "notice_msg_type", kind: "choice", choices: [0, 1], rare: true },
    { name: "notice_bar_type", kind: "choice", choices: [0, 2], rare: true },
    { name: "suspend", kind: "flag", rare: true },
    { name: "clear_notice_bar", kind: "flag", rare: true },
    { name: "vibrate", kind: "flag", rare: true },
    { name: "lights", kind: "flag", rare: true },
    { name: "sound", kind: "flag", rare: true },
    { name: "receipt_type", kind: "choice", choices: [1, 2, 3], rare: true },
    { name: "restricted_package_names", kind: "json", rare: true },
  ],
  cuts: { title: 32, content: 100, inUtf16: true },
};
