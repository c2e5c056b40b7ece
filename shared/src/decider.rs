//! Decides for a receiver: facts in, decision and rendered notification out. The pipeline and the dry run call this one code.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::{
    app_configs::AppConfigs,
    domain::{
        app::Badge,
        content::{render, template_names},
        decision::{AppFacts, ChosenDevice, Decision, Facts, Judgement, Push, Rule, decide},
        id::{AppKey, NotifierName},
        message::{Content, Receiver},
        notifier::NotifierState,
        presence::recheck_at,
        profile::Nickname,
        push::Notification,
        time::Timestamp,
    },
    ports::{
        apps::AppConfig,
        clock::Clock,
        error::StoreError,
        users::{ReadFacts, ReadNickname},
    },
};

/// What decisions are made with.
pub struct Decider {
    /// configurations of the apps
    pub configs: AppConfigs,
    /// facts of the receivers
    pub facts: Arc<dyn ReadFacts>,
    /// nicknames of the senders
    pub nicknames: Arc<dyn ReadNickname>,
    /// the time
    pub clock: Arc<dyn Clock>,
}

/// A message on its way to some receivers. What they share is read once.
pub struct Context<'a> {
    app: &'a AppKey,
    content: &'a Content,
    group_members: Option<u32>,
    config: Arc<AppConfig>,
    nickname: OnceCell<Option<Nickname>>,
}

/// What is to be done for one receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// for whom
    pub receiver: Receiver,
    /// the decision, as recorded
    pub decision: Decision,
    /// the devices to push to, with what they are shown; none when the verdict is a skip
    pub push: Option<(Vec<ChosenDevice>, Notification)>,
    /// when to look again, because the receiver only seems connected
    pub recheck_at: Option<Timestamp>,
}

impl Decider {
    /// Begins with a message: reads the app's configuration. `None` when the app is gone.
    pub async fn begin<'a>(
        &self,
        app: &'a AppKey,
        content: &'a Content,
        group_members: Option<u32>,
    ) -> Result<Option<Context<'a>>, StoreError> {
        let config = self.configs.get(app).await?;
        Ok(config.map(|config| Context { app, content, group_members, config, nickname: OnceCell::new() }))
    }

    /// Decides for one receiver.
    pub async fn decide(&self, context: &Context<'_>, receiver: Receiver) -> Result<Decided, StoreError> {
        self.judge(context, receiver, None).await
    }

    /// Decides for a receiver who was looked at before, and may have acknowledged the message since.
    pub async fn decide_again(
        &self,
        context: &Context<'_>,
        receiver: Receiver,
        delivered: bool,
    ) -> Result<Decided, StoreError> {
        self.judge(context, receiver, Some(delivered)).await
    }

    async fn judge(
        &self,
        context: &Context<'_>,
        receiver: Receiver,
        delivered: Option<bool>,
    ) -> Result<Decided, StoreError> {
        let Context { app, content, group_members, .. } = *context;
        let mut facts = self.facts.facts(app, &receiver.user, &content.conversation()).await?;
        facts.group_members = group_members;
        let is_done = facts.marks.is_some_and(|marks| marks.cover(receiver.msg_id));
        facts.delivered = delivered.map(|delivered| delivered || is_done);
        let config = self.config_for(context, &facts).await?;
        let settings = &config.app.settings;
        facts.limit_devices(settings.max_devices.into());
        if config.app.advanced_era != facts.profile.advanced.era {
            facts.forget_advanced();
        }
        let now = self.clock.now();
        let notifiers = config.notifier_facts();
        let app_facts = AppFacts { settings, notifiers: &notifiers, templates: &config.templates };
        let Judgement { mut decision, push } = decide(content, &receiver.user, &facts, app_facts, now);
        let recheck_at = recheck_at(&decision, &facts.presence, settings, now).filter(|at| *at < content.expires_at);
        let Some(Push { devices, wording }) = push else {
            return Ok(Decided { receiver, decision, push: None, recheck_at });
        };
        let nickname = if wording.names_sender(content) { self.nickname(context).await? } else { None };
        let mut rendered = render(content, &receiver, &wording, nickname, facts.profile.language.as_ref());
        rendered.notification.badge = settings.badge == Badge::Increment;
        decision.note_cut(&rendered.cut);
        Ok(Decided { receiver, decision, push: Some((devices, rendered.notification)), recheck_at })
    }

    /// The decision that holds for every receiver alike, if there is one: no receiver's facts are needed to see it.
    pub fn decide_for_all(&self, context: &Context<'_>) -> Option<Decision> {
        let Context { content, group_members, ref config, .. } = *context;
        let facts = Facts { group_members, ..Facts::default() };
        let (settings, notifiers) = (&config.app.settings, config.notifier_facts());
        let app_facts = AppFacts { settings, notifiers: &notifiers, templates: &config.templates };
        let Judgement { decision, .. } = decide(content, &content.from, &facts, app_facts, self.clock.now());
        // Without facts the receiver is unknown, so this rule ends what nothing ended before.
        let ended_before = decision.rules.last().is_some_and(|last| last.rule != Rule::Receiver);
        ended_before.then_some(decision)
    }

    async fn nickname<'o>(&self, context: &'o Context<'_>) -> Result<Option<&'o Nickname>, StoreError> {
        let read = || self.nicknames.nickname(context.app, &context.content.from);
        context.nickname.get_or_try_init(read).await.map(Option::as_ref)
    }

    /// The kept configuration, or a recent one when the kept one lacks what is asked for: a
    /// notifier, a template, or the era of the receiver's settings.
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
