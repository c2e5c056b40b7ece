/** What each reason means for whoever reads it, and what to do next. */

import type { Schemas } from "./api/client";
import type { Language } from "./i18n/index.svelte";
import type { Path } from "./lib/router.svelte";

export type Reason = Schemas["Reason"];
type Advice = Record<Language, { means: string; todo: string }> & { screen?: Path };

/** A reason that the API names and this list does not ends the build. */
export const advice: Record<Reason, Advice> = {
  "command message": {
    en: { means: "Commands between clients are never shown.", todo: "Nothing. To be shown, a message needs another type." },
    zh: { means: "客户端之间的命令消息从不展示。", todo: "无需处理。需要展示请换用其他消息类型。" },
  },
  "online only": {
    en: { means: "The sender asked for connected devices only.", todo: "If a push was wanted, the sender must leave routetype out." },
    zh: { means: "发送方指定只投递给在线设备。", todo: "如需推送，发送时不要带 routetype。" },
  },
  "large group": {
    en: { means: "The group has more members than this app's limit.", todo: "Raise large_group_limit if such groups shall push." },
    zh: { means: "群成员数超过应用的上限。", todo: "如需推送，请调高 large_group_limit。" },
    screen: "/settings",
  },
  "group disabled": {
    en: { means: "The app switched this group off.", todo: "Switch it on again by POST /chatgroups/{group}/enable, if its messages shall push." },
    zh: { means: "应用停用了该群组。", todo: "如需推送，调用 POST /chatgroups/{group}/enable 恢复。" },
  },
  "message ignore push": {
    en: { means: "The sender asked for no push.", todo: "Nothing." },
    zh: { means: "发送方要求不推送。", todo: "无需处理。" },
  },
  "expire message": {
    en: { means: "The message expired before a vendor took it.", todo: "See whether the vendor was unreachable, and whether push_ttl is short." },
    zh: { means: "厂商接受之前消息已过期。", todo: "检查厂商是否不可用，以及 push_ttl 是否过短。" },
    screen: "/certificates",
  },
  "no user exist": {
    en: { means: "The app knows nothing of this user.", todo: "Check that the client binds its token, in this app and under this user id." },
    zh: { means: "应用中没有该用户的任何记录。", todo: "检查客户端是否在本应用、以该用户 ID 绑定了 token。" },
    screen: "/users",
  },
  "user banned": {
    en: { means: "The app banned the receiver.", todo: "Take the ban back at the user, if it was a mistake." },
    zh: { means: "接收者已被应用封禁。", todo: "如属误封，请在用户页面解封。" },
    screen: "/users",
  },
  "message delivered": {
    en: { means: "The receiver was connected and acknowledged the message.", todo: "Nothing." },
    zh: { means: "接收者在线并已确认收到。", todo: "无需处理。" },
  },
  "user online": {
    en: { means: "The receiver's device is connected.", todo: "If it is not, see whether the gateway reports offline, and how long the lease is." },
    zh: { means: "接收者的设备在线。", todo: "若实际离线，检查网关是否上报 offline 以及租约时长。" },
    screen: "/users",
  },
  "another device online": {
    en: { means: "Another device of the receiver is connected.", todo: "To push here all the same, set multi_device_policy to any_offline." },
    zh: { means: "接收者的另一台设备在线。", todo: "如仍需推送，将 multi_device_policy 设为 any_offline。" },
    screen: "/settings",
  },
  "device kicked": {
    en: { means: "The device was forced off and has not logged in since.", todo: "Nothing; its next login in a new session ends it." },
    zh: { means: "设备被强制下线，之后没有再登录。", todo: "无需处理；设备以新会话登录后恢复。" },
    screen: "/users",
  },
  "user ignore push": {
    en: { means: "The receiver does not want to be disturbed now.", todo: "If the hour looks wrong, check the time zones of user and app." },
    zh: { means: "接收者当前处于免打扰。", todo: "若时间不对，检查用户和应用的时区。" },
    screen: "/users",
  },
  "mode none": {
    en: { means: "The receiver switched notifications off.", todo: "Nothing; it is the receiver's choice." },
    zh: { means: "接收者关闭了通知。", todo: "无需处理，这是接收者的选择。" },
    screen: "/users",
  },
  "not mentioned": {
    en: { means: "The receiver wants mentions only, and is not mentioned.", todo: "Mentioned receivers stand in ext.em_at_list." },
    zh: { means: "接收者只接收 @ 自己的消息。", todo: "被 @ 的用户应写在 ext.em_at_list。" },
  },
  "no push binding": {
    en: { means: "The user is known, but no device token is bound.", todo: "Check that the client binds after login." },
    zh: { means: "用户存在，但没有绑定设备 token。", todo: "检查客户端登录后是否绑定。" },
    screen: "/users",
  },
  "ignore push device id": {
    en: { means: "The message's filter leaves this device out.", todo: "Nothing, if the sender meant it." },
    zh: { means: "消息的过滤条件排除了该设备。", todo: "若符合发送方意图则无需处理。" },
  },
  "notifier filtered": {
    en: { means: "The message's filter leaves this certificate out.", todo: "Nothing, if the sender meant it." },
    zh: { means: "消息的过滤条件排除了该证书。", todo: "若符合发送方意图则无需处理。" },
  },
  "another binding used": {
    en: { means: "The device has several bindings; a newer one was used.", todo: "Nothing." },
    zh: { means: "设备有多个绑定，使用了较新的一个。", todo: "无需处理。" },
    screen: "/users",
  },
  "no notifier exist": {
    en: { means: "The binding names a certificate that this app does not have.", todo: "Create it under exactly this name, or correct the client." },
    zh: { means: "绑定使用的证书名在应用中不存在。", todo: "以完全相同的名称创建证书，或修正客户端。" },
    screen: "/certificates",
  },
  "notifier disabled": {
    en: { means: "The certificate is switched off, by hand or because the vendor refused it.", todo: "Correct the credential; a new one or a successful test switches it on." },
    zh: { means: "证书已停用：手动停用，或凭证被厂商拒绝。", todo: "修正凭证；更新凭证或测试成功后自动启用。" },
    screen: "/certificates",
  },
  "invalid notifier": {
    en: { means: "The certificate's credential cannot be opened.", todo: "Enter the credential again." },
    zh: { means: "证书凭证无法解密。", todo: "请重新填写凭证。" },
    screen: "/certificates",
  },
  "quota used up": {
    en: { means: "The vendor's quota for this class is used up.", todo: "See until when. Ask the vendor for more, or for its class of chat messages." },
    zh: { means: "该类消息的厂商配额已用尽。", todo: "查看恢复时间；向厂商申请更多配额或聊天类权益。" },
    screen: "/quotas",
  },
  "illegal binding": {
    en: { means: "The vendor says that this device token does not exist any more.", todo: "Nothing for single devices. If many are hit, suspect the wrong project or app." },
    zh: { means: "厂商表示该设备 token 已失效。", todo: "个别设备无需处理；若大量出现，检查证书是否属于其他项目或应用。" },
    screen: "/users",
  },
  "push yet but fail": {
    en: { means: "The vendor refused the push, or would have.", todo: "Look the code up, and correct the options of certificate or message." },
    zh: { means: "厂商拒绝了推送（或必然会拒绝）。", todo: "查询返回码，修正证书或消息的选项。" },
    screen: "/certificates",
  },
  "token moved": {
    en: { means: "While the push waited, the token went to another user or device. Nothing was sent.", todo: "Nothing." },
    zh: { means: "等待期间 token 已归属其他用户或设备，没有发送。", todo: "无需处理。" },
  },
};
