//! Decides for a receiver, from facts to decision and rendered notification. The pipeline and the dry run share this
//! code.

use std::{borrow::Cow, sync::Arc};

use tokio::sync::OnceCell;

use crate::{
    app_configs::AppConfigs,
    domain::{
        app::{Badge, MultiDevicePolicy, Settings},
        content::{Rendered, Wording, render, template_names},
        decision::{AppFacts, ChosenDevice, Decision, Facts, Judgement, PushPlan, Rule, decide},
        erasure::{hidden_until, hides},
        group::GroupState,
        id::{AppKey, DeviceId, MessageId, NotifierName},
        message::{Content, Receiver},
        notifier::NotifierState,
        presence::{Presence, Reachability},
        profile::{Language, Nickname},
        push::Notification,
        recheck::recheck_at,
        time::Timestamp,
    },
    gateway_leases::GatewayLeases,
    name_ports,
    ports::{
        apps::AppConfig,
        clock::Clock,
        connections::DirectConnection,
        error::StoreError,
        queue::SeenConnections,
        users::{ReadFacts, ReadNickname},
    },
};

/// Makes decisions, from configurations, facts, leases, nicknames and the time.
pub struct Decider {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// facts of the receivers
    pub facts: Arc<dyn ReadFacts>,
    /// leases of the receivers' gateways
    pub gateways: GatewayLeases,
    /// nicknames of the senders
    pub nicknames: Arc<dyn ReadNickname>,
    /// tells the time
    pub clock: Arc<dyn Clock>,
}

name_ports! { Decider { configs, facts, gateways, nicknames, clock } }

/// A message to some receivers, with what they share. It is read once.
pub struct Context<'a> {
    app: &'a AppKey,
    content: &'a Content,
    group: Option<GroupState>,
    config: Arc<AppConfig>,
    nickname: OnceCell<Option<Nickname>>,
}

impl Context<'_> {
    /// Returns whether the message is for a group with more members than the app's limit.
    pub fn is_too_large(&self) -> bool {
        self.group.is_some_and(|group| group.members > self.config.app.settings.large_group_limit)
    }

    /// Returns whether the message is for a group that the app switched off.
    pub fn is_of_disabled_group(&self) -> bool {
        self.group.is_some_and(|group| group.disabled)
    }

    /// Returns whether the message was accepted for an earlier app of this name. A record may wait longer than it takes
    /// to free a name.
    pub fn is_of_an_earlier_app(&self, msg_id: MessageId) -> bool {
        hides(hidden_until(&self.config.app, None), msg_id.accepted_at())
    }

    /// Returns whether a device of the app ever connected to us.
    pub fn has_connections(&self) -> bool {
        self.config.app.has_connections
    }
}

/// The result for one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// the receiver
    pub receiver: Receiver,
    /// the decision, as recorded
    pub decision: Decision,
    /// the devices to push to and their notification; `None` when the verdict is a skip
    pub push: Option<(Vec<ChosenDevice>, Notification)>,
    /// when to recheck a receiver with stale presence
    pub recheck_at: Option<Timestamp>,
    /// the live connections to post the message to
    pub direct: Vec<DirectConnection>,
    /// whether any device is connected to us, and may still acknowledge the message
    pub connected: bool,
    /// when the newest of the user's devices was bound or connected to us
    pub newest_device: Option<Timestamp>,
}

/// What an earlier check found about a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierCheck {
    /// whether the message was acknowledged since
    pub delivered: bool,
    /// whether this is a recheck: a gateway's device that is online now was online then, too
    pub rechecked: bool,
    /// what is known about connections to us
    pub connections: Option<SeenConnections>,
    /// whether the receiver may not have been decided before, so the trace says nothing of a missing acknowledgement
    pub may_be_first: bool,
    /// whether every vendor refused an instant push, so that only the own channel is left
    pub vendor_failed: bool,
}

