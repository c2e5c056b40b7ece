import type { VendorForm } from "./field";

export const huawei: VendorForm = {
  title: { en: "Huawei", zh: "华为" },
  source: {
    en: "AppGallery Connect, Project settings. For HarmonyOS 5 and later drop the service account's key file: it sets api to v3.",
    zh: "AppGallery Connect → 项目设置。HarmonyOS 5 及以上请拖入服务账号密钥文件，api 即为 v3。",
  },
  credential: [
    {
      name: "api",
      kind: "choice",
      choices: ["v1", "v2", "v3"],
      help: { en: "v1 and v2: Android. v3: HarmonyOS 5 and later.", zh: "v1、v2：Android；v3：HarmonyOS 5 及以上。" },
    },
    { name: "client_id", kind: "text", help: { en: "v1 and v2.", zh: "用于 v1、v2。" } },
    { name: "client_secret", kind: "secret", help: { en: "v1 and v2.", zh: "用于 v1、v2。" } },
    { name: "app_id", kind: "text", help: { en: "v1: digits.", zh: "用于 v1：数字。" } },
    { name: "project_id", kind: "text", help: { en: "v2 and v3: digits.", zh: "用于 v2、v3：数字。" } },
    { name: "key_id", kind: "text", help: { en: "v3.", zh: "用于 v3。" } },
    { name: "sub_account", kind: "text", help: { en: "v3.", zh: "用于 v3。" } },
    { name: "private_key", kind: "long-secret", help: { en: "v3: RSA in PEM form.", zh: "用于 v3：PEM 格式的 RSA 私钥。" } },
    { name: "package_name", kind: "text" },
    { name: "badge_class", kind: "text", help: { en: "Needed to count the badge on Android.", zh: "Android 角标所需的入口 Activity。" } },
    {
      name: "im_category_granted",
      kind: "flag",
      help: {
        en: "Switch on once Huawei granted the app its message category. Without it chat is shown as marketing.",
        zh: "华为批准消息自分类权益后再打开；否则聊天消息会被当作营销消息。",
      },
    },
    { name: "receipt", kind: "json", secret: true, rare: true, help: { en: '{"user_name","secret","key_mode","receipt_id"}', zh: '{"user_name","secret","key_mode","receipt_id"}' } },
    { name: "auth_url", kind: "text", rare: true },
    { name: "push_base_url", kind: "text", rare: true },
  ],
  options: [
    {
      name: "category",
      kind: "choice",
      choices: [
        "IM", "VOIP", "SUBSCRIPTION", "TRAVEL", "HEALTH", "WORK", "ACCOUNT", "EXPRESS", "FINANCE", "DEVICE_REMINDER", "MAIL",
        "MARKETING", "SYSTEM_REMINDER",
      ],
    },
    { name: "importance", kind: "choice", choices: ["LOW", "NORMAL", "HIGH"], help: { en: "Android.", zh: "Android。" } },
    { name: "channel_id", kind: "text" },
    { name: "click_action", kind: "text", help: { en: "An intent, an https address, or an action.", zh: "intent、https 地址或 action。" } },
    { name: "uri", kind: "text", help: { en: "HarmonyOS: the address of a page.", zh: "HarmonyOS：页面地址。" } },
    { name: "badge_class", kind: "text", rare: true },
    { name: "receipt_id", kind: "text", rare: true },
    { name: "target_user_type", kind: "choice", choices: [0, 1], rare: true, help: { en: "1: test messages.", zh: "1：测试消息。" } },
    { name: "collapse_key", kind: "number", min: -1, max: 100, rare: true },
  ],
  cuts: { title: 40, content: 256 },
};
