use proptest::prelude::*;

use super::*;

const LEASE: Duration = Duration::from_secs(300);
const STATUSES: [PresenceStatus; 5] = [
    PresenceStatus::Online,
    PresenceStatus::Heartbeat,
    PresenceStatus::Offline,
    PresenceStatus::Kicked,
    PresenceStatus::Logout,
];

fn event(session: &str, status: PresenceStatus, at: i64) -> PresenceEvent {
    PresenceEvent {
        user: UserId::parse("u").unwrap(),
        device_id: DeviceId::parse("d").unwrap(),
        session: SessionId::parse(session).unwrap(),
        status,
        at: Timestamp::from_millis(at),
        platform: None,
        gateway: None,
    }
}

/// Applies the events to a device with a binding.
fn play<'a>(events: impl IntoIterator<Item = &'a PresenceEvent>) -> Option<Presence> {
    events.into_iter().fold(None, |current, event| {
        let change = Presence::reported(current.as_ref(), event, LEASE, true);
        change.presence().cloned().or(current)
    })
}

/// Returns the state and the session after these events.
fn ends(events: &[PresenceEvent]) -> (State, String) {
    let presence = play(events).unwrap();
    (presence.state, presence.session.to_string())
}

#[test]
fn a_device_is_online_until_its_lease_expires() {
    let presence = play(&[event("a", PresenceStatus::Online, 1_000)]).unwrap();
    assert!(presence.is_online(Timestamp::from_millis(300_999)));
    assert!(!presence.is_online(Timestamp::from_millis(301_000)));
}

/// Applies every event of the same, a newer and a superseded session to every state, reached at 20 by a session that
/// began at 10.
#[test]
fn every_state_meets_every_event() {
    use State::{Kicked, Logout, Offline, Online};
    // the state after `online heartbeat offline kicked logout`; `None`: stale
    let table: [(State, &str, [Option<State>; 5]); 12] = [
        (Online, "same", [Some(Online), Some(Online), Some(Offline), Some(Kicked), Some(Logout)]),
        (Online, "newer", [Some(Online), Some(Online), Some(Offline), Some(Kicked), Some(Logout)]),
        (Online, "superseded", [None, None, None, None, None]),
        (Offline, "same", [Some(Online), None, Some(Offline), Some(Kicked), Some(Logout)]),
        (Offline, "newer", [Some(Online), Some(Online), Some(Offline), Some(Kicked), Some(Logout)]),
        (Offline, "superseded", [None, None, None, None, None]),
        (Kicked, "same", [None, None, None, Some(Kicked), None]),
        (Kicked, "newer", [Some(Online), None, None, Some(Kicked), None]),
        (Kicked, "superseded", [None, None, None, None, None]),
        (Logout, "same", [None, None, None, Some(Kicked), Some(Logout)]),
        (Logout, "newer", [Some(Online), None, None, Some(Kicked), Some(Logout)]),
        (Logout, "superseded", [None, None, None, None, None]),
    ];
    for (state, session, expected) in table {
        let status = match state {
            Online => PresenceStatus::Heartbeat,
            Offline => PresenceStatus::Offline,
            Kicked => PresenceStatus::Kicked,
            Logout => PresenceStatus::Logout,
        };
        let before = [
            event("superseded", PresenceStatus::Online, 5),
            event("same", PresenceStatus::Online, 10),
            event("same", status, 20),
        ];
        let current = play(&before).unwrap();
        assert_eq!(current.state, state);
        for (status, expected) in STATUSES.into_iter().zip(expected) {
            let change = Presence::after(Some(&current), &event(session, status, 30), LEASE);
            match (&change, expected) {
                (PresenceChange::Applied(next), Some(expected)) => {
                    assert_eq!(
                        (next.state, next.session.as_str()),
                        (expected, session),
                        "{state:?} {session} {status:?}"
                    );
                }
                (PresenceChange::Stale, None) => {}
                _ => panic!("{state:?}, {status:?} of {session}: {change:?}"),
            }
        }
    }
}

#[test]
fn of_an_unknown_device_only_a_beginning_counts_or_a_kick_that_has_something_to_silence() {
    for status in STATUSES {
        let [unbound, bound] = [false, true].map(|bound| Presence::first(&event("a", status, 1), LEASE, bound));
        assert_eq!(unbound != PresenceChange::Stale, status == PresenceStatus::Online, "{status:?}");
        assert_eq!(
            bound != PresenceChange::Stale,
            matches!(status, PresenceStatus::Online | PresenceStatus::Kicked),
            "{status:?}"
        );
        assert_eq!(Presence::after(None, &event("a", status, 1), LEASE), unbound);
    }
}

