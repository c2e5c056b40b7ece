use shared::domain::{
    app::MultiDevicePolicy, decision::Verdict, id::MessageId, presence::PresenceStatus, profile::PushMode,
    reason::Reason,
};

use super::{
    Story, breaks, holds,
    story::{bind, chat, connection, device, group, notifier, presence, seconds, to_group, user},
};
use crate::history::{
    Answer, AppChange, DecidedDevice, FaultScope, Notification, PhoneFilter, PresenceReport, Request, Sending,
    VendorAnswer, What, Wish,
};

/// Checks that the reason is explained after `cause`, and that it is not without it.
#[track_caller]
fn needs(reason: Reason, sending: &Sending, cause: impl Fn(&mut Story)) {
    for caused in [true, false] {
        let mut story = Story::with_ann();
        story.call(Request::CreateGroup { group: group("birds"), members: ["bob", "ann"].map(user).to_vec() });
        story.call(Request::ChangeApp(AppChange::AdvancedPush(true)));
        let put =
            |enabled| Request::PutNotifier { notifier: notifier("fcm"), vendor: VENDOR, enabled, credential: false };
        story.call(put(true));
        story.wait(20);
        if caused {
            cause(&mut story);
        }
        let id = story.send(sending);
        story.suppressed("ann", id, reason);
        if caused { holds(&story) } else { assert!(breaks(&story, 1).contains(reason.code())) }
    }
}

const VENDOR: shared::domain::vendor::Vendor = shared::domain::vendor::Vendor::Fcm;

fn hello() -> Sending {
    chat("hello", &["ann"])
}

fn online(story: &mut Story) {
    let at = story.now();
    story.call(presence("ann", "phone", PresenceStatus::Online, at));
}

#[test]
fn each_reason_needs_its_cause() {
    let wish =
        |wish: Wish| move |story: &mut Story| story.call(Request::Wish { user: user("ann"), wish: wish.clone() });
    let mode = |mode| wish(Wish::Mode { conversation: None, mode });
    needs(Reason::UserOnline, &hello(), online);
    needs(Reason::ModeNone, &hello(), mode(PushMode::None));
    needs(Reason::NotMentioned, &hello(), mode(PushMode::At));
    needs(Reason::UserIgnorePush, &hello(), wish(Wish::Quiet { conversation: None, active: true }));
    needs(Reason::UserBanned, &hello(), |story| story.call(Request::Ban { user: user("ann"), banned: true }));
    needs(Reason::DeviceKicked, &hello(), |story| {
        story.call(Request::Kick { user: user("ann"), device: device("phone") })
    });
    needs(Reason::NoUserExist, &hello(), |story| story.call(Request::EraseUser { user: user("ann") }));
    needs(Reason::NotifierDisabled, &hello(), |story| {
        story.call(Request::PutNotifier {
            notifier: notifier("fcm"),
            vendor: VENDOR,
            enabled: false,
            credential: false,
        });
    });
    needs(Reason::NoNotifierExist, &hello(), |story| story.call(Request::DeleteNotifier { notifier: notifier("fcm") }));
    needs(Reason::NoPushBinding, &hello(), |story| {
        story.call(Request::LogOut { user: user("ann"), device: device("phone"), unbind: true });
    });
    needs(Reason::LargeGroup, &to_group("hello", "birds"), |story| {
        story.call(Request::ChangeApp(AppChange::LargeGroupLimit(1)));
    });
    needs(Reason::GroupDisabled, &to_group("hello", "birds"), |story| {
        story.call(Request::SwitchGroup { group: group("birds"), enabled: false });
    });
}

#[test]
fn what_the_sender_asks_for_needs_the_senders_word() {
    let change = |reason, change: &dyn Fn(Sending) -> Sending| {
        for asked in [true, false] {
            let mut story = Story::with_ann();
            let id = story.send(&if asked { change(hello()) } else { hello() });
            story.suppressed("ann", id, reason);
            if asked { holds(&story) } else { assert!(breaks(&story, 1).contains(reason.code())) }
        }
    };
    change(Reason::MessageIgnorePush, &|one| Sending { notification: Notification::Ignored, ..one });
    change(Reason::CommandMessage, &|one| Sending { notification: Notification::Command, ..one });
    change(Reason::IgnorePushDeviceId, &|one| Sending { filter: Some(PhoneFilter::default()), ..one });
}

/// Tells that the decision about a message that was just accepted ends with this reason.
fn ends(mut story: Story, id: MessageId, reason: Reason) -> Story {
    story.suppressed("ann", id, reason);
    story
}

#[test]
fn a_call_without_an_answer_may_explain_a_suppression() {
    let mut story = Story::with_ann();
    story.call_with(Request::Ban { user: user("ann"), banned: true }, Answer::Unknown);
    story.call(Request::Ban { user: user("ann"), banned: false });
    let id = story.send(&hello());
    holds(&ends(story, id, Reason::UserBanned));
}

