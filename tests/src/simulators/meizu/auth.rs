//! Checks the signature of a request: MD5 of all its other fields, sorted, and the app's secret
//! (<https://github.com/MEIZUPUSH/PushAPI#接口签名规范>).

use md5::{Digest, Md5};

use super::{MeizuCredential, check::Refusal};
use crate::simulators::engine::Scene;
use crate::simulators::engine::form::Form;

/// Returns the app that sent a form.
pub fn app(form: &Form, scene: &Scene<'_>) -> Result<MeizuCredential, Refusal> {
    if let Some(missing) = ["appId", "pushIds", "messageJson", "sign"].into_iter().find(|name| form.get(name).is_none())
    {
        return Err(("110004", format!("{missing} is missing or empty")));
    }
    if let Some(name) = form.repeated() {
        return Err(("1005", format!("{name} is repeated")));
    }
    let id = form.get("appId").unwrap_or_default();
    let (_, app) = scene
        .credential(|known: &MeizuCredential| known.app_id == id)
        .ok_or_else(|| ("110000", "the app is unknown".to_owned()))?;
    if form.get("sign") != Some(&sign(form.pairs(), &app.app_secret)) {
        return Err(("1006", "the signature is wrong".to_owned()));
    }
    if app.blacklisted {
        return Err(("110009", "the app is on the blacklist".to_owned()));
    }
    Ok(app)
}

/// Signs the fields. The values are those before they are escaped.
pub fn sign(fields: &[(String, String)], secret: &str) -> String {
    let mut signed: Vec<&(String, String)> = fields.iter().filter(|(name, _)| name != "sign").collect();
    signed.sort();
    let joined: String = signed.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Md5::digest(joined + secret).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn is_app_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())
}
