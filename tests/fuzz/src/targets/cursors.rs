//! Cursors of offline messages. A cursor belongs to one user of one app.

use shared::{
    domain::id::{AppKey, UserId},
    offline::Cursor,
};

use crate::{input::Input, promises};

/// Reads a cursor as that of two users.
pub(super) fn check(bytes: &[u8]) {
    let Some(text) = Input::new(bytes).text() else { return };
    let app = AppKey::parse("acme#chat").expect("a valid app");
    let [ann, bob] = ["ann", "bob"].map(|user| UserId::parse(user).expect("a valid user"));
    match Cursor::parse(text, &app, &ann) {
        Ok(cursor) => {
            assert_eq!(Cursor::parse(&cursor.to_string(), &app, &ann), Ok(cursor));
            assert!(Cursor::parse(text, &app, &bob).is_err(), "a cursor of two users: {text}");
        }
        Err(refusal) => promises::is_short(&refusal.to_string()),
    }
}
