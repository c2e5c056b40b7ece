import type { VendorForm } from "./field";

export const honor: VendorForm = {
  title: { en: "Honor", zh: "荣耀" },
  source: { en: "Honor's developer platform, push service of the app.", zh: "荣耀开发者服务平台 → 应用的推送服务。" },
  credential: [
    { name: "app_id", kind: "text", required: true, help: { en: "Digits.", zh: "数字。" } },
    { name: "client_id", kind: "text", required: true, help: { en: "Of the push service, not the App ID.", zh: "推送服务的 Client ID，不是 App ID。" } },
    { name: "client_secret", kind: "secret", required: true },
    { name: "package_name", kind: "text" },
    { name: "badge_class", kind: "text", help: { en: "Needed to count the badge.", zh: "角标所需的入口 Activity。" } },
    {
      name: "service_right_granted",
      kind: "flag",
      help: { en: "Off while Honor has not granted service messages.", zh: "荣耀尚未批准服务通讯类消息时请关闭。" },
    },
    { name: "max_tokens_per_request", kind: "number", min: 1, max: 1000, rare: true },
    { name: "max_body_bytes", kind: "number", min: 1024, max: 65_536, rare: true },
    { name: "auth_url", kind: "text", rare: true },
    { name: "push_base_url", kind: "text", rare: true },
  ],
  options: [
    { name: "importance", kind: "choice", choices: ["NORMAL", "LOW"] },
    { name: "click_action", kind: "text", help: { en: "An intent, an https address, or an action.", zh: "intent、https 地址或 action。" } },
    { name: "badge_class", kind: "text", rare: true },
    { name: "target_user_type", kind: "choice", choices: [0, 1], rare: true, help: { en: "1: test messages.", zh: "1：测试消息。" } },
    { name: "result_codes", kind: "json", rare: true, help: { en: '{"404":"invalid_token"}', zh: '{"404":"invalid_token"}' } },
  ],
  cuts: { title: 40, content: 256 },
};
