//! Whether something in the history explains why a receiver or a device got no push.
//!
//! Each reason has causes that an observer sees. A reason without any possible cause is a push that somebody missed.

use std::time::Duration;

use shared::domain::{
    id::{DeviceId, NotifierName},
    instant::Strategy,
    reason::Reason,
};

use super::{
    super::{Audience, Decided, FaultScope, Kind, Notification, VendorAnswer},
    apps::App,
    fact::Position,
    messages::{Message, Place},
    presence::Device,
    run::Run,
    users::User,
};

/// How old what a decision reads may be: group members are read eventually consistent.
const READ_SLACK: Duration = Duration::from_secs(10);
/// How old an app's configuration may be, while it cannot be read.
const CONFIG_AGE: Duration = Duration::from_secs(15 * 60);
/// How old it may be otherwise.
const CACHED: Duration = Duration::from_secs(70);
/// How old it may be where a cached one has no notifier that works: it is read again then.
const RECENT: Duration = Duration::from_secs(5);
/// Members of a group above which it does not push, by default.
const LARGE_GROUP: u32 = 3000;
/// Rechecks of a connection take so long at most. A message that expires before gets none.
const RECHECKS: Duration = Duration::from_secs(180);

/// A receiver's decision, with what may explain it.
pub(super) struct Suppression<'a, 'h> {
    run: &'a Run<'h>,
    message: &'a Message<'h>,
    place: Place,
    decided: &'a Decided,
    user: &'a User,
    app: &'a App,
    /// what was so from here on may have been read
    from: Position,
    to: Position,
}

/// Of what a reason speaks: of the receiver, or of one binding.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Receiver,
    Binding(&'a DeviceId, Option<&'a NotifierName>),
}

impl<'a, 'h> Suppression<'a, 'h> {
    pub(super) fn of(run: &'a Run<'h>, place: Place, decided: &'a Decided, seen: Position) -> Self {
        let message = run.messages.get(place);
        let to = decided.decided_at.map_or(seen, |at| run.first_at(at.plus(READ_SLACK)));
        let (user, app) = (run.users.get(&decided.app, &decided.user), run.apps.get(&decided.app));
        // Facts of single receivers are read strongly consistent.
        let is_of_group = matches!(message.sending.to, Audience::Group(_) | Audience::Members { .. });
        let from = if is_of_group { run.before(message.began, READ_SLACK) } else { message.began };
        Self { run, message, place, decided, user, app, from, to }
    }

    /// Returns whether anything in the history may have caused the reason.
    pub(super) fn is_explained(&self, reason: Reason, of: Subject<'_>) -> bool {
        match reason {
            Reason::CommandMessage
            | Reason::OnlineOnly
            | Reason::MessageIgnorePush
            | Reason::WaitsForLogin
            | Reason::IgnorePushDeviceId
            | Reason::NotifierFiltered => self.sender_wants(reason),
            Reason::LargeGroup | Reason::GroupDisabled => self.group_explains(reason),
            Reason::ExpireMessage => self.run.at(self.to) >= self.message.may_expire_at(),
            Reason::NoUserExist => !self.user.rows.holds(self.from, self.to) && !self.surely_has_a_binding(),
            Reason::UserBanned => self.user.banned.may_hold(self.from, self.to),
            Reason::MessageDelivered => self.may_be_done(),
            Reason::UserOnline => self.may_be_online(of) && !self.surely_has_an_offline_device(of),
            Reason::AnotherDeviceOnline => self.may_be_online(Subject::Receiver),
            Reason::DeviceKicked => self.any_device(of, |device| device.kicked.may_hold(self.from, self.to)),
            Reason::UserIgnorePush | Reason::ModeNone | Reason::NotMentioned => self.user_wants(reason),
            Reason::NoPushBinding | Reason::AnotherBindingUsed | Reason::TokenMoved => {
                self.binding_explains(reason, of)
            }
            Reason::NoNotifierExist | Reason::NotifierDisabled => self.notifier_explains(reason, of),
            Reason::InvalidNotifier | Reason::QuotaUsedUp | Reason::IllegalBinding | Reason::PushYetButFail => {
                self.vendor_explains(reason)
            }
            Reason::Unknown => false,
        }
    }