#[test]
fn what_ended_before_the_message_explains_nothing() {
    let mut story = Story::with_ann();
    story.call(Request::Ban { user: user("ann"), banned: true });
    story.call(Request::Ban { user: user("ann"), banned: false });
    story.wait(20);
    let id = story.send(&hello());
    breaks(&ends(story, id, Reason::UserBanned), 1);
}

#[test]
fn a_user_is_not_online_after_the_lease_or_after_the_end_of_the_connection() {
    let mut expired = Story::with_ann();
    online(&mut expired);
    expired.wait(400);
    let id = expired.send(&hello());
    breaks(&ends(expired, id, Reason::UserOnline), 1);

    let mut gone = Story::with_ann();
    online(&mut gone);
    let at = gone.now();
    gone.call(presence("ann", "phone", PresenceStatus::Offline, at));
    gone.wait(20);
    let id = gone.send(&hello());
    breaks(&ends(gone, id, Reason::UserOnline), 1);
}

#[test]
fn an_offline_event_that_did_not_count_leaves_the_user_online() {
    let mut story = Story::with_ann();
    online(&mut story);
    let at = story.now();
    story.call_with(presence("ann", "phone", PresenceStatus::Offline, at), Answer::Stale);
    story.wait(20);
    let id = story.send(&hello());
    holds(&ends(story, id, Reason::UserOnline));
}

#[test]
fn the_lease_of_a_gateway_keeps_its_devices_online_and_its_end_does_not() {
    for renewed in [true, false] {
        let mut story = Story::with_ann();
        let (at, gateway) = (story.now(), "g1".to_owned());
        let report = PresenceReport {
            user: user("ann"),
            device: device("phone"),
            session: "s1".to_owned(),
            status: PresenceStatus::Online,
            at,
            gateway: Some(gateway.clone()),
        };
        story.call(Request::Presence(report));
        story.wait(900);
        if renewed {
            story.call(Request::RenewGateway { gateway, lease: seconds(30) });
        }
        let id = story.send(&hello());
        let story = ends(story, id, Reason::UserOnline);
        if renewed { holds(&story) } else { assert!(breaks(&story, 1).contains("user online")) }
    }
}

#[test]
fn under_any_offline_a_connected_tablet_does_not_silence_the_phone() {
    for (policy, is_so) in [(MultiDevicePolicy::AllOffline, true), (MultiDevicePolicy::AnyOffline, false)] {
        let mut story = Story::with_ann();
        story.call(Request::ChangeApp(AppChange::MultiDevicePolicy(policy)));
        story.wait(90);
        let at = story.now();
        story.call(presence("ann", "tablet", PresenceStatus::Online, at));
        let id = story.send(&hello());
        let story = ends(story, id, Reason::UserOnline);
        if is_so { holds(&story) } else { assert!(breaks(&story, 1).contains("user online")) }
    }
}

#[test]
fn a_user_whose_only_binding_was_removed_is_not_known_any_more() {
    let mut story = Story::with_ann();
    let (user, device, notifier) = (user("ann"), device("phone"), notifier("fcm"));
    story.call(Request::Unbind { user, device, notifier });
    let id = story.send(&hello());
    holds(&ends(story, id, Reason::NoUserExist));
}

#[test]
fn a_connection_that_never_acknowledges_does_not_suppress_for_good() {
    let mut story = Story::with_ann();
    story.connect("ann", "phone", "c1");
    let id = story.send(&hello());
    story.frame("ann", "c1", "hello", id);
    story.wait(300);
    let story = ends(story, id, Reason::UserOnline);
    breaks(&story, 1);
}

#[test]
fn a_message_is_delivered_only_if_somebody_acknowledged_or_recalled_it() {
    let causes: [fn(&mut Story, MessageId); 3] = [
        |story, id| story.ack("ann", id),
        |story, id| story.call(Request::Recall { messages: vec![id] }),
        |story, id| story.call(Request::AckUpTo { user: user("ann"), message: id, connection: Some(connection("c1")) }),
    ];
    for cause in causes {
        let mut story = Story::with_ann();
        let id = story.send(&hello());
        cause(&mut story, id);
        holds(&ends(story, id, Reason::MessageDelivered));
    }
    let mut story = Story::with_ann();
    let earlier = story.reaches_ann("earlier");
    story.ack("ann", earlier);
    let id = story.send(&hello());
    breaks(&ends(story, id, Reason::MessageDelivered), 1);
}

#[test]
fn a_forced_message_passes_do_not_disturb_and_not_the_mode() {
    let forced = Sending { forced: true, ..hello() };
    for (wish, reason, is_so) in [
        (Wish::Quiet { conversation: None, active: true }, Reason::UserIgnorePush, false),
        (Wish::Mode { conversation: None, mode: PushMode::None }, Reason::ModeNone, true),
    ] {
        let mut story = Story::with_ann();
        story.call(Request::ChangeApp(AppChange::AdvancedPush(true)));
        story.call(Request::Wish { user: user("ann"), wish });
        let id = story.send(&forced);
        let story = ends(story, id, reason);
        if is_so { holds(&story) } else { assert!(breaks(&story, 1).contains(reason.code())) }
    }
}

