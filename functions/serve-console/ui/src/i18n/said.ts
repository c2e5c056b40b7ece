/**
 * What the API says in English, in the reader's language, as far as the set of what it says is known. `null`: the reader reads English, or the
 * page does not know the text. The API's own words stand beside it in each case.
 */

import type { Schemas } from "../api/base";
import { language } from "./index.svelte";

type Warning = Schemas["Warnings"][number];
/** Of a field, and of one of its texts where it has several. */
type Finding = { field: RegExp; text?: RegExp; zh: string };

/** An error code that the API has and this list has not ends the build. `null`: what the page says of the failure is enough. */
const errors: Record<Schemas["ErrorCode"], string | null> = {
  illegal_argument: "请求中有字段不符合规则，字段名和规则如下：",
  unauthorized: null,
  auth_bad_access_token: "token 无效、已过期，或不属于该应用。",
  invalid_grant: "凭据无效：密钥错误，或用户不存在、已被封禁。",
  forbidden: null,
  organization_application_not_found: "应用不存在。",
  service_resource_not_found: "应用中没有所请求的对象。",
  method_not_allowed: "该地址不支持此操作。",
  conflict: "名称已存在，或数据同时被修改。请刷新后重试。",
  request_entity_too_large: "请求内容过大。",
  idempotency_key_reused: "同一个 Idempotency-Key 已用于其他内容。",
  internal_error: "存储的记录无法使用，详情见服务端日志。",
  service_unavailable: "服务暂时不可用，请稍后重试。",
  message_send_error: "消息不符合规则，字段名和规则如下：",
  message_recall_error: "消息无法撤回，原因如下：",
  service_not_open: null,
  entity_not_found: "所请求的对象不存在。",
  reach_limit: null,
  duplicate_unique_property_exists: "名称已被使用。",
  resource_not_found: "所请求的对象不存在。",
  invalid_parameter: "参数不符合规则：",
  forbidden_op: "不允许对该群组执行此操作。",
  exceed_limit: "超出上限。",
  limit_request: "调用过于频繁，或超出上限：",
  bad_request: "推送不符合规则，字段名和规则如下：",
};

/** What the vendors' preflights find. */
const findings: Finding[] = [
  { field: /^credential$/, zh: "由旧版本保存，没有可供预检的信息，请重新填写凭证" },
  { field: /^credential\.im_category_granted$/, zh: "未设为 true：没有消息自分类权益时，华为按营销消息处理" },
  { field: /^credential\.service_right_granted$/, zh: "为 false：没有服务通讯类权益时，荣耀按资讯营销消息处理并静默展示" },
  { field: /^credential\.channels\./, text: /Xiaomi/, zh: "未设置：没有通知类别时，小米每台手机每天只展示一条消息" },
  { field: /^credential\.channels\./, text: /OPPO/, zh: "未设置：手机使用 OPPO 的默认通道及其声音和重要级别" },
  { field: /^credential\.templates\./, zh: "未设置：小米的私信消息必须使用模板（新应用自 2026 年 7 月起，所有应用自 2027 年起）" },
  { field: /^credential\.package_name$/, zh: "未设置：options.click_action 指定了 Activity，缺少包名无法打开，推送不会发送" },
  { field: /^options\.channel_id$/, zh: "未设置：手机使用应用的默认通知渠道，或名为 Miscellaneous 的渠道" },
  { field: /^options\.priority$/, zh: "为 NORMAL：休眠中的手机唤醒后才展示" },
  { field: /^options\.notice_msg_type$/, zh: "为 0：魅族的公信消息每台手机每天只展示少量" },
  { field: /^options\.category$/, zh: "为 NONE：OPPO 将推送计入公信消息的每日配额" },
  { field: /^options\.notify_level$/, text: /needs a category/, zh: "需要与 category 同时设置：OPPO 拒绝单独的 notify_level（67），因此不会发送该字段" },
  { field: /^options\.notify_level$/, text: /is 16/, zh: "为 16：OPPO 只接受 IM 类消息使用，其他推送会被拒绝（67），不会发送" },
  { field: /^options\.classification$/, zh: "或 options.category 使其成为运营消息：vivo 只在白天发送，并计入每日配额" },
  { field: /^options\.push_mode$/, zh: "为 1：vivo 只发送给已登记的测试手机" },
  { field: /^options\.text_prefix$/, zh: "未设置：vivo 拒绝只含字母、数字或符号的文本（10104），将改用 fallback_title 和 fallback_content" },
];

const warnings: Partial<Record<Warning["kind"], (warning: Warning) => string | undefined>> = {
  preflight: ({ field, message }) => findings.find((one) => one.field.test(field) && (one.text?.test(message) ?? true))?.zh,
  expires: ({ level }) => (level === 0 ? "已到期：厂商可能拒绝该凭证，请更换" : "即将到期：请提前更换凭证"),
  disabled: () => "厂商拒绝了凭证，Curlew 已停用该证书：请更换凭证，或通过一次成功的测试推送启用",
  refused: () => "表明厂商在最近一次检查中拒绝了凭证：请在下一次推送停用该证书之前更换凭证",
  failing: ({ field }) =>
    field === "health.check"
      ? "表明最近几次凭证检查均未成功：请进行测试推送"
      : "晚于最近一次成功：厂商整体拒绝了最近一次调用，请进行测试推送",
  quota: () => "中列出已用尽的配额：恢复之前，这些类别的推送以 quota used up 结束",
};

const REFUSED = "the vendor refuses the credential: ";

const chinese = () => language.current === "zh";

export function saidOfError(code: string): string | null {
  return chinese() && Object.hasOwn(errors, code) ? errors[code as Schemas["ErrorCode"]] : null;
}

/** Follows the name of the field. */
export function saidOfWarning(warning: Warning): string | null {
  const say = chinese() && Object.hasOwn(warnings, warning.kind) ? warnings[warning.kind] : undefined;
  return say?.(warning) ?? null;
}

/** Why the vendor's refusal disabled a certificate. */
export function saidOfHealth(reason: string): string | null {
  return chinese() && reason.startsWith(REFUSED) ? `厂商拒绝该凭证，返回码 ${reason.slice(REFUSED.length)}` : null;
}