    /// Returns whether the sender asked for it.
    fn sender_wants(&self, reason: Reason) -> bool {
        let sending = self.message.sending;
        let strategy = match sending.kind {
            Kind::Chat => None,
            Kind::Instant(strategy) => Some(strategy),
        };
        match reason {
            Reason::CommandMessage => sending.notification == Notification::Command,
            Reason::OnlineOnly => {
                sending.notification == Notification::OnlineOnly || strategy == Some(Strategy::Online)
            }
            Reason::MessageIgnorePush => sending.notification == Notification::Ignored,
            Reason::WaitsForLogin => strategy.is_some_and(|one| one.waits_for_login() && !one.uses_vendor()),
            _ => sending.filter.is_some(),
        }
    }

    fn group_explains(&self, reason: Reason) -> bool {
        let (Audience::Group(group) | Audience::Members { group, .. }) = &self.message.sending.to else {
            return false;
        };
        // A group that nobody created has no members to wait for.
        let Some(group) = self.run.groups.get(self.message.app, group) else { return true };
        if reason == Reason::GroupDisabled {
            return group.off.may_hold(self.from, self.to);
        }
        let members = group.members().filter(|(_, fact)| fact.may_hold(self.from, self.to)).count();
        let limit = self.app.group_limits.iter().copied().chain([LARGE_GROUP]).min().unwrap_or(LARGE_GROUP);
        u32::try_from(members).unwrap_or(u32::MAX) > limit
    }

    /// Returns whether the message may have been acknowledged or recalled. A vendor that takes an instant push
    /// acknowledges it.
    fn may_be_done(&self) -> bool {
        let (user, id) = (&self.decided.user, self.decided.message);
        let taken = || {
            matches!(self.message.sending.kind, Kind::Instant(_))
                && self.run.deliveries.pushes_of(self.place).any(|push| push.position <= self.to)
        };
        self.run.may_be_acknowledged(self.message.app, user, id, self.to)
            || self.run.may_be_recalled(self.message.app, id, self.to)
            || taken()
    }

    /// Returns whether a device may have been connected. A connection to Curlew explains a receiver's suppression only
    /// if the message was over before its rechecks: without an acknowledgement they end in a push.
    fn may_be_online(&self, of: Subject<'_>) -> bool {
        let is_instant = matches!(self.message.sending.kind, Kind::Instant(_));
        let recheck_ends = self.message.not_after.plus(RECHECKS);
        let connection_counts = is_instant
            || matches!(of, Subject::Binding(..))
            || self.message.sending.notification != Notification::Wanted
            || self.message.may_expire_at() <= recheck_ends
            || self.may_be_done()
            || !self.surely_has_a_binding();
        self.any_device(of, |device| {
            device.reported.may_hold(self.from, self.to)
                || connection_counts && device.connected.may_hold(self.from, self.to)
        })
    }

    /// Returns whether the app lets each device count for itself, and a device of the receiver is offline for certain.
    fn surely_has_an_offline_device(&self, of: Subject<'_>) -> bool {
        let Subject::Receiver = of else { return false };
        let counts_alone = matches!(self.message.sending.kind, Kind::Chat)
            && self.app.any_offline.holds(self.config_from(CACHED), self.to);
        let is_offline = |device: &DeviceId| {
            !self.any_device(Subject::Binding(device, None), |one| {
                one.reported.may_hold(self.from, self.to) || one.connected.may_hold(self.from, self.to)
            })
        };
        let mut held = self.run.bindings.of_user(&self.decided.app, &self.decided.user);
        counts_alone && held.any(|one| one.fact.holds(self.from, self.to) && is_offline(one.device))
    }

