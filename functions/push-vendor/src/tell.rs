//! Collects what apps' servers are told about a batch, and queues it.
//!
//! An event is made only for an app that has a callback, as far as a configuration is cached that `AppConfigs::get` would
//! return: a callback that an app sets counts within a minute. Otherwise the configuration is read at the end, when the
//! results are written.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use shared::{
    app_configs::AppConfigs,
    callbacks::Callbacks,
    domain::{
        callback::event::{CallbackEvent, Happening, NotifierSwitched, PushEnded, TokenRemoved},
        id::AppKey,
        notifier::NotifierState,
        vendor::Vendor,
    },
    lambda::{deadline::Deadline, metric::Metrics},
    ports::clock::Clock,
};

use crate::{batch::NotifierKey, retry::Ended, unregistered::AnsweredToken};

/// The events of a batch.
pub(crate) struct TellServers<'p> {
    pub(crate) vendor: Vendor,
    pub(crate) configs: &'p AppConfigs,
    pub(crate) callbacks: &'p Callbacks,
    pub(crate) clock: &'p dyn Clock,
    /// maximum time to queue what was noted so far
    pub(crate) at_most: Duration,
    /// events of apps whose configuration was not cached, or too old
    pub(crate) unknown: Mutex<Vec<(AppKey, CallbackEvent)>>,
}

impl TellServers<'_> {
    /// Notes the ends of a job's pushes. A job may have a thousand devices, so its app is looked up once.
    pub(crate) fn ended(&self, ended: &[Ended<'_>]) {
        let Some(first) = ended.first() else { return };
        let config = self.configs.kept(&first.delivery.job().app);
        if config.is_some_and(|config| config.app.callback().is_none()) {
            return;
        }
        for one in ended {
            self.note(&one.delivery.job().app, || Happening::Push(push_ended(one, self.vendor)));
        }
    }

    /// Notes that a token was removed.
    pub(crate) fn token_removed(&self, (app, notifier): NotifierKey<'_>, token: &AnsweredToken<'_>) {
        self.note(app, || {
            let (user, device) = token.device();
            Happening::TokenRemoved(TokenRemoved {
                user: user.clone(),
                device_id: device.device_id.clone(),
                token: device.token.clone(),
                notifier: notifier.clone(),
                vendor: self.vendor,
            })
        });
    }

    /// Notes that a notifier was disabled.
    pub(crate) fn notifier_disabled(&self, (app, notifier): NotifierKey<'_>, code: &str) {
        self.note(app, || {
            let reason = Some(format!("the vendor refuses the credential: {code}"));
            let (notifier, vendor, state) = (notifier.clone(), self.vendor, NotifierState::Disabled);
            Happening::Notifier(NotifierSwitched { notifier, vendor, state, reason })
        });
    }

    /// Notes that the vendor refused the credential of an enabled notifier at its check.
    pub(crate) fn credential_refused(&self, (app, notifier): NotifierKey<'_>, code: &str) {
        self.note(app, || {
            let reason = Some(format!("the vendor refuses the credential at its check: {code}"));
            let (notifier, vendor, state) = (notifier.clone(), self.vendor, NotifierState::Enabled);
            Happening::Notifier(NotifierSwitched { notifier, vendor, state, reason })
        });
    }

    fn note(&self, app: &AppKey, what: impl FnOnce() -> Happening) {
        let event = || CallbackEvent::new(self.clock.now(), what());
        match self.configs.kept(app) {
            Some(config) => self.callbacks.add(&config.app, event),
            None => self.unknown.lock().unwrap_or_else(PoisonError::into_inner).push((app.clone(), event())),
        }
    }

    /// Queues what was noted so far.
    pub(crate) async fn flush(&self, write_by: Deadline, metrics: &Metrics) {
        let write_by = write_by.min(Deadline::after(self.at_most));
        let unknown = std::mem::take(&mut *self.unknown.lock().unwrap_or_else(PoisonError::into_inner));
        for (app, event) in unknown {
            match write_by.wait(self.configs.get(&app)).await {
                Some(Ok(Some(config))) => self.callbacks.add(&config.app, || event),
                Some(Ok(None)) => {}
                _ => tracing::warn!(%app, "an event for the app's server is lost: the configuration cannot be read"),
            }
        }
        self.callbacks.flush(write_by, Some(metrics)).await;
    }
}

fn push_ended(Ended { delivery, end, answer }: &Ended<'_>, vendor: Vendor) -> PushEnded {
    let job = delivery.job();
    PushEnded {
        user: delivery.user().clone(),
        msg_id: delivery.msg_id(),
        group: job.page.as_ref().map(|page| page.group.clone()),
        device_id: delivery.device.device_id.clone(),
        token: Some(delivery.device.token.clone()),
        notifier: job.notifier.clone(),
        vendor: Some(vendor),
        status: end.status,
        reason: end.reason,
        detail: end.detail.clone(),
        vendor_message_id: end.vendor_message_id.clone(),
        answer: answer.clone(),
    }
}
