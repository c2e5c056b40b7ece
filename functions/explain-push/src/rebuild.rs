//! Rebuilds what the devices of a message got.
//!
//! No request is stored. The code of the dry run builds it again, from the stored message, the recorded source of its
//! wording, and the present settings of app, receiver and sender. The result names the settings that may have been
//! different then. If the record does not allow to rebuild a request, the result has the reason instead.

use std::{sync::Arc, time::Duration};

use futures::try_join;
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::{
    app_configs::KEPT,
    decider::rendered,
    domain::{
        binding::Binding,
        decision::{Decision, DeviceDecision, Verdict},
        id::AppKey,
        message::{Content, Receiver},
        notifier::Notifier,
        profile::Profile,
        push::Notification,
        rebuilt_wording::{Current, Unclear, reword, same_cut},
    },
    ports::{apps::AppConfig, error::StoreError, messages::StoredMessage},
};

use crate::{
    handler::ExplainPush,
    request::{Shown, Viewer},
    trace,
};

/// Time after the change of a template in which a decision may have used the old one.
const OUTDATED: Duration = KEPT;

/// A present setting that affects the result, and that the decision did not record.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Assumed {
    DisplayStyle,
    Language,
    SenderNickname,
}

/// Why a device has no rebuilt request.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum LeftOut {
    /// the recorded decision does not know the device
    NotInDecision,
    NotifierGone,
    /// a later notifier has the same name
    NotifierReplaced,
    BindingGone,
    TemplateChanged,
    /// the record does not determine what was shown
    DecisionUnclear,
}

impl From<Unclear> for LeftOut {
    fn from(unclear: Unclear) -> Self {
        match unclear {
            Unclear::Template => Self::TemplateChanged,
            Unclear::Decision => Self::DecisionUnclear,
        }
    }
}

/// The rebuilt notification of a receiver.
pub(crate) struct Rebuilt {
    config: Arc<AppConfig>,
    bindings: Vec<Binding>,
    shown: Result<(Notification, Vec<Assumed>), LeftOut>,
}

/// Rebuilds the receiver's notification. Returns `None`, and reads nothing, if nothing was pushed. Also returns `None`
/// if the app is gone.
pub(crate) async fn rebuild(
    state: &ExplainPush,
    app: &AppKey,
    receiver: Receiver,
    message: &StoredMessage,
) -> Result<Option<Rebuilt>, StoreError> {
    let StoredMessage { content, decision, outcomes, .. } = message;
    if !trace::devices(decision.as_ref(), outcomes).iter().any(is_pushed) {
        return Ok(None);
    }
    let conversation = content.conversation();
    let facts = state.decider.facts.facts(app, &receiver.user, &conversation);
    let (config, facts) = try_join!(state.decider.configs.get_recent(app), facts)?;
    let Some(config) = config else {
        return Ok(None);
    };
    let shown = match decision {
        Some(decision) => show(state, &config, content, decision, receiver, &facts.profile).await?,
        None => Err(LeftOut::NotInDecision),
    };
    Ok(Some(Rebuilt { config, bindings: facts.bindings, shown }))
}

/// Returns the notification, with the present settings that affect it.
async fn show(
    state: &ExplainPush,
    config: &AppConfig,
    content: &Content,
    decision: &Decision,
    receiver: Receiver,
    profile: &Profile,
) -> Result<Result<(Notification, Vec<Assumed>), LeftOut>, StoreError> {
    let settings = &config.app.settings;
    let settled_at = content.accepted_at.minus(OUTDATED);
    let current = Current { profile, settings, templates: &config.templates, settled_at };
    let rebuilt_wording = match reword(content, &receiver.user, decision, &current) {
        Ok(rebuilt_wording) => rebuilt_wording,
        Err(unclear) => return Ok(Err(unclear.into())),
    };
    let wording = &rebuilt_wording.wording;
    let names_sender = wording.names_sender(content);
    let nickname = match names_sender {
        true => state.decider.nicknames.nickname(&config.app.key, &content.from).await?,
        false => None,
    };
    let rendered = rendered(content, &receiver, wording, nickname.as_ref(), profile.language.as_ref(), settings);
    if !same_cut(decision, &rendered.cut) {
        return Ok(Err(LeftOut::DecisionUnclear));
    }
    let assumed = [
        (rebuilt_wording.follows_style, Assumed::DisplayStyle),
        (wording.follows_language(content), Assumed::Language),
        (names_sender, Assumed::SenderNickname),
    ];
    let assumed = assumed.into_iter().filter_map(|(holds, what)| holds.then_some(what)).collect();
    Ok(Ok((rendered.notification, assumed)))
}

impl Rebuilt {
    /// Returns the configuration that it was rebuilt with.
    pub(crate) fn config(&self) -> &AppConfig {
        &self.config
    }

    /// Adds to a device that got a push its request, or why it cannot be rebuilt.
    pub(crate) fn add_to(
        &self,
        shown: &mut Map<String, Value>,
        device: &DeviceDecision,
        message: &StoredMessage,
        viewer: Viewer<'_>,
    ) {
        if !is_pushed(device) {
            return;
        }
        match self.device(device, message) {
            Ok((notifier, notification)) => {
                let pushed = Shown { app: &self.config.app.key, content: &message.content, notification };
                pushed.add_to(shown, notifier, viewer);
            }
            Err(left_out) => {
                shown.insert("request_left_out".into(), json!(left_out));
            }
        }
    }

    /// Adds to a trace that its requests are rebuilt, and which present settings affect them.
    pub(crate) fn note_in(&self, trace: &mut Map<String, Value>) {
        if let Ok((_, assumed)) = &self.shown {
            trace.insert("rebuilt".into(), json!({"assumes": assumed}));
        }
    }

    fn device(&self, device: &DeviceDecision, message: &StoredMessage) -> Result<(&Notifier, &Notification), LeftOut> {
        let is_decided = message.decision.as_ref().is_some_and(|decision| decision.devices.contains(device));
        let name = device.notifier.as_ref().filter(|_| is_decided).ok_or(LeftOut::NotInDecision)?;
        let notifier = self.config.notifiers.get(name).ok_or(LeftOut::NotifierGone)?;
        if notifier.created_at > message.content.accepted_at {
            return Err(LeftOut::NotifierReplaced);
        }
        let is_bound = |binding: &Binding| binding.device_id == device.device_id && binding.notifier == *name;
        if !self.bindings.iter().any(is_bound) {
            return Err(LeftOut::BindingGone);
        }
        let (notification, _) = self.shown.as_ref().map_err(|left_out| *left_out)?;
        Ok((notifier, notification))
    }
}

fn is_pushed(device: &DeviceDecision) -> bool {
    device.verdict == Verdict::Push
}