    fn surely_has_a_binding(&self) -> bool {
        let mut held = self.run.bindings.of_user(&self.decided.app, &self.decided.user);
        held.any(|one| one.fact.holds(self.from, self.to))
    }

    fn any_device(&self, of: Subject<'_>, holds: impl Fn(&Device) -> bool) -> bool {
        let devices = self.run.devices.of_user(&self.decided.app, &self.decided.user);
        devices
            .filter(|(id, _)| match of {
                Subject::Receiver => true,
                Subject::Binding(device, _) => *id == device,
            })
            .any(|(_, device)| holds(device))
    }

    fn user_wants(&self, reason: Reason) -> bool {
        let config_from = self.config_from(CACHED);
        let (wish, beaten) = match reason {
            Reason::UserIgnorePush => (&self.user.quiet, self.message.sending.forced),
            Reason::ModeNone => (&self.user.mode_none, false),
            _ => (&self.user.mode_at, self.message.sending.mentions),
        };
        !beaten && self.app.advanced.may_hold(config_from, self.to) && wish.may_hold(self.from, self.to)
    }

    fn binding_explains(&self, reason: Reason, of: Subject<'_>) -> bool {
        let mut held = self.run.bindings.of_user(&self.decided.app, &self.decided.user);
        match (reason, of) {
            (Reason::AnotherBindingUsed, Subject::Binding(device, Some(notifier))) => {
                held.any(|one| one.device == device && one.key.1 != notifier && one.fact.may_hold(self.from, self.to))
            }
            (Reason::TokenMoved, Subject::Binding(device, notifier)) => !held
                .any(|one| one.device == device && notifier == Some(one.key.1) && one.fact.holds(self.from, self.to)),
            _ => !self.surely_has_a_binding(),
        }
    }

    fn notifier_explains(&self, reason: Reason, of: Subject<'_>) -> bool {
        let from = self.config_from(RECENT);
        let may_be = |name: &NotifierName| match (self.app.notifiers.get(name), reason) {
            (None, _) => reason == Reason::NoNotifierExist,
            (Some(notifier), Reason::NoNotifierExist) => !notifier.exists.holds(from, self.to),
            (Some(notifier), _) => notifier.disabled.may_hold(from, self.to),
        };
        match of {
            Subject::Binding(_, Some(name)) => may_be(name),
            Subject::Binding(_, None) => true,
            Subject::Receiver => {
                let held = self.run.bindings.of_user(&self.decided.app, &self.decided.user);
                held.filter(|one| one.fact.may_hold(self.from, self.to)).any(|one| may_be(one.key.1))
            }
        }
    }

    /// Returns from where on the app's configuration may be the one that the decision read. A function that cannot read
    /// it uses an old one.
    fn config_from(&self, cached: Duration) -> Position {
        let of_app = |scope: &FaultScope| matches!(scope, FaultScope::App(app) if app == self.message.app);
        let is_unread = self.run.was_troubled(self.message.began, self.to)
            || self.run.was_faulty(self.message.began, self.to, of_app);
        self.run.before(self.message.began, if is_unread { CONFIG_AGE } else { cached })
    }

    /// Returns whether a vendor's answer explains it. A refusal before the request, because the vendor would refuse it,
    /// leaves no trace outside.
    fn vendor_explains(&self, reason: Reason) -> bool {
        let mut answers = self.run.deliveries.pushes.iter().filter(|push| push.position <= self.to);
        match reason {
            Reason::QuotaUsedUp => answers.any(|push| push.got.answer == VendorAnswer::QuotaUsedUp),
            Reason::IllegalBinding => self
                .run
                .deliveries
                .pushes_of(self.place)
                .any(|push| matches!(push.got.answer, VendorAnswer::Unregistered { .. })),
            _ => true,
        }
    }
}
