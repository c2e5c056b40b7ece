import type { VendorForm } from "./field";

export const vivo: VendorForm = {
  title: { en: "vivo", zh: "vivo" },
  source: { en: "vivo's console, the app's push service.", zh: "vivo 开放平台 → 应用的推送服务。" },
  credential: [
    { name: "app_id", kind: "text", required: true },
    { name: "app_key", kind: "text", required: true },
    { name: "app_secret", kind: "secret", required: true },
    { name: "package_name", kind: "text", help: { en: "Needed to open an activity.", zh: "打开 Activity 时需要。" } },
    { name: "push_mode", kind: "choice", choices: [0, 1], help: { en: "1: test messages to registered phones.", zh: "1：仅向已登记的手机发送测试消息。" } },
    { name: "receipt_mode", kind: "choice", choices: ["none", "receipt_id", "legacy_url"], rare: true },
    { name: "receipt_id", kind: "text", rare: true },
    { name: "receipt_url", kind: "text", rare: true },
    { name: "base_url", kind: "text", rare: true },
  ],
  options: [
    {
      name: "category",
      kind: "choice",
      choices: ["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION", "NEWS", "CONTENT", "MARKETING", "SOCIAL"],
    },
    { name: "click_action", kind: "text", help: { en: "An intent, an https address, or an activity.", zh: "intent、https 地址或 Activity。" } },
    { name: "text_prefix", kind: "text", help: { en: "Before texts that vivo would refuse.", zh: "加在 vivo 会拒绝的文本之前。" } },
    { name: "add_badge", kind: "flag" },
    { name: "classification", kind: "choice", choices: [0, 1], rare: true },
    { name: "notify_type", kind: "choice", choices: [1, 2, 3, 4], rare: true },
    { name: "foreground_show", kind: "flag", rare: true },
    { name: "wifi_only", kind: "flag", rare: true },
    { name: "push_mode", kind: "choice", choices: [0, 1], rare: true },
    { name: "fallback_title", kind: "text", rare: true },
    { name: "fallback_content", kind: "text", rare: true },
    { name: "quota_hour", kind: "number", min: 0, max: 23, rare: true },
    { name: "operation_hour", kind: "number", min: 0, max: 23, rare: true },
    { name: "remove_inactive", kind: "flag", rare: true },
  ],
  cuts: { title: 40, content: 100 },
};