impl Decider {
    /// Reads the app's configuration for a message. Returns `None` when the app does not exist any more.
    pub async fn begin<'a>(
        &self,
        app: &'a AppKey,
        content: &'a Content,
        group: Option<GroupState>,
    ) -> Result<Option<Context<'a>>, StoreError> {
        let config = self.configs.get(app).await?;
        Ok(config.map(|config| Context { app, content, group, config, nickname: OnceCell::new() }))
    }

    /// Decides for one receiver.
    pub async fn decide(&self, context: &Context<'_>, receiver: Receiver) -> Result<Decided, StoreError> {
        self.judge(context, receiver, None).await
    }

    /// Decides for a receiver again, who may have acknowledged the message since the earlier check.
    pub async fn decide_again(
        &self,
        context: &Context<'_>,
        receiver: Receiver,
        before: EarlierCheck,
    ) -> Result<Decided, StoreError> {
        self.judge(context, receiver, Some(before)).await
    }

    async fn judge(
        &self,
        context: &Context<'_>,
        receiver: Receiver,
        before: Option<EarlierCheck>,
    ) -> Result<Decided, StoreError> {
        let Context { app, content, group, .. } = *context;
        let tried_at = before.and_then(|before| before.connections?.tried_at);
        let mut facts = match tried_at {
            // A strongly consistent read, because a connection that was just dropped must not be found again.
            Some(_) => self.facts.facts_of_now(app, &receiver.user, &content.conversation()).await?,
            None => self.facts.facts(app, &receiver.user, &content.conversation()).await?,
        };
        let newest_device = facts.newest_device();
        facts.group_members = group.map(|group| group.members);
        facts.group_disabled = context.is_of_disabled_group();
        let is_done = facts.marks.is_some_and(|marks| marks.cover(receiver.msg_id));
        // The marks say nothing of a push that is not in the offline store. Only a recall ends such a push.
        let known = before.filter(|before| before.delivered || !content.is_beside_store());
        let delivered = known.map(|before| before.delivered || is_done);
        facts.delivered = delivered.filter(|delivered| *delivered || before.is_some_and(|before| !before.may_be_first));
        if before.is_some_and(|before| before.vendor_failed) {
            facts.bindings.clear();
        }
        facts.unanswered = tried_at;
        let config = self.config_for(context, &facts).await?;
        let settings = settings_for(content, &config.app.settings);
        let settings = &*settings;
        let now = self.clock.now();
        facts.limit_devices(settings.max_devices.into(), now);
        self.gateways.apply_to(app, &mut facts.presence).await?;
        if config.app.advanced_era != facts.profile.advanced.era {
            facts.forget_advanced();
        }
        let notifiers = config.notifier_facts();
        let app_facts = AppFacts { settings, notifiers: &notifiers, templates: &config.templates };
        let Judgement { decision, push } = decide(content, &receiver.user, &facts, app_facts, now);
        if let Some(instant) = &content.instant {
            facts.leave_channels(instant.strategy, push.is_some(), now);
        }
        let first = before.is_none_or(|before| !before.rechecked);
        let recheck_at = recheck_at(&decision, &facts, settings, now, first).filter(|at| *at < content.expires_at);
        let direct = if facts.group_disabled { Vec::new() } else { live_connections(&facts, now) };
        let connecting = |one: &Presence| one.reachability(facts.unanswered, now) == Reachability::Connecting;
        let connects = !facts.group_disabled && facts.presence.iter().any(|(_, one)| connecting(one));
        let connected = !direct.is_empty() || connects;
        let mut decided = Decided { receiver, decision, push: None, recheck_at, direct, connected, newest_device };
        let Some(PushPlan { devices, wording }) = push else {
            return Ok(decided);
        };
        let nickname = if wording.names_sender(content) { self.nickname(context).await? } else { None };
        let language = facts.profile.language.as_ref();
        let rendered = rendered(content, &decided.receiver, &wording, nickname, language, settings);
        decided.decision.note_cut(&rendered.cut);
        Ok(Decided { push: Some((devices, rendered.notification)), ..decided })
    }

    /// Decides for a receiver who was erased since the message came.
    pub fn decide_for_erased(&self, context: &Context<'_>, receiver: Receiver) -> Decided {
        let decision = self.decide_without_facts(context);
        let (recheck_at, direct, newest_device) = (None, Vec::new(), None);
        Decided { receiver, decision, push: None, recheck_at, direct, connected: false, newest_device }
    }

    /// Returns the decision if it is the same for every receiver. It needs no receiver's facts.
    pub fn decide_for_all(&self, context: &Context<'_>) -> Option<Decision> {
        let decision = self.decide_without_facts(context);
        // Without facts the receiver is unknown, so the rule `Receiver` ends a decision that no earlier rule ended.
        let ended_before = decision.rules.last().is_some_and(|last| last.rule != Rule::Receiver);
        ended_before.then_some(decision)
    }

    fn decide_without_facts(&self, context: &Context<'_>) -> Decision {
        let Context { content, group, ref config, .. } = *context;
        let group_members = group.map(|group| group.members);
        let facts = Facts { group_members, group_disabled: context.is_of_disabled_group(), ..Facts::default() };
        let (settings, notifiers) = (&config.app.settings, config.notifier_facts());
        let app_facts = AppFacts { settings, notifiers: &notifiers, templates: &config.templates };
        decide(content, &content.from, &facts, app_facts, self.clock.now()).decision
    }

    async fn nickname<'o>(&self, context: &'o Context<'_>) -> Result<Option<&'o Nickname>, StoreError> {
        let read = || self.nicknames.nickname(context.app, &context.content.from);
        context.nickname.get_or_try_init(read).await.map(Option::as_ref)
    }

    /// Returns the cached configuration. Reads a recent one if the cached one lacks a notifier, a template, or the era
    /// of the receiver's settings.
    async fn config_for(&self, context: &Context<'_>, facts: &Facts) -> Result<Arc<AppConfig>, StoreError> {
        let kept = &context.config;
        let usable = |name: &NotifierName| {
            kept.notifiers.get(name).is_some_and(|notifier| notifier.state == NotifierState::Enabled)
        };
        let of_this_era = facts.profile.advanced.era <= kept.app.advanced_era;
        let mut templates = template_names(context.content, &facts.profile);
        let templates_known =
            !kept.app.settings.advanced_push || templates.all(|name| kept.templates.contains_key(name));
        if of_this_era && templates_known && facts.bindings.iter().all(|binding| usable(&binding.notifier)) {
            return Ok(kept.clone());
        }
        Ok(self.configs.get_recent(context.app).await?.unwrap_or_else(|| kept.clone()))
    }
}

