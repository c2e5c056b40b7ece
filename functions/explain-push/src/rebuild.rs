//! What the devices of a message that was sent were shown, rebuilt.
//!
//! No request is stored. It is written anew, by the code of the dry run, from the stored message, from what its decision recorded of
//! the wording, and from what app, receiver and sender have set now. What is taken from now and may have been another then is named.
//! Where the record does not allow it, there is a reason in its place.

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

/// How long a decision may have used a template that was changed meanwhile.
const OUTDATED: Duration = KEPT;

/// What follows from settings of now that the decision did not record.
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
    /// a notifier that was created since has its name
    NotifierReplaced,
    BindingGone,
    TemplateChanged,
    /// the record does not say what was shown
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

/// What a receiver was shown.
pub(crate) struct Rebuilt {
    config: Arc<AppConfig>,
    bindings: Vec<Binding>,
    shown: Result<(Notification, Vec<Assumed>), LeftOut>,
}

/// Rebuilds what the receiver was shown. `None` if nothing was pushed, or the app is gone; then nothing is read.
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

/// The notification, with what it takes from now.
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
    /// The configuration that it is rebuilt with.
    pub(crate) fn config(&self) -> &AppConfig {
        &self.config
    }

    /// Adds to a device that was pushed to what it was shown, or why that is not known.
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

    /// Says of a trace that its requests are rebuilt, and what they take from now.
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
