//! Access tokens. Nobody who holds one token, and no key, makes another that is accepted.

use std::{sync::LazyLock, time::Duration};

use shared::{
    domain::{app::App, id::UserId, time::Timestamp},
    lambda::{
        signatures::Signatures,
        token::{Identity, SigningKey, Verified, issued, verify},
    },
    testing::sample,
};

use crate::input::Input;

const NOW: Timestamp = Timestamp::from_millis(1_768_467_600_000);
const DAY: Duration = Duration::from_secs(86_400);

/// An app with two tokens of its own, and one of another app. A process remembers the signatures that it verified.
struct Tokens {
    signatures: Signatures,
    app: App,
    issued: [String; 3],
}

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let app = |name: &str| {
        let key = SigningKey::derive("stack secret", &sample::app_key(name), "key-1").expect("a key");
        (App { token_key: key.public(), ..sample::app(&sample::app_key(name), NOW) }, key)
    };
    let ((own, key), (other, other_key)) = (app("acme#chat"), app("acme#other"));
    let ann = Identity::User(UserId::parse("ann").expect("a valid user"));
    let token = |key: &SigningKey, app, identity| key.issue(app, identity, DAY, NOW).expect("a token");
    let issued =
        [token(&key, &own, &Identity::App), token(&key, &own, &ann), token(&other_key, &other, &Identity::App)];
    Tokens { signatures: Signatures::default(), app: own, issued }
});

/// Reads a text as a token; or changes a token, by a first byte that names it and pairs of place and byte.
pub(super) fn check(bytes: &[u8]) {
    let Tokens { signatures, app, issued: all } = &*TOKENS;
    let mut input = Input::new(bytes);
    let text = match input.byte() {
        number @ 0..=2 => changed(&all[usize::from(number)], input.rest()),
        _ => bytes.to_vec(),
    };
    let Ok(token) = std::str::from_utf8(&text) else { return };
    let is_own = all[..2].iter().any(|own| own == token);
    match verify(signatures, token, app, NOW) {
        Verified::Valid(..) => assert!(is_own, "a token that nobody issued is accepted: {token}"),
        _ => assert!(!is_own, "an issued token is refused"),
    }
    assert_eq!(issued(token, app).is_some(), is_own, "{token}");
    assert!(matches!(verify(signatures, token, app, NOW.plus(2 * DAY)), Verified::Refused | Verified::UnknownKey));
}

fn changed(token: &str, changes: &[u8]) -> Vec<u8> {
    let mut text = token.as_bytes().to_vec();
    for change in changes.chunks_exact(2) {
        let at = usize::from(change[0]) * text.len() / 256;
        text[at] = change[1];
    }
    text
}