/// Renders the notification for a receiver, according to the app's settings.
pub fn rendered(
    content: &Content,
    receiver: &Receiver,
    wording: &Wording,
    nickname: Option<&Nickname>,
    language: Option<&Language>,
    settings: &Settings,
) -> Rendered {
    let mut rendered = render(content, receiver, wording, nickname, language);
    let own = content.instant.as_ref().and_then(|instant| instant.badge);
    rendered.notification.badge = own.unwrap_or(settings.badge == Badge::Increment);
    rendered
}

/// Returns the settings that count for a message. An instant push is for the user, so a connection on any device counts.
fn settings_for<'a>(content: &Content, settings: &'a Settings) -> Cow<'a, Settings> {
    match content.instant {
        None => Cow::Borrowed(settings),
        Some(_) => Cow::Owned(Settings { multi_device_policy: MultiDevicePolicy::AllOffline, ..settings.clone() }),
    }
}

/// Returns the connections to post a message to: all live ones, except after an acknowledgement or an earlier post.
fn live_connections(facts: &Facts, now: Timestamp) -> Vec<DirectConnection> {
    if facts.delivered == Some(true) {
        return Vec::new();
    }
    let live = facts.presence.iter().filter(|(_, one)| one.reachability(facts.unanswered, now) == Reachability::Live);
    let connection = |(device, one): &(DeviceId, Presence)| DirectConnection {
        id: one.session.clone(),
        device_id: device.clone(),
        token_key: one.token_key.clone(),
        until: Some(one.lease_until),
    };
    live.map(connection).collect()
}
