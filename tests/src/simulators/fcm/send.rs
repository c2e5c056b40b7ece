//! `projects.messages.send`: one message, one target.

use serde_json::{Value, json};

use super::check::Target;
use super::{FcmCredential, answer, check, shape};
use crate::simulators::engine::{
    Access, Answer, DeliveryKind, Judgement, Notice, Removal, Request, Scene, TokenState, digits, schema,
};

const NO_CREDENTIAL: &str = "Request is missing required authentication credential.";

/// The answer to a refused caller, and the reason.
type Refusal = (Answer, String);

pub fn send(request: &Request, project: &str, scene: &Scene<'_>) -> Judgement {
    attempt(request, project, scene).unwrap_or_else(|(answer, why)| Judgement::refused(answer, why))
}

/// Judges a send. Google does not document the order of the checks. Here it is: the caller's identity, the form of the
/// message, the caller's rights, the values of the message, the device.
fn attempt(request: &Request, project: &str, scene: &Scene<'_>) -> Result<Judgement, Refusal> {
    let account = authenticate(request, scene).map_err(|why| (answer::unauthenticated(why), why.to_owned()))?;
    let body = read(request).map_err(|violations| {
        let why: Vec<&str> = violations.iter().map(|(_, description)| description.as_str()).collect();
        (answer::bad_json(&violations), why.join("; "))
    })?;
    let owner = authorize(&account, project, scene)?;
    let refuse = |(field, why): check::Refusal| (answer::bad_message(field, &why), why);
    let target = check::target(&body["message"]).map_err(refuse)?;
    check::message(&body["message"], target, owner.package_name.as_deref()).map_err(refuse)?;
    Ok(deliver(&body, target, &owner.project_id, scene))
}

fn authenticate(request: &Request, scene: &Scene<'_>) -> Result<String, &'static str> {
    match scene.access(request.bearer().ok_or(NO_CREDENTIAL)?) {
        Access::Valid(token) => Ok(token.credential.clone()),
        Access::Expired(_) | Access::Unknown => Err(answer::UNAUTHENTICATED),
    }
}

fn authorize(account: &str, project: &str, scene: &Scene<'_>) -> Result<FcmCredential, Refusal> {
    let found = scene.credential(|known: &FcmCredential| known.client_email == account).map(|(_, known)| known);
    let own = |known: &FcmCredential| known.project_id == project || known.project_number.as_deref() == Some(project);
    found.filter(|known| known.may_send && own(known)).ok_or_else(|| {
        let why = format!("Permission 'cloudmessaging.messages.create' denied on resource 'projects/{project}'.");
        (answer::error(403, "PERMISSION_DENIED", &why, Vec::new()), why)
    })
}

/// Returns the body with snake case names, or the field and description of each violation.
fn read(request: &Request) -> Result<Value, Vec<(String, String)>> {
    let whole = |description: String| vec![(String::new(), description)];
    if request.media_type() != "application/json" {
        return Err(whole("Invalid content type: application/json expected.".to_owned()));
    }
    let value = request.json().map_err(|error| whole(format!("Invalid JSON payload received. {error}")))?;
    let body = schema::read(&value, shape::REQUEST, shape::READING)
        .map_err(|violations| violations.into_iter().map(check::described).collect::<Vec<_>>())?;
    if body["message"].is_null() { Err(whole("Message is not set.".to_owned())) } else { Ok(body) }
}

fn deliver(body: &Value, target: Target<'_>, project: &str, scene: &Scene<'_>) -> Judgement {
    let message = &body["message"];
    let (address, field) = match target {
        Target::Token(token) => (token, "message.token"),
        Target::Installation(fid) => (fid, "message.fid"),
        Target::Topic => return Judgement::answered(accepted(project, &message_id(scene))),
    };
    match scene.token_state(address, &[project]) {
        TokenState::Scripted(code) => return Judgement::answered(answer::coded(&code)),
        TokenState::Unregistered => return Judgement::answered(answer::coded("UNREGISTERED")),
        TokenState::Foreign => return Judgement::answered(answer::coded("SENDER_ID_MISMATCH")),
        TokenState::Unknown if !is_well_formed(target) => return Judgement::answered(answer::bad_token(field)),
        TokenState::Unknown | TokenState::Live => {}
    }
    if body["validate_only"] == true {
        return Judgement::answered(accepted(project, "fake_message_id"));
    }
    let id = message_id(scene);
    let notice = notice(message, address, &id);
    let removals = cancelled(&notice).into_iter().collect();
    Judgement { notices: vec![notice], removals, ..Judgement::answered(accepted(project, &id)) }
}

/// Returns what the app does with a data message: it cancels the notification with the tag in `revoke`, as the documents for
/// clients ask. FCM itself takes no part.
fn cancelled(notice: &Notice) -> Option<Removal> {
    let tag = notice.data["revoke"].as_str().filter(|_| notice.kind == DeliveryKind::Data)?;
    Some(Removal { token: notice.token.clone(), replace_id: format!("tag:{tag}") })
}

fn accepted(project: &str, id: &str) -> Answer {
    Answer::json(200, &json!({"name": format!("projects/{project}/messages/{id}")}))
}

fn message_id(scene: &Scene<'_>) -> String {
    format!("0:{}{}%{}", scene.now_ms(), digits(3), digits(16))
}

/// Returns whether a token has the usual form: an instance, a colon and a long rest. Real tokens are opaque.
fn is_well_formed(target: Target<'_>) -> bool {
    let letters =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match target {
        Target::Token(token) => {
            (20..=4096).contains(&token.len())
                && token
                    .split_once(':')
                    .is_some_and(|(instance, rest)| letters(instance) && rest.split(':').all(letters))
        }
        Target::Installation(fid) => fid.len() == 22 && letters(fid),
        Target::Topic => true,
    }
}

fn notice(message: &Value, address: &str, id: &str) -> Notice {
    let notification = check::notification(message);
    let text = |name: &str| notification.as_ref().and_then(|shown| shown.get(name)?.as_str().map(str::to_owned));
    let android = &message["android"];
    Notice {
        token: address.to_owned(),
        kind: if notification.is_some() { DeliveryKind::Notification } else { DeliveryKind::Data },
        message_id: id.to_owned(),
        title: text("title"),
        body: text("body"),
        data: Value::Object(check::data(message)),
        replace_ids: text("tag").map(|tag| format!("tag:{tag}")).into_iter().collect(),
        category: None,
        detail: json!({
            "notification": notification,
            "priority": android["priority"],
            "ttl": android["ttl"],
            "collapse_key": android["collapse_key"],
        }),
    }
}
