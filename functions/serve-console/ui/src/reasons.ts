/** What each reason means for whoever reads it, and what to do next. */

import type { Schemas } from "./api/client";
import type { Language } from "./i18n/index.svelte";
import type { Path } from "./lib/router.svelte";

export type Reason = Schemas["Reason"];
type Advice = Record<Language, { means: string; todo: string }> & { screen?: Path };

/** A reason that the API names and this list does not ends the build. */
export const advice: Record<Reason, Advice> = {
  "command message": {
    en: { means: "The message has the type cmd. Clients exchange such messages and never show them.", todo: "Nothing. Use another type for a message that users should see." },
    zh: { means: "客户端之间的命令消息从不展示。", todo: "无需处理。需要展示请换用其他消息类型。" },
  },
  "online only": {
    en: { means: "The sender asked for connected devices only: routetype: ROUTE_ONLINE, or an instant push with strategy 4.", todo: "Nothing. For a push, the sender must leave routetype out, or use another strategy." },
    zh: { means: "发送方指定只投递给在线设备（routetype，或策略 4 的即时推送）。", todo: "如需推送，发送时不要带 routetype，或改用其他策略。" },
  },
  "large group": {
    en: { means: "The group has more members than the app's large_group_limit.", todo: "Raise the limit if such groups should get pushes." },
    zh: { means: "群成员数超过应用的上限。", todo: "如需推送，请调高 large_group_limit。" },
    screen: "/settings",
  },
  "group disabled": {
    en: { means: "The app switched the group off, or removed it while the message waited.", todo: "Call POST /chatgroups/{group}/enable to push again." },
    zh: { means: "应用停用了该群组。", todo: "如需推送，调用 POST /chatgroups/{group}/enable 恢复。" },
  },
  "message ignore push": {
    en: { means: "The sender asked for no push (ext.em_ignore_notification).", todo: "Nothing." },
    zh: { means: "发送方要求不推送。", todo: "无需处理。" },
  },
  "expire message": {
    en: { means: "The message's push_ttl ended before a vendor accepted the push.", todo: "Check whether the vendor was busy or unreachable. Give messages a longer push_ttl if theirs is short." },
    zh: { means: "厂商接受之前消息已过期。", todo: "检查厂商是否不可用，以及 push_ttl 是否过短。" },
    screen: "/certificates",
  },
  "no user exist": {
    en: { means: "The app has no record of the user: no binding, no presence, no settings.", todo: "Check that the client binds its token, in this app and under this user id." },
    zh: { means: "应用中没有该用户的任何记录。", todo: "检查客户端是否在本应用、以该用户 ID 绑定了 token。" },
    screen: "/users",
  },
  "user banned": {
    en: { means: "The app banned the user.", todo: "Nothing. If it was a mistake, end the ban on the user's page." },
    zh: { means: "接收者已被应用封禁。", todo: "如属误封，请在用户页面解封。" },
    screen: "/users",
  },
  "message delivered": {
    en: { means: "The receiver was connected, or seemed so, and acknowledged the message before the recheck.", todo: "Nothing." },
    zh: { means: "接收者在线并已确认收到。", todo: "无需处理。" },
  },
  "user online": {
    en: { means: "The receiver is connected; under any_offline this device is.", todo: "Nothing if that is true. If not, check whether the gateway reports offline, and how long the lease is." },
    zh: { means: "接收者的设备在线。", todo: "若实际离线，检查网关是否上报 offline 以及租约时长。" },
    screen: "/users",
  },
  "another device online": {
    en: { means: "Under all_offline: this device is offline, and another device of the receiver is connected.", todo: "Nothing. Set multi_device_policy to any_offline if the app wants a push here." },
    zh: { means: "接收者的另一台设备在线。", todo: "如仍需推送，将 multi_device_policy 设为 any_offline。" },
    screen: "/settings",
  },
  "waits for login": {
    en: { means: "An instant push with strategy 1, and the receiver has no connection to Curlew. It waits up to 7 days.", todo: "Nothing. It comes with the next connection or pull. With strategy 3 a vendor is asked at once." },
    zh: { means: "策略 1 的即时推送，接收者当前没有与 Curlew 的连接。最多等待 7 天。", todo: "无需处理，接收者下次连接或拉取时收到；策略 3 会立即请求厂商。" },
  },
  "device kicked": {
    en: { means: "The device was forced off and has not logged in since.", todo: "Nothing. Only a login of the device in another session ends it." },
    zh: { means: "设备被强制下线，之后没有再登录。", todo: "无需处理；设备以新会话登录后恢复。" },
    screen: "/users",
  },
  "user ignore push": {
    en: { means: "The receiver wants no pushes now: in a daily interval, or after muting for a while.", todo: "Nothing. If the hour looks wrong, check the time zones of the user and of the app." },
    zh: { means: "接收者当前处于免打扰。", todo: "若时间不对，检查用户和应用的时区。" },
    screen: "/users",
  },
  "mode none": {
    en: { means: "The receiver set the mode NONE, for this conversation or for the app.", todo: "Nothing. It is the receiver's choice." },
    zh: { means: "接收者关闭了通知。", todo: "无需处理，这是接收者的选择。" },
    screen: "/users",
  },
  "not mentioned": {
    en: { means: "The receiver set the mode AT, and the message does not mention the receiver.", todo: "Nothing. To mention a receiver, put the user id, or all, into ext.em_at_list." },
    zh: { means: "接收者只接收 @ 自己的消息。", todo: "被 @ 的用户应写在 ext.em_at_list。" },
  },
  "no push binding": {
    en: { means: "The user is known and has no device token.", todo: "Check that the client binds after login. A vendor may have called the token unregistered: look for an earlier illegal binding." },
    zh: { means: "用户存在，但没有绑定设备 token。", todo: "检查客户端登录后是否绑定。" },
    screen: "/users",
  },
  "ignore push device id": {
    en: { means: "The message's ext.em_push_filter leaves the device out.", todo: "Nothing, if the sender meant it." },
    zh: { means: "消息的过滤条件排除了该设备。", todo: "若符合发送方意图则无需处理。" },
  },
  "notifier filtered": {
    en: { means: "The message's ext.em_push_filter leaves the certificate out.", todo: "Nothing, if the sender meant it." },
    zh: { means: "消息的过滤条件排除了该证书。", todo: "若符合发送方意图则无需处理。" },
  },
  "another binding used": {
    en: { means: "The device has several bindings, and Curlew used a more recent one.", todo: "Nothing. A client that changed its vendor may unbind the old token." },
    zh: { means: "设备有多个绑定，使用了较新的一个。", todo: "无需处理。" },
    screen: "/users",
  },
  "no notifier exist": {
    en: { means: "The binding names a certificate that the app does not have.", todo: "Create the certificate under exactly the name that clients register with, or correct the client." },
    zh: { means: "绑定使用的证书名在应用中不存在。", todo: "以完全相同的名称创建证书，或修正客户端。" },
    screen: "/certificates",
  },
  "notifier disabled": {
    en: { means: "The certificate is switched off: by hand, or because its vendor refused the credential.", todo: "Correct the credential. A new credential or a successful test enables the certificate again." },
    zh: { means: "证书已停用：手动停用，或凭证被厂商拒绝。", todo: "修正凭证；更新凭证或测试成功后自动启用。" },
    screen: "/certificates",
  },
  "invalid notifier": {
    en: { means: "Curlew cannot decrypt the certificate's credential, or the certificate now belongs to another vendor.", todo: "Enter the credential again." },
    zh: { means: "证书凭证无法解密。", todo: "请重新填写凭证。" },
    screen: "/certificates",
  },
  "quota used up": {
    en: { means: "The vendor's quota for this class of pushes was used up.", todo: "See when it resets. Ask the vendor for more, or for its class of chat messages." },
    zh: { means: "该类消息的厂商配额已用尽。", todo: "查看恢复时间；向厂商申请更多配额或聊天类权益。" },
    screen: "/quotas",
  },
  "illegal binding": {
    en: { means: "The vendor called the device token unregistered.", todo: "Nothing for single devices. For many at once, check that certificate and tokens belong to the same project or app." },
    zh: { means: "厂商表示该设备 token 已失效。", todo: "个别设备无需处理；若大量出现，检查证书是否属于其他项目或应用。" },
    screen: "/users",
  },
  "push yet but fail": {
    en: { means: "The vendor refused the push, or Curlew refused it before sending because the vendor would.", todo: "Look the vendor's code up. Correct the options of the certificate or the message." },
    zh: { means: "厂商拒绝了推送（或必然会拒绝）。", todo: "查询返回码，修正证书或消息的选项。" },
    screen: "/certificates",
  },
  "token moved": {
    en: { means: "While the push waited, the device token was unbound, or another user or device bound it. Nothing was sent.", todo: "Nothing." },
    zh: { means: "等待期间 token 已归属其他用户或设备，没有发送。", todo: "无需处理。" },
  },
};
