//! The signature that every request carries; there is no login, and nothing runs out
//! (<https://github.com/MEIZUPUSH/PushAPI>, section 接口签名规范).

use crate::access_token::md5::md5_hex;

/// Signs a request's fields: sorted by name, each as `name=value` with the value as it is, nothing between them, the
/// secret behind.
pub(super) fn sign(fields: &[(&str, &str)], secret: &str) -> String {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    let length: usize = sorted.iter().map(|(name, value)| name.len() + 1 + value.len()).sum();
    let mut signed = String::with_capacity(length + secret.len());
    for (name, value) in sorted {
        signed.extend([name, "=", value]);
    }
    signed.push_str(secret);
    md5_hex(&signed)
}
