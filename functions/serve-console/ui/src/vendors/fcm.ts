import type { VendorForm } from "./field";

export const fcm: VendorForm = {
  title: { en: "Google FCM", zh: "谷歌 FCM" },
  source: {
    en: "Firebase console, Project settings, Service accounts: generate a private key and drop the file here.",
    zh: "Firebase 控制台 → 项目设置 → 服务账号：生成私钥，把下载的文件拖到这里。",
  },
  credential: [
    { name: "project_id", kind: "text", required: true },
    { name: "client_email", kind: "text", required: true },
    { name: "private_key_id", kind: "text", required: true },
    { name: "private_key", kind: "long-secret", required: true, help: { en: "RSA in PEM form.", zh: "PEM 格式的 RSA 私钥。" } },
    { name: "android_package", kind: "text", help: { en: "Restricts pushes to this app.", zh: "只推送到该应用包名。" } },
    { name: "token_uri", kind: "text", rare: true },
    { name: "send_base_url", kind: "text", rare: true },
  ],
  options: [
    { name: "channel_id", kind: "text", help: { en: "The notification channel of the Android app.", zh: "Android 应用的通知渠道。" } },
    { name: "priority", kind: "choice", choices: ["HIGH", "NORMAL"] },
    { name: "click_action", kind: "text", help: { en: "The action of an intent filter of the app.", zh: "应用的 intent filter 的 action。" } },
    { name: "sound", kind: "text", rare: true },
    { name: "icon", kind: "text", rare: true },
    { name: "color", kind: "text", rare: true, help: { en: "#rrggbb", zh: "#rrggbb" } },
    { name: "collapse_key", kind: "text", rare: true },
    { name: "analytics_label", kind: "text", rare: true },
  ],
  cuts: { title: 60, content: 240 },
};