#[test]
fn modes_count_only_while_the_app_has_advanced_push() {
    let mut story = Story::with_ann();
    story.call(Request::Wish { user: user("ann"), wish: Wish::Mode { conversation: None, mode: PushMode::None } });
    let id = story.send(&hello());
    breaks(&ends(story, id, Reason::ModeNone), 1);
}

#[test]
fn a_message_expires_at_its_time_and_not_before() {
    for (waits, is_so) in [(59, false), (61, true)] {
        let mut story = Story::with_ann();
        let id = story.send(&Sending { time_to_live: seconds(60), ..hello() });
        story.wait(waits);
        let story = ends(story, id, Reason::ExpireMessage);
        if is_so { holds(&story) } else { assert!(breaks(&story, 1).contains("expire message")) }
    }
}

#[test]
fn a_refused_credential_switches_its_notifier_off() {
    let mut story = Story::with_ann();
    let put = Request::PutNotifier { notifier: notifier("fcm"), vendor: VENDOR, enabled: true, credential: false };
    story.call(put);
    let first = story.send(&chat("first", &["ann"]));
    story.answered("first", "token-of-ann", VendorAnswer::Credential);
    story.suppressed("ann", first, Reason::NotifierDisabled);
    let id = story.send(&hello());
    holds(&ends(story, id, Reason::NotifierDisabled));
}

#[test]
fn another_binding_is_used_only_if_there_is_one() {
    for second in [true, false] {
        let mut story = Story::with_ann();
        if second {
            let (user, device, notifier) = (user("ann"), device("phone"), notifier("huawei"));
            story.call(Request::Bind { user, device, notifier, token: "token-of-huawei".to_owned() });
        }
        let id = story.send(&hello());
        let skipped = DecidedDevice {
            device: device("phone"),
            notifier: Some(notifier("fcm")),
            verdict: Verdict::Skip { reason: Reason::AnotherBindingUsed },
            end: None,
        };
        let mut got = story.push("hello", "token-of-huawei", VendorAnswer::Accepted);
        got.notifier = notifier("huawei");
        let used = DecidedDevice {
            device: device("phone"),
            notifier: Some(notifier("huawei")),
            verdict: Verdict::Push,
            end: story.end(shared::domain::outcome::PushStatus::Success, None),
        };
        if second {
            story.add(What::VendorGot(got));
        }
        let devices = if second { vec![skipped, used] } else { vec![skipped] };
        story.decided("ann", id, Verdict::Push, devices);
        if second { holds(&story) } else { assert!(breaks(&story, 1).contains("another binding used")) }
    }
}

#[test]
fn a_token_that_the_vendor_calls_unregistered_may_be_gone_at_the_next_message() {
    let mut story = Story::with_ann();
    let first = story.send(&chat("first", &["ann"]));
    story.answered("first", "token-of-ann", VendorAnswer::Unregistered { really: true });
    let end = story.end(shared::domain::outcome::PushStatus::Fail, Some(Reason::IllegalBinding));
    story.decided_to("ann", first, end);
    let id = story.send(&hello());
    holds(&ends(story, id, Reason::NoPushBinding));
}

#[test]
fn a_fault_explains_no_suppression_of_a_user() {
    let mut story = Story::with_ann();
    story.add(What::FaultBegan { scope: FaultScope::Everything });
    let id = story.send(&hello());
    breaks(&ends(story, id, Reason::NoUserExist), 1);
}

#[test]
fn a_user_who_rebinds_after_an_erasure_is_known_again() {
    let mut story = Story::with_ann();
    story.call(Request::EraseUser { user: user("ann") });
    story.call(bind("ann", "phone", "token-of-ann"));
    story.wait(20);
    let id = story.send(&hello());
    breaks(&ends(story, id, Reason::NoUserExist), 1);
}

/// Tells of a device that came and went, of which an older event arrives late and is answered as if it counted.
fn late_online(went: Answer, between: impl Fn(&mut Story)) -> Story {
    let mut story = Story::with_ann();
    online(&mut story);
    let came = story.now();
    story.wait(20);
    let at = story.now();
    story.call_with(presence("ann", "phone", PresenceStatus::Offline, at), went);
    between(&mut story);
    story.call(presence("ann", "phone", PresenceStatus::Online, came));
    story.wait(20);
    let id = story.send(&hello());
    ends(story, id, Reason::UserOnline)
}

#[test]
fn a_late_event_that_is_older_than_the_last_one_makes_nobody_online() {
    breaks(&late_online(Answer::Accepted, |_| ()), 1);
}

#[test]
fn a_late_event_counts_if_nobody_knows_of_a_newer_one() {
    holds(&late_online(Answer::Unknown, |_| ()));
    let erased = late_online(Answer::Accepted, |story| {
        story.call(Request::EraseUser { user: user("ann") });
        story.call(bind("ann", "phone", "token-of-ann"));
    });
    holds(&erased);
}