#[test]
fn a_kick_outlives_what_the_same_connection_reports_before_and_after_it() {
    let reports = [
        event("a", PresenceStatus::Online, 1),
        event("a", PresenceStatus::Heartbeat, 4),
        event("a", PresenceStatus::Kicked, 5),
        event("a", PresenceStatus::Offline, 6),
    ];
    for (first, second, third) in [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)] {
        let order = [0, first, second, third].map(|index| reports[index].clone());
        assert_eq!(ends(&order), (State::Kicked, "a".into()), "{order:?}");
        let last_is_online = [first, second, third, 0].map(|index| reports[index].clone());
        assert_eq!(ends(&last_is_online), (State::Kicked, "a".into()), "{last_is_online:?}");
    }
}

#[test]
fn a_login_after_a_kick_is_a_new_beginning() {
    let kicked = [event("a", PresenceStatus::Online, 1), event("a", PresenceStatus::Kicked, 5)];
    assert_eq!(ends(&[&kicked[..], &[event("b", PresenceStatus::Online, 6)]].concat()), (State::Online, "b".into()));
    // The gateway may report the login that caused the kick after the kick.
    assert_eq!(ends(&[&kicked[..], &[event("b", PresenceStatus::Online, 4)]].concat()), (State::Online, "b".into()));
    assert_eq!(ends(&[&kicked[..], &[event("b", PresenceStatus::Heartbeat, 6)]].concat()), (State::Kicked, "a".into()));
}

#[test]
fn an_end_that_overtakes_its_own_beginning_still_ends_the_session() {
    let events = [
        event("a", PresenceStatus::Online, 1),
        event("b", PresenceStatus::Offline, 12),
        event("b", PresenceStatus::Online, 10),
    ];
    assert_eq!(ends(&events), (State::Offline, "b".into()));
}

#[test]
fn a_late_beginning_of_an_older_session_cannot_end_the_newer_one() {
    for alive in [PresenceStatus::Online, PresenceStatus::Heartbeat] {
        let newer = play(&[event("b", PresenceStatus::Online, 10)]);
        let change = Presence::after(newer.as_ref(), &event("a", alive, 4), LEASE);
        let PresenceChange::Superseded(remembering) = &change else { panic!("{change:?}") };
        assert_eq!(*remembering, Presence { superseded: remembering.superseded.clone(), ..newer.unwrap() });
        for end in [PresenceStatus::Offline, PresenceStatus::Kicked, PresenceStatus::Logout] {
            assert_eq!(
                Presence::after(Some(remembering), &event("a", end, 20), LEASE),
                PresenceChange::Stale,
                "{end:?}"
            );
        }
        let next = Presence::after(Some(remembering), &event("c", PresenceStatus::Online, 30), LEASE);
        let superseded = next.presence().unwrap().superseded.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(superseded, ["b", "a"]);
    }
}

#[test]
fn a_session_whose_beginning_nobody_saw_makes_no_other_old() {
    let ended = play(&[event("o", PresenceStatus::Online, 1), event("a", PresenceStatus::Offline, 15)]);
    assert_eq!(Presence::after(ended.as_ref(), &event("b", PresenceStatus::Online, 10), LEASE), PresenceChange::Stale);
    let back = Presence::after(ended.as_ref(), &event("b", PresenceStatus::Heartbeat, 20), LEASE);
    assert_eq!(back.presence().unwrap().state, State::Online);
}

#[test]
fn late_beginnings_leave_a_row_of_bounded_size() {
    let mut current = play(&[event("now", PresenceStatus::Online, 100_000)]);
    for number in 0..1_000 {
        let late = event(&format!("{number:0128}"), PresenceStatus::Online, number);
        current = Presence::after(current.as_ref(), &late, LEASE).presence().cloned();
    }
    let current = current.unwrap();
    assert_eq!((current.superseded.len(), current.session.as_str()), (SUPERSEDED_SESSIONS, "now"));
    assert!(current.superseded[0].as_str().ends_with("999"));
}

#[test]
fn the_last_event_says_whose_lease_counts() {
    let behind = |status, at| PresenceEvent { gateway: GatewayId::parse("gw7").ok(), ..event("a", status, at) };
    let carried = |events: &[PresenceEvent]| play(events).unwrap().carried_by().map(ToString::to_string);
    let online = behind(PresenceStatus::Online, 1);
    assert_eq!(carried(std::slice::from_ref(&online)).as_deref(), Some("gw7"));
    assert_eq!(carried(&[online.clone(), event("a", PresenceStatus::Heartbeat, 2)]), None);
    assert_eq!(carried(&[online.clone(), event("a", PresenceStatus::Heartbeat, 0)]).as_deref(), Some("gw7"));
    assert_eq!(
        carried(&[event("a", PresenceStatus::Online, 1), behind(PresenceStatus::Heartbeat, 2)]).as_deref(),
        Some("gw7")
    );
    assert_eq!(carried(&[online.clone(), event("b", PresenceStatus::Online, 2)]), None);
    assert_eq!(carried(&[online, behind(PresenceStatus::Offline, 2)]), None);
}

