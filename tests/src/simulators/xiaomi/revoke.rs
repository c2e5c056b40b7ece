//! Removes notifications: `message/regid/revoke`.
//!
//! The address is that of <https://dev.mi.com/xiaomihyperos/documentation/detail?pId=2367>, the fields are those of the
//! official server SDK. A missing field has 10016 and a wrong one 10017, as for messages.

use super::check::{MAX_TOKENS, Refusal, missing, wrong};
use super::{XiaomiCredential, answer, send};
use crate::simulators::engine::form::Form;
use crate::simulators::engine::{Judgement, Removal, Request, Scene};

pub const PATH: &str = "/v3/message/regid/revoke";
const FIELDS: [&str; 3] = ["registration_ids", "restricted_package_name", "notify_id"];

/// Returns the tokens that a form names.
pub fn tokens(form: &Form) -> impl Iterator<Item = &str> {
    form.get("registration_ids").into_iter().flat_map(|tokens| tokens.split(','))
}

pub fn revoke(request: &Request, scene: &Scene<'_>) -> Judgement {
    let Some(app) = send::authenticate(request, scene) else {
        return Judgement::refused(answer::coded("21301"), "21301: no key, or one that no app has");
    };
    let Some(form) = request.form() else {
        return Judgement::refused(answer::coded("10007"), "10007: Content-Type must be that of a form");
    };
    match check(&form, &app) {
        Ok(notify_id) => remove(&form, notify_id, &app, scene),
        Err((code, why)) => Judgement::refused(answer::coded_with(code, &why), format!("{code}: {why}")),
    }
}

/// Checks the form. Returns the id of the notification.
fn check<'a>(form: &'a Form, app: &XiaomiCredential) -> Result<&'a str, Refusal> {
    if let Some(name) = form.repeated() {
        return Err(wrong(format_args!("{name} stands more than once")));
    }
    if let Some((name, _)) = form.pairs().iter().find(|(name, _)| !FIELDS.contains(&name.as_str())) {
        return Err(wrong(format_args!("unknown field {name}")));
    }
    let field = |name: &str| form.get(name).ok_or_else(|| missing(format_args!("{name} is missing")));
    let (_, package, notify_id) = (field("registration_ids")?, field("restricted_package_name")?, field("notify_id")?);
    if tokens(form).count() > MAX_TOKENS || tokens(form).any(str::is_empty) {
        return Err(wrong("registration_ids must name 1 to 1000"));
    }
    if !app.package_names.iter().any(|known| known == package) {
        return Err(("22022", "restricted_package_name is none of the secret's".to_owned()));
    }
    let is_id = notify_id.parse().is_ok_and(|id: i64| (0..=i64::from(i32::MAX)).contains(&id));
    if is_id { Ok(notify_id) } else { Err(wrong("notify_id must be a number of 31 bits")) }
}

fn remove(form: &Form, notify_id: &str, app: &XiaomiCredential, scene: &Scene<'_>) -> Judgement {
    let verdicts: Vec<(&str, Option<String>)> =
        tokens(form).map(|token| (token, send::verdict(token, app, scene))).collect();
    if let Some(code) = verdicts.iter().filter_map(|(_, verdict)| verdict.as_deref()).find(|code| *code != send::BAD) {
        return Judgement::answered(answer::coded(code));
    }
    let own = verdicts.iter().filter(|(_, verdict)| verdict.is_none());
    let removals: Vec<Removal> = own
        .map(|(token, _)| Removal { token: (*token).to_owned(), replace_id: format!("notify_id:{notify_id}") })
        .collect();
    if removals.is_empty() {
        return Judgement::answered(answer::coded("20301"));
    }
    Judgement { removals, ..Judgement::answered(answer::taken(&answer::message_id(), &[], verdicts.len())) }
}
