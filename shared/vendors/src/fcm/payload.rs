//! From a notification to FCM's message.

use super::{
    category,
    rules::Account,
    wire::{Android, FcmMessage, FcmOptions, Notification},
};
use crate::prelude::*;

/// FCM sets no length; beyond these, phones show nothing more.
const TITLE_CHARS: usize = 60;
const BODY_CHARS: usize = 240;
/// Keys and values of notification and data together.
const MAX_BYTES: usize = 4096;
/// Four weeks, the longest life of a message.
const MAX_TTL: u64 = 2_419_200;

/// For one token: FCM takes no array of them.
pub(super) const FRAME: Frame = Frame { head: r#"{"message":{"token":"#, joint: ",", end: "}", limit: None };

/// Writes what all tokens of a call share. Refuses what FCM would refuse.
pub(super) fn new(call: &VendorCall<'_>, account: &Account) -> Result<Payload, CallError> {
    let settings = settings_of(call)?;
    let message = message(call, account, &settings);
    if message.bytes() > MAX_BYTES {
        return Err(CallError::Rejected { code: format!("payload over {MAX_BYTES} bytes") });
    }
    Payload::new(&FRAME, &message)
}

fn message<'a>(call: &VendorCall<'a>, account: &'a Account, settings: &'a Settings<Account>) -> FcmMessage<'a> {
    let Settings { own, options } = settings;
    let shown = call.notification;
    let label = own.analytics_label().or(options.analytics_label.get());
    FcmMessage {
        data: data(&shown.custom),
        android: Android {
            priority: options.priority.get().unwrap_or(category::PRIORITIES.of(shown.class)),
            ttl: ttl(call),
            collapse_key: options.collapse_key.get(),
            restricted_package_name: account.android_package.get(),
            notification: Notification {
                title: cut(&shown.title, TITLE_CHARS),
                body: cut(&shown.body, BODY_CHARS),
                tag: replace_id::of(shown, call.options),
                sound: options.sound.get().unwrap_or("default"),
                channel_id: own.channel_id.get().or(options.channel_id.get()),
                click_action: own.click_action.get().or(options.click_action.get()),
                icon: options.icon.get(),
                color: options.color.get(),
            },
        },
        fcm_options: label.map(|analytics_label| FcmOptions { analytics_label }),
    }
}

/// Returns how long FCM keeps the message, as it takes it: seconds with an `s` behind.
pub(super) fn ttl(call: &VendorCall<'_>) -> String {
    format!("{}s", call.ttl.as_secs().min(MAX_TTL))
}

/// Custom data as FCM takes it: every value a string, no reserved key.
fn data(custom: &Map<String, Value>) -> BTreeMap<&str, Cow<'_, str>> {
    strings(custom).filter(|(key, _)| !reserved(key)).collect()
}

/// <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages#Message.FIELDS.data>; older texts reserve
/// everything that begins with `google` or `gcm`.
fn reserved(key: &str) -> bool {
    matches!(key, "" | "from" | "message_type") || key.starts_with("google") || key.starts_with("gcm")
}

impl FcmMessage<'_> {
    fn bytes(&self) -> usize {
        let data: usize = self.data.iter().map(|(key, value)| key.len() + value.len()).sum();
        let shown = &self.android.notification;
        let texts = [("title", &*shown.title), ("body", &shown.body), ("tag", &shown.tag), ("sound", shown.sound)];
        let options = [
            ("channel_id", shown.channel_id),
            ("click_action", shown.click_action),
            ("icon", shown.icon),
            ("color", shown.color),
        ];
        let options = options.into_iter().filter_map(|(key, value)| Some((key, value?)));
        data + texts.into_iter().chain(options).map(|(key, value)| key.len() + value.len()).sum::<usize>()
    }
}