/// End of a session.
#[derive(Debug, Clone, Copy)]
enum End {
    /// none: the session stays open
    No,
    Offline,
    Kicked,
    Logout,
}

/// Generates sessions of a device, one after the other, with their gateways' reports: the beginning, a heartbeat, and
/// the end, reported up to six sessions later.
fn histories() -> impl Strategy<Value = (Vec<PresenceEvent>, Vec<PresenceEvent>)> {
    let ends = [End::No, End::Offline, End::Kicked, End::Logout];
    let session = (proptest::sample::select(ends.to_vec()), 1i64..60);
    proptest::collection::vec(session, 1..=SUPERSEDED_SESSIONS).prop_flat_map(|sessions| {
        let mut reports = Vec::new();
        for (number, (end, noticed)) in sessions.into_iter().enumerate() {
            let (name, begin) = (format!("s{number}"), 10 * i64::try_from(number).unwrap());
            reports.push(event(&name, PresenceStatus::Online, begin));
            reports.push(event(&name, PresenceStatus::Heartbeat, begin + 1));
            let ended = begin + 1 + noticed;
            match end {
                End::No => {}
                End::Offline => reports.push(event(&name, PresenceStatus::Offline, ended)),
                End::Kicked => {
                    reports.push(event(&name, PresenceStatus::Kicked, ended));
                    reports.push(event(&name, PresenceStatus::Offline, ended + 1));
                }
                End::Logout => reports.push(event(&name, PresenceStatus::Logout, ended)),
            }
        }
        let mut in_order = reports.clone();
        in_order.sort_by_key(|event| event.at);
        (Just(in_order), Just(reports).prop_shuffle())
    })
}

/// Returns the same reports, without those before the beginning of their session.
fn beginnings_first(reports: &[PresenceEvent]) -> Vec<PresenceEvent> {
    let (mut begun, mut waiting, mut ordered) = (Vec::new(), Vec::new(), Vec::new());
    for event in reports {
        if event.status == PresenceStatus::Online {
            begun.push(event.session.clone());
            ordered.push(event.clone());
            ordered.extend(waiting.extract_if(.., |early: &mut PresenceEvent| early.session == event.session));
        } else if begun.contains(&event.session) {
            ordered.push(event.clone());
        } else {
            waiting.push(event.clone());
        }
    }
    ordered
}

proptest! {
    #[test]
    fn repeating_an_event_changes_nothing(
        events in proptest::collection::vec((0usize..3, 0usize..5, 0i64..50), 1..12),
    ) {
        let events: Vec<_> = events
            .iter()
            .map(|(session, status, at)| event(["a", "b", "c"][*session], STATUSES[*status], *at))
            .collect();
        let settled = play(&events);
        let again = Presence::after(settled.as_ref(), &events[events.len() - 1], LEASE);
        let before = play(&events[..events.len() - 1]);
        if Presence::after(before.as_ref(), &events[events.len() - 1], LEASE) != PresenceChange::Stale {
            prop_assert!(again == PresenceChange::Stale || again.presence() == settled.as_ref());
        }
    }

    #[test]
    fn an_event_older_than_the_current_session_never_counts(at in 1i64..1000, earlier in 0i64..1000) {
        prop_assume!(earlier <= at);
        let current = play(&[event("new", PresenceStatus::Online, at)]);
        for status in STATUSES {
            let change = Presence::after(current.as_ref(), &event("old", status, earlier), LEASE);
            prop_assert!(!matches!(change, PresenceChange::Applied(_)), "{:?}", change);
        }
    }

    #[test]
    fn reports_may_come_in_any_order_behind_their_sessions_beginning((in_order, shuffled) in histories()) {
        prop_assert_eq!(ends(&beginnings_first(&shuffled)), ends(&in_order));
    }

    #[test]
    fn only_a_login_of_another_session_ends_a_kick((_, shuffled) in histories()) {
        let mut current: Option<Presence> = None;
        for event in &shuffled {
            let Some(next) = Presence::after(current.as_ref(), event, LEASE).presence().cloned() else { continue };
            if let Some(current) = current.filter(|current| current.state == State::Kicked) {
                let login = event.status == PresenceStatus::Online && event.session != current.session;
                prop_assert!(next.state == State::Kicked || login, "{:?} after {:?}", event, current);
            }
            current = Some(next);
        }
    }
}
