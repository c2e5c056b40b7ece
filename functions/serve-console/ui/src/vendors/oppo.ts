import type { VendorForm } from "./field";

const categories = [
  "IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION", "NEWS", "CONTENT", "MARKETING", "SOCIAL", "NONE",
] as const;

export const oppo: VendorForm = {
  title: { en: "OPPO", zh: "OPPO" },
  source: { en: "OPPO's console, the app's configuration.", zh: "OPPO 推送平台 → 应用配置。" },
  credential: [
    { name: "app_key", kind: "text", required: true },
    { name: "master_secret", kind: "secret", required: true, help: { en: "Not the app secret.", zh: "不是 AppSecret。" } },
    { name: "region", kind: "choice", choices: ["cn", "intl"] },
    { name: "channels", kind: "json", help: { en: 'The channel of a class: {"im":"chat"}', zh: '各消息类别的通道：{"im":"chat"}' } },
    { name: "category_default", kind: "choice", choices: categories },
    { name: "notify_level_default", kind: "choice", choices: [1, 2, 16] },
    { name: "app_id", kind: "text", rare: true },
    { name: "package_name", kind: "text", rare: true },
    { name: "callback_url", kind: "text", rare: true },
    { name: "base_url", kind: "text", rare: true },
  ],
  options: [
    { name: "category", kind: "choice", choices: categories },
    { name: "notify_level", kind: "choice", choices: [1, 2, 16] },
    { name: "channel_id", kind: "text" },
    { name: "click_activity", kind: "text" },
    { name: "click_action", kind: "text", help: { en: "Instead of the activity: an address or an action.", zh: "代替 Activity：地址或 action。" } },
    { name: "badge", kind: "flag" },
    { name: "style", kind: "choice", choices: [1, 2], rare: true },
    { name: "content_limit", kind: "number", min: 50, max: 200, rare: true },
    { name: "show_ttl", kind: "number", min: 0, max: 172_800, rare: true },
    { name: "least_ttl", kind: "number", min: 1, max: 86_400, rare: true },
    { name: "deduplicate", kind: "flag", rare: true },
    { name: "template", kind: "json", rare: true, help: { en: '{"id","title","content"}', zh: '{"id","title","content"}' } },
  ],
  // The standard style.
  cuts: { title: 50, content: 50 },
};
